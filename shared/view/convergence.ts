/**
 * The one definition of "converged", for the verdict, the report, the JSON document and the summary.
 *
 * A guest has converged when
 * (a) no page is owed (T against A), except pages that are pinned for ever, and
 * (b) no page is stale (H against T), except those that the granularity of its layouts coalesces.
 * A guest whose regeneration is off never gets a new layout, so only (a) is asked of it; its stale pages are reported, but
 * nothing waits for them.
 */
import { guestsOf } from '../columns/index.ts';
import type { GuestLag } from '../model/owed.ts';
import { lagsOfGuest } from './lag.ts';
import type { RunRecord } from './run-record.ts';

/** Whether the host delivers layouts to the guest with this index, by the settings at the end of the run. */
export function getsLayouts({ inputs, commands }: Pick<RunRecord, 'inputs' | 'commands'>, guest: number): boolean {
  const input = inputs.guests[guest];
  let enabled = input?.regeneration.enabled ?? true;
  for (const { applied, command } of commands) {
    if (applied && command.type === 'setRegeneration' && command.vm === input?.name)
      enabled = command.regeneration.enabled;
  }
  return enabled;
}

/** @param delivered whether the guest gets layouts (getsLayouts) */
export const isConverged = (lag: GuestLag, delivered: boolean): boolean =>
  lag.targetActual === 0 && (!delivered || lag.hostTarget === lag.coalesced);

/**
 * Both lags of one guest in pages, without those that stay: pinned and coalesced pages, and stale ones of a guest that gets
 * no layouts. 0: it has converged.
 */
export const lagPages = (lag: GuestLag, delivered: boolean): number =>
  lagsOfGuest(lag).owed + (delivered ? lagsOfGuest(lag).stale : 0);

/** Whether each guest of a run has converged, in the order of the snapshot. */
export const convergedGuests = (record: RunRecord): boolean[] =>
  guestsOf(record.after).map(({ lag }, guest) => isConverged(lag, getsLayouts(record, guest)));
