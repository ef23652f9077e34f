/** Times and rates of moves in words. */
import type { Move } from '../../../shared/view/move.ts';
import { bytes, count, decimal } from '../../../shared/view/number-format.ts';

/** "340 ms", "12.4 s", "3 min 20 s". Simulated time. */
export function timeText(ms: number): string {
  if (ms < 1000) return `${decimal(ms)} ms`;
  if (ms < 180_000) return `${decimal(Math.round(ms / 10) / 100)} s`;
  const seconds = Math.round(ms / 1000);
  return `${count(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** Mean since the beginning: "150 MiB/s"; nothing in the first tick. */
export const moveRate = ({ bytesPerSec }: Pick<Move, 'bytesPerSec'>): string =>
  bytesPerSec === null ? '' : `${bytes(bytesPerSec)}/s`;
