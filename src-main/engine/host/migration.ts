/**
 * One live migration: the guest's second copy on the destination, the and the pre-copy state.
 * The source backing is untouched until completion, so cancelling or failing only has to give the second copy back.
 */
import type { MigrationPhase, MigrationRow } from '../../../shared/model/transfer.ts';
import type { Backing } from './backing.ts';
import type { Precopy } from './precopy.ts';
import { sentBytes } from './precopy.ts';

export interface Migration {
  readonly guest: number;
  readonly fromHost: number;
  readonly toHost: number;
  /** Index into the links. */
  readonly link: number;
  /** 0: what the link gives. */
  readonly maxBytesPerSec: number;
  readonly startTick: number;
  endTick: number | null;
  phase: MigrationPhase;
  readonly precopy: Precopy;
  /** The destination frames; null once the migration has ended. */
  copy: Backing | null;
  downtimeMs: number | null;
}

export const underWay = (m: Migration): boolean => m.phase === 'running' || m.phase === 'switchOver';

/** @param bytesPerSec what it gets at present; only looked at while it is under way. */
export function migrationRow(
  m: Migration,
  names: { readonly vm: string; readonly fromHost: string; readonly toHost: string },
  bytesPerSec: number,
): MigrationRow {
  return {
    ...names,
    phase: m.phase,
    startTick: m.startTick,
    endTick: m.endTick,
    rounds: m.precopy.rounds.map((r) => ({ ...r, bytesSent: Math.round(r.bytesSent) })),
    sentBytes: Math.round(sentBytes(m.precopy)),
    downtimeMs: m.downtimeMs,
    downtimeLimitMs: m.precopy.downtimeLimitMs,
    leastLimitMs: m.precopy.leastLimitMs,
    bytesPerSec: underWay(m) ? bytesPerSec : null,
  };
}
