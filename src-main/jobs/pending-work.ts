/** The pending work of a world: what it still waits for. */
import { isUnderWay } from '../../shared/model/transfer.ts';
import { guestsOf, recordsOf } from '../../shared/columns/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { PendingWork } from '../../shared/model/pending-work.ts';
import type { World } from '../engine/index.ts';

/** Pages that still have a way to go: in use and owed, or moved and in a layout that is on its way. */
export const owedPages = (world: World, now: Snapshot): number =>
  guestsOf(now).reduce(
    (sum, { lag }, i) => sum + lag.targetActual + (world.guests[i]!.deliveryDue ? lag.hostTarget - lag.coalesced : 0),
    0,
  );

/** Everything that the world waits for; empty when it has settled. @param now its snapshot of this tick. */
export function pendingWork(world: World, now: Snapshot): PendingWork[] {
  if (world.converged()) return [];
  const { guests, compactions, migrations } = recordsOf(now);
  const pending = guests.flatMap(({ name: vm, lag }, i): PendingWork[] => [
    ...(lag.targetActual > 0 ? [{ kind: 'owed', vm, pages: lag.targetActual } as const] : []),
    ...(world.guests[i]!.deliveryDue ? [{ kind: 'layout', vm } as const] : []),
  ]);
  for (const { vm, leftPages } of compactions.filter(isUnderWay)) pending.push({ kind: 'compaction', vm, leftPages });
  for (const { vm, toHost, rounds } of migrations.filter(isUnderWay))
    pending.push({ kind: 'migration', vm, toHost, round: rounds.length - 1 });
  for (const { vm, pages, because } of world.stays()) pending.push({ kind: 'stays', vm, pages, because });
  if (world.pendingCommands > 0) pending.push({ kind: 'commands', commands: world.pendingCommands });
  return pending;
}
