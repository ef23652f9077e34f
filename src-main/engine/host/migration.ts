/**
 * One live migration: the guest's second copy on the destination, the pre-copy state, and what it says about itself.
 * The source backing is untouched until completion, so cancelling or failing only has to give the second copy back.
 */
import type { MigrationPhase, MigrationRow } from '../../../shared/model/transfer.ts';
import type { Backing } from './backing.ts';
import type { Precopy } from './precopy.ts';
import { currentRound, liveRounds, roundLeftMs, sentBytes } from './precopy.ts';

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
  /** Empty while under way. */
  verdict: string;
}

export const underWay = (m: Migration): boolean => m.phase === 'running' || m.phase === 'switchOver';

/** What it will do next, for one under way; what it did, for an ended one. */
export function verdictOf(m: Migration, bytesPerSec: number): string {
  if (!underWay(m)) return m.verdict;
  const round = currentRound(m.precopy);
  const left = `${mib(round.bytesToSend - round.bytesSent)} of ${mib(round.bytesToSend)} left to send`;
  if (m.phase === 'switchOver') return `The VM is paused for the last pass: ${left}.`;
  return `Round ${m.precopy.rounds.length - 1}: ${left}, ${seconds(roundLeftMs(m.precopy, bytesPerSec))} to go.`;
}

export function completedVerdict(m: Migration): string {
  return (
    `Completed after ${rounds(liveRounds(m.precopy))}: ${mib(sentBytes(m.precopy))} sent, ` +
    `the VM was paused for ${m.downtimeMs!.toFixed(1)} ms (limit ${m.precopy.downtimeLimitMs} ms).`
  );
}

export function failedVerdict(m: Migration): string {
  const dirtyBytes = currentRound(m.precopy).dirtyBytes!;
  return (
    `Did not converge in ${rounds(liveRounds(m.precopy))}: ${mib(dirtyBytes)} were still dirty. ` +
    `The smallest downtime limit that would have sufficed is ${m.precopy.leastLimitMs} ms; ` +
    `it was ${m.precopy.downtimeLimitMs} ms. The source goes on as before.`
  );
}

export function cancelledVerdict(m: Migration): string {
  const begun = m.precopy.rounds.length;
  return `Cancelled in round ${begun - 1} after ${mib(sentBytes(m.precopy))} sent. The source goes on as before.`;
}

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
    verdict: verdictOf(m, bytesPerSec),
  };
}

export const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const rounds = (n: number): string => (n === 1 ? '1 round' : `${n} rounds`);
