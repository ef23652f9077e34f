/** A migration in words: what it is doing, or why it ended. */
import type { MigrationRow } from '../../model/transfer.ts';
import { bytes, count, plural } from '../number-format.ts';
import { msText, secondsText } from './part.ts';

type Figures = Pick<MigrationRow, 'sentBytes' | 'downtimeLimitMs'> & {
  /** Begun, the last pass included. */
  readonly rounds: number;
};

/** Of figures that follow from what a VM writes, where nobody has said that. */
export const DIRTY_UNKNOWN = 'unknown: give a dirty rate';

export const completedText = ({
  rounds,
  sentBytes,
  downtimeLimitMs,
  downtimeMs,
}: Figures & { readonly downtimeMs: number | null }): string =>
  downtimeMs === null
    ? `Completed, as if the VM wrote nothing: ${bytes(sentBytes)} sent. Its rounds and its downtime are ${DIRTY_UNKNOWN}.`
    : `Completed after ${plural(rounds - 1, 'round')}: ${bytes(sentBytes)} sent, the VM was paused for ${msText(downtimeMs)} (limit ${msText(downtimeLimitMs)}).`;

export const cancelledText = ({ rounds, sentBytes }: Figures): string =>
  `Cancelled in round ${count(rounds - 1)} after ${bytes(sentBytes)} sent. The source goes on as before.`;

export const failedText = ({
  rounds,
  downtimeLimitMs,
  dirtyBytes,
  leastLimitMs,
}: Figures & { readonly dirtyBytes: number; readonly leastLimitMs: number }): string =>
  `Did not converge in ${plural(rounds, 'round')}: ${bytes(dirtyBytes)} were still dirty. ` +
  `The smallest downtime limit that would have sufficed is ${msText(leastLimitMs)}; it was ${msText(downtimeLimitMs)}. The source goes on as before.`;

/** What it will do next, for one under way; what it did, for an ended one. */
export function verdictText(row: MigrationRow): string {
  const figures = { ...row, rounds: row.rounds.length };
  const last = row.rounds.at(-1)!;
  const leftBytes = last.bytesToSend - last.bytesSent;
  const left = `${bytes(leftBytes)} of ${bytes(last.bytesToSend)} left to send`;
  switch (row.phase) {
    case 'running': {
      const togo = row.bytesPerSec === null ? '' : `, ${secondsText((leftBytes / row.bytesPerSec) * 1000)} to go`;
      return `Round ${count(row.rounds.length - 1)}: ${left}${togo}.`;
    }
    case 'switchOver':
      return `The VM is paused for the last pass: ${left}.`;
    case 'completed':
      return completedText({ ...figures, downtimeMs: row.downtimeMs });
    case 'cancelled':
      return cancelledText(figures);
    case 'failed':
      return failedText({ ...figures, dirtyBytes: last.dirtyBytes ?? 0, leastLimitMs: row.leastLimitMs ?? 0 });
  }
}
