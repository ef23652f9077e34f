/** One run of the model, and its figures. */
import type { PredictedFigures, PredictedPass } from '../../../shared/model/prediction.ts';
import { mibFromBytes } from '../../../shared/units/index.ts';
import { type MigrationSettings, type Pass, runToEnd, startMigration } from '../../engine/transfer/algorithm/index.ts';
import type { PredictCase } from './question.ts';

export interface Simulated {
  readonly figures: PredictedFigures;
  readonly passes: readonly PredictedPass[];
  /** The most that auto-converge took, in percent of the guest's CPU time. */
  readonly throttlePercent: number;
  readonly why: string | null;
}

/** Of a migration that never ends, so many passes are told. */
const TOLD_PASSES = 30;

export function simulate(
  { settings, policy, memoryGib }: PredictCase,
  changed: Partial<MigrationSettings> = {},
): Simulated {
  const run = startMigration({ ...settings, ...changed });
  const { outcome, why } = runToEnd(run, policy?.watch?.(memoryGib) ?? null);
  const ended = outcome !== 'never';
  return {
    figures: {
      verdict: outcome,
      endsBy: run.endsBy,
      totalSeconds: ended ? rounded(run.nowMs / 1000, 4) : null,
      downtimeMs: run.downtimeMs === null ? null : rounded(run.downtimeMs, 3),
      rounds: ended ? run.passes.length : null,
      sentMiB: ended ? rounded(mibFromBytes(run.sentBytes), 3) : null,
    },
    passes: (ended ? run.passes : run.passes.slice(0, TOLD_PASSES)).map(toldPass),
    throttlePercent: run.passes.reduce((most, pass) => Math.max(most, pass.throttlePercent), 0),
    why,
  };
}

const toldPass = ({ startMs, endMs, bytes }: Pass): PredictedPass => ({
  seconds: rounded((endMs - startMs) / 1000, 4),
  sentMiB: rounded(mibFromBytes(bytes), 3),
});

function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
