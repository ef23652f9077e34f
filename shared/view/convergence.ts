/**
 * What "converged" means, said once: for the verdict, the report, the JSON document and the summary.
 *
 * A guest has converged when no page is owed (T against A) but what is pinned for ever, and no page lives elsewhere than
 * it was told (H against T) but what its granularity coalesces. A guest whose regeneration is off is never told anything: of
 * it only the first is asked, and lag 1 is a fact to state, not something to wait for.
 */
import { guestsOf } from '../columns/index.ts';
import type { GuestLag } from '../model/owed.ts';
import type { RunRecord } from './run-record.ts';

/** Whether the host tells the guest with this index of moves, as the settings stood when the run ended. */
export function isTold({ inputs, commands }: Pick<RunRecord, 'inputs' | 'commands'>, guest: number): boolean {
  const input = inputs.guests[guest];
  const changes = commands.filter(
    ({ applied, command }) => applied && command.type === 'setRegeneration' && command.vm === input?.name,
  );
  return (changes.at(-1)?.command.regeneration ?? input?.regeneration)?.enabled ?? true;
}

/** @param told as isTold says. */
export const isConverged = (lag: GuestLag, told: boolean): boolean =>
  lag.targetActual === 0 && (!told || lag.hostTarget === lag.coalesced);

/** Both lags of one guest in pages, without what will never move: pinned, coalesced, never told. 0: it has converged. */
export const lagPages = (lag: GuestLag, told: boolean): number =>
  lag.targetActual + (told ? lag.hostTarget - lag.coalesced : 0);

/** Whether each guest of a run has converged, in the order of the snapshot. */
export const convergedGuests = (record: RunRecord): boolean[] =>
  guestsOf(record.after).map(({ lag }, guest) => isConverged(lag, isTold(record, guest)));
