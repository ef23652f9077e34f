/** Times, rates and states of moves in words. */
import type { Move } from '../../../shared/view/move.ts';
import { bytes, count, decimal } from '../../../shared/view/number-format.ts';

/** One figure of a move: as it happened, the forecast of it, and a remark. */
export interface MoveFact {
  readonly term: string;
  readonly value: string;
  readonly forecast: string | null;
  readonly note: string;
}

/** The difference from the forecast is shown only of a move that completed. */
export function totalTime({ elapsedMs, forecast, row }: Move): MoveFact {
  return {
    term: 'total time',
    value: timeText(elapsedMs),
    forecast: forecast === null ? null : timeText(forecast.ms),
    note: forecast === null || row.phase !== 'completed' ? '' : lateText(elapsedMs, forecast.ms),
  };
}

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

const PHASES: Readonly<Record<Move['row']['phase'], string>> = {
  running: 'under way',
  switchOver: 'switching over',
  completed: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
  stalled: 'stalled',
};

export const phaseText = ({ row }: Pick<Move, 'row'>): string => PHASES[row.phase];

/** "+340 ms", "−1.2 s", "as forecast": what happened less what was forecast. */
export function lateText(ms: number, forecastMs: number): string {
  const late = ms - forecastMs;
  if (Math.abs(late) < 0.005) return 'as forecast';
  return `${late > 0 ? '+' : '−'}${timeText(Math.abs(late))}`;
}
