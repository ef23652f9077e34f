/**
 * What law H1 requires of compactions and migrations, besides what it requires of the fleet (fleet/check.ts):
 * (a) a second copy exists exactly while the guest's migration is under way: on the destination, with a place for every
 *     valid page, while the source backs all of them;
 * (b) at most one compaction or migration of a guest is under way;
 * (c) leftPages of a running compaction counts the pages that lie on other nodes than the chosen ones.
 */
import type { Violation } from '../../../shared/model/event.ts';
import type { Fleet } from '../fleet/index.ts';
import { type Compaction, pagesElsewhere } from './compaction.ts';
import type { Migration } from './migration.ts';

export function checkTransfers(
  fleet: Fleet,
  compactions: readonly Compaction[],
  migrations: readonly Migration[],
): Violation[] {
  const violations: Violation[] = [];
  const report = (guest: number, text: string): void => {
    violations.push({ law: 'H1', vm: fleet.guest(guest).name, text });
  };
  const busy = fleet.guests.map(() => 0);
  const moves = new Set<number>();
  for (const { guest, state, isUnderWay } of migrations) {
    if (!isUnderWay) continue;
    busy[guest]!++;
    moves.add(guest);
    const { backing, copy, host, memory } = fleet.guest(guest);
    const pages = copy?.extents.reduce((sum, e) => sum + e.pages, 0) ?? 0;
    if (pages !== memory.validPages) report(guest, `the second copy has ${pages} pages of ${memory.validPages}`);
    if (copy?.extents.some((e) => e.host !== state.toHost)) report(guest, 'the second copy is not on the destination');
    if (host !== state.fromHost || backing.extents.some((e) => e.host !== host))
      report(guest, 'it is not on the source');
  }
  fleet.guests.forEach(({ copy }, g) => {
    if (copy !== null && !moves.has(g)) report(g, 'it has a second copy, but no migration under way');
  });
  for (const { guest, state, isUnderWay } of compactions) {
    if (!isUnderWay) continue;
    busy[guest]!++;
    const left = pagesElsewhere(fleet.guest(guest), state.nodes);
    if (left !== state.leftPages) report(guest, `a compaction counts ${state.leftPages} pages left, found ${left}`);
  }
  busy.forEach((n, g) => {
    if (n > 1) report(g, `${n} compactions and migrations are under way at once`);
  });
  return violations;
}
