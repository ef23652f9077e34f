/** What a world still waits for, in pages and in words. */
import { compactionsOf, guestsOf, migrationsOf } from '../../shared/columns/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { World } from '../engine/index.ts';

/** Pages that still have a way to go: in use and owed, or moved and in a layout that is on its way. */
export const owedPages = (world: World, now: Snapshot): number =>
  guestsOf(now).reduce(
    (sum, { lag }, i) => sum + lag.targetActual + (world.guests[i]!.deliveryDue ? lag.hostTarget - lag.coalesced : 0),
    0,
  );

/** One sentence for each thing that the world waits for; empty when it has settled. @param now its snapshot of this tick. */
export function pendingWork(world: World, now: Snapshot): string[] {
  if (world.converged()) return [];
  const pending = guestsOf(now).flatMap(({ name, lag }, i) => {
    const due = world.guests[i]!.deliveryDue ? [`VM ${name}: a layout is on its way`] : [];
    return lag.targetActual === 0
      ? due
      : [`VM ${name}: ${lag.targetActual} pages in use are owed to another node`, ...due];
  });
  for (const { vm, phase, leftPages } of compactionsOf(now)) {
    if (phase === 'running') pending.push(`VM ${vm}: its compaction has ${leftPages} pages to move`);
  }
  for (const { vm, phase, toHost, rounds } of migrationsOf(now)) {
    if (phase === 'running' || phase === 'switchOver')
      pending.push(`VM ${vm}: its migration to ${toHost} is in round ${rounds.length - 1}`);
  }
  const next = world.pendingCommands;
  if (next > 0) pending.push(next === 1 ? 'a command is still to come' : `${next} commands are still to come`);
  return pending;
}
