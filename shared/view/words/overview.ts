/** What the overview of all hosts says in words. */
import { size } from '../number-format.ts';
import { usedShare } from '../overview.ts';
import type { OverviewNode, Standout } from '../overview.ts';
import { shareText } from '../share.ts';
import { nodesText } from './part.ts';

/** Of memory in use: rounded down, so that 100 % is all of it. */
export const fullness = (part: Pick<OverviewNode, 'usedPages' | 'totalPages'>): string =>
  part.totalPages === 0 ? 'no memory' : shareText(part.usedPages, part.totalPages);

/** The first words name the host and are set apart. */
export function standoutText(found: Standout | null): { readonly lead: string; readonly rest: string } {
  if (found === null)
    return { lead: 'No host stands out:', rest: 'all memory lies beside its vCPUs, and nothing is owed.' };
  const { host, crowded, roomy } = found;
  const parts: string[] = [];
  if (crowded.length > 0) {
    const least = crowded.reduce((a, b) => (usedShare(a) <= usedShare(b) ? a : b));
    const nodes = `${nodesText(crowded.map(({ nid }) => nid))} ${crowded.length === 1 ? 'is' : 'are'}`;
    const full = crowded.length === 1 || fullness(least) === fullness(crowded[0]!) ? '' : 'at least ';
    const beside = roomy === null ? '' : ` while node ${roomy.nid} is ${fullness(roomy)} used`;
    parts.push(`${nodes} ${full}${fullness(least)} full${beside}`);
  }
  if (host.awayPages > 0) parts.push(`${size(host.awayPages)} lie away from their vCPUs (H)`);
  if (host.owedPages > 0) parts.push(`its VMs owe ${size(host.owedPages)} (T ≠ A)`);
  const last = parts.pop()!;
  return {
    lead: `${host.name} stands out:`,
    rest: `${parts.length === 0 ? last : `${parts.join(', ')}, and ${last}`}.`,
  };
}
