/**
 * The lags of a guest: the one place where what is owed, stale and pinned is counted, for every view, the report and the
 * run's document. All counts are 4 KiB pages.
 *
 * (a) owed: T ≠ A and in use; it will follow when it is freed. Pinned pages are not among them.
 * (b) pinned: T ≠ A for ever, since it is never freed.
 * (c) stale: H ≠ T, without what is coalesced, as no layout could describe that.
 */
import type { Figures } from '../columns/index.ts';
import type { GuestLag } from '../model/owed.ts';

export const LAGS = ['owed', 'stale', 'pinned'] as const;
export type Lag = (typeof LAGS)[number];
export type Lags = Readonly<Record<Lag, number>>;

export const lagsOfGuest = ({ targetActual, hostTarget, coalesced, pinned }: GuestLag): Lags => ({
  owed: targetActual,
  stale: hostTarget - coalesced,
  pinned,
});

/** Pages with T ≠ A, of which some are pinned, as the two that they are counted as. */
export const owedApart = ({
  owedPages,
  owedPinnedPages,
}: {
  readonly owedPages: number;
  readonly owedPinnedPages: number;
}): Pick<Lags, 'owed' | 'pinned'> => ({ owed: owedPages - owedPinnedPages, pinned: owedPinnedPages });

/** Of the guest with this index. */
export function lagsOf({ tables }: Pick<Figures, 'tables'>, guest: number): Lags {
  const { targetActualPages, hostTargetPages, coalescedPages, pinnedPages } = tables.guests.columns;
  return lagsOfGuest({
    targetActual: targetActualPages[guest]!,
    hostTarget: hostTargetPages[guest]!,
    coalesced: coalescedPages[guest]!,
    pinned: pinnedPages[guest]!,
  });
}

/** Added up over these guests. */
export function lagsTogether(of: readonly Lags[]): Lags {
  const sum = (lag: Lag): number => of.reduce((total, each) => total + each[lag], 0);
  return { owed: sum('owed'), stale: sum('stale'), pinned: sum('pinned') };
}
