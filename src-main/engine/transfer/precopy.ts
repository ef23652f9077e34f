/**
 * The arithmetic of pre-copy live migration by QEMU's rules (migration/ram.c, options.c): round 0 sends all memory,
 * each further round what was dirtied during the one before; when what is dirty can be sent within the downtime limit
 * at the present bandwidth, the VM is paused and sends it in a last pass. Our addition: it fails after maxRounds rounds
 * (QEMU itself goes on for ever).
 *
 * Time is continuous: a round may end inside a tick and the next begin there, so results depend on the length of a tick
 * only where another migration changes the bandwidth. This file knows nothing of frames, links or guests.
 */
import { PAGE_SIZE_BYTES } from '../../../shared/units/index.ts';
import { exp } from '../core/index.ts';
import type { DirtyConfig } from '../../../shared/model/config.ts';

/** Saved unchanged. */
export type Precopy = {
  /** done: the last pass has been sent. failed: maxRounds rounds without convergence. */
  phase: 'running' | 'switchOver' | 'done' | 'failed';
  readonly downtimeLimitMs: number;
  readonly maxRounds: number;
  /** The last is under way unless done or failed. Once switched over, it is the pass sent while the VM is paused. */
  readonly rounds: Round[];
  /** Time spent in the round under way; once done, in the last pass: the downtime. */
  roundMs: number;
  /** Of roundMs, how long the guest's CPUs ran: a guest with half a CPU share writes half as much. */
  ranMs: number;
  /** The smallest downtime limit at which one of the rounds so far would have been the last; null in round 0. */
  leastLimitMs: number | null;
};

export type Round = {
  readonly startTick: number;
  readonly bytesToSend: number;
  bytesSent: number;
  dirtyBytes: number | null;
};

/** Unique pages dirtied in `seconds`, a whole number. */
export type DirtyPages = (seconds: number) => number;

/** Rounds that would end within a nanosecond end now: sums of fractions of a tick must not cost a tick. */
export const INSTANT_MS = 1e-6;

export function startPrecopy(pages: number, downtimeLimitMs: number, maxRounds: number, tick: number): Precopy {
  const rounds = [startRound(tick, pages * PAGE_SIZE_BYTES)];
  return { phase: 'running', downtimeLimitMs, maxRounds, rounds, roundMs: 0, ranMs: 0, leastLimitMs: null };
}

/** Milliseconds until the round under way ends at this bandwidth. */
export function roundLeftMs(precopy: Precopy, bytesPerSec: number): number {
  const round = currentRound(precopy);
  return ((round.bytesToSend - round.bytesSent) / bytesPerSec) * 1000;
}

/**
 * Sends for `ms`, at most to the end of the round (see roundLeftMs), while the guest has `cpuShare` of its CPUs' time.
 * Returns true when the round ended.
 */
export function advance(
  p: Precopy,
  ms: number,
  cpuShare: number,
  bytesPerSec: number,
  tick: number,
  dirtyPages: DirtyPages,
): boolean {
  const round = currentRound(p);
  p.roundMs += ms;
  p.ranMs += ms * cpuShare;
  if (ms < roundLeftMs(p, bytesPerSec) - INSTANT_MS) {
    round.bytesSent += (bytesPerSec * ms) / 1000;
    return false;
  }
  round.bytesSent = round.bytesToSend;
  const dirtyBytes = dirtyPages(p.ranMs / 1000) * PAGE_SIZE_BYTES;
  round.dirtyBytes = dirtyBytes;
  if (p.phase === 'switchOver') {
    p.phase = 'done';
    return true;
  }
  const neededMs = Math.ceil((dirtyBytes / bytesPerSec) * 1000);
  p.leastLimitMs = Math.min(p.leastLimitMs ?? neededMs, neededMs);
  if (dirtyBytes <= (bytesPerSec * p.downtimeLimitMs) / 1000) p.phase = 'switchOver';
  else if (p.rounds.length >= p.maxRounds) {
    p.phase = 'failed';
    return true;
  }
  p.rounds.push(startRound(tick, dirtyBytes));
  p.roundMs = 0;
  p.ranMs = 0;
  return true;
}

/** A whole migration at one bandwidth. `downtimeMs` is null when it failed. */
export function precopyAtOnce(
  pages: number,
  bytesPerSec: number,
  downtimeLimitMs: number,
  maxRounds: number,
  dirtyPages: DirtyPages,
): { precopy: Precopy; totalMs: number; downtimeMs: number | null } {
  const precopy = startPrecopy(pages, downtimeLimitMs, maxRounds, 0);
  let totalMs = 0;
  while (precopy.phase === 'running' || precopy.phase === 'switchOver') {
    const ms = roundLeftMs(precopy, bytesPerSec);
    totalMs += ms;
    advance(precopy, ms, precopy.phase === 'running' ? 1 : 0, bytesPerSec, 0, dirtyPages);
  }
  return { precopy, totalMs, downtimeMs: precopy.phase === 'done' ? precopy.roundMs : null };
}

export const sentBytes = (precopy: Precopy): number => precopy.rounds.reduce((sum, r) => sum + r.bytesSent, 0);

/** Writes spread uniformly over a working set: W(1 - exp(-rate T / W)), rounded to whole pages. */
export function workingSetDirt(dirty: DirtyConfig, validPages: number): DirtyPages {
  const pages = Math.min(dirty.workingSetPages, validPages);
  if (pages === 0) return () => 0;
  // Beyond e^-50 nothing is left of the exponential, and exp is only asked within its range.
  return (seconds) => Math.round(pages * (1 - exp(-Math.min(50, (dirty.pagesPerSec * seconds) / pages))));
}

export function currentRound(precopy: Precopy): Round {
  return precopy.rounds[precopy.rounds.length - 1]!;
}

function startRound(startTick: number, bytesToSend: number): Round {
  return { startTick, bytesToSend, bytesSent: 0, dirtyBytes: null };
}
