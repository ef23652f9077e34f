/**
 * The statistics of the RFC author's later tree: stats/ and node_stats/<nid>/, of the guest and of each committed layout.
 * One file a counter, decimal. Those of a layout count from its commit to the next one's.
 *
 * Counted: lookups, pages and zones by what happens here; a transplant on free belongs to the node it goes to. A counter
 * of something that cannot happen here is 0, and REASONS says why.
 */
import { FREELIST_ADD, FREELIST_REMOVE, GUEST_STATS, ON_FREE, PCP_SETUP, PCP_UPDATE } from '../mm/commit-stat.ts';
import { NR_NODE_STATS } from '../mm/index.ts';
import type { Guest, KeptLayout } from '../vm/index.ts';
import { dir, type DirNode, type FileNode, numbered, procFile } from './node.ts';

/** Where a counter is found: of the whole guest, or the sum over nodes. */
type Source = { readonly guest: (typeof GUEST_STATS)[number] } | { readonly node: number } | { readonly never: string };

const REASONS = {
  reserved: 'frees and sweeps come upon pages that were free or allocated, never upon reserved ones',
  walk: 'free pages are moved by pageblock: nothing is looked at pfn by pfn, and nothing changes under the sweep',
  drain: 'statistics other than free pages are not kept by zone and CPU, so none wait to be drained',
  fixup: 'a zone is whole once it is set up: nothing is left to be put right later',
} as const;

const COUNTERS: Readonly<Record<string, Source>> = {
  'cache-hit': { guest: 'hit' },
  'cache-miss': { guest: 'miss' },
  'transplant-on-free': { node: ON_FREE },
  'transplant-from-freelist-add': { node: FREELIST_ADD },
  'transplant-from-freelist-remove': { node: FREELIST_REMOVE },
  'zonelist-rebuild': { guest: 'withRebuild' },
  'no-zonelist-rebuild': { guest: 'withoutRebuild' },
  'pcp-setup': { node: PCP_SETUP },
  'pcp-update': { node: PCP_UPDATE },
  'pcp-drain': { guest: 'drains' },
  'split-pages': { guest: 'splitPages' },
  'transplant-bail-reserved': { never: REASONS.reserved },
  // A correct guest marks no page that is where it belongs.
  'transplant-bail-nid-eq': { guest: 'lookupsRight' },
  'transplant-bail-page-not-buddy': { never: REASONS.walk },
  'transplant-bail-already-done': { never: REASONS.walk },
  'transplant-examined-pfn': { never: REASONS.walk },
  'drain-zonestat': { never: REASONS.drain },
  'future-zone-fixup': { never: REASONS.fixup },
};

/** @param nid null: of the whole guest. A counter of the whole guest is no node's: there it is 0. */
function valueOf(stats: Float64Array, source: Source, nid: number | null): number {
  if ('guest' in source) return nid === null ? stats[GUEST_STATS.indexOf(source.guest)]! : 0;
  if (!('node' in source)) return 0;
  let sum = 0;
  for (let i = GUEST_STATS.length + source.node, n = 0; i < stats.length; i += NR_NODE_STATS, n++) {
    if (nid === null || nid === n) sum += stats[i]!;
  }
  return sum;
}

/** Counters from one moment to another. */
interface Period {
  readonly since: Float64Array | null;
  readonly until: () => Float64Array;
}

function counters({ since, until }: Period, nid: number | null): DirNode {
  const file = (source: Source): FileNode =>
    procFile(() => {
      const before = since === null ? 0 : valueOf(since, source, nid);
      return `${valueOf(until(), source, nid) - before}\n`;
    }, 0o400);
  return dir(Object.fromEntries(Object.entries(COUNTERS).map(([name, source]) => [name, file(source)])), 0o755);
}

function byNode(guest: Guest, period: Period): DirNode {
  const { state: mm } = guest.memory;
  return numbered(
    '',
    () => Array.from({ length: mm.nrNodeIds }, (_, nid) => nid),
    (nid) => nid < mm.nrNodeIds,
    (nid) => counters(period, nid),
  );
}

const ofBoot = (guest: Guest): Period => ({ since: null, until: () => guest.memory.stats() });

export const globalStats = (guest: Guest): DirNode => counters(ofBoot(guest), null);

export const nodeStats = (guest: Guest): DirNode => byNode(guest, ofBoot(guest));

export function layoutStats(guest: Guest, { since, until }: KeptLayout): Readonly<Record<string, DirNode>> {
  const period: Period = { since, until: () => until ?? guest.memory.stats() };
  return { stats: counters(period, null), node_stats: byNode(guest, period) };
}
