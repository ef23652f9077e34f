/** The job that foresees a live migration before it starts. Stopped, it has no output. */
import type { Diagnostic } from '../../../shared/errors/index.ts';
import type { Prediction, PredictionAssumption } from '../../../shared/model/prediction.ts';
import { measureFix } from '../../../shared/view/words/prediction.ts';
import type { JobSteps } from '../job.ts';
import { fixesOf } from './fix.ts';
import { type PredictQuestion, readQuestion } from './question.ts';
import { NO_RANGES, rangesOf } from './range.ts';
import { simulate } from './simulate.ts';

export interface Predicted {
  /** Null where the question has problems. */
  readonly prediction: Prediction | null;
  readonly assumed: readonly PredictionAssumption[];
  readonly problems: readonly Diagnostic[];
  /** Why a policy gives up. */
  readonly why: string | null;
  readonly downtimeLimitMs: number;
}

export function* predict(question: PredictQuestion): JobSteps<null, Predicted> {
  const { value: asked, problems } = readQuestion(question);
  if (asked === null) return { prediction: null, assumed: [], problems, why: null, downtimeLimitMs: 0 };
  const { assumed, settings } = asked;
  const { downtimeLimitMs } = settings;
  if (asked.missing !== null) return { prediction: UNKNOWN, assumed, problems, why: null, downtimeLimitMs };
  const expected = simulate(asked);
  yield () => null;
  const fixes = expected.figures.verdict === 'converges' ? [] : fixesOf(asked);
  yield () => null;
  const ranges = rangesOf(asked, expected);
  const prediction: Prediction = { ...expected.figures, passes: expected.passes, fixes, ranges };
  return { prediction, assumed, problems, why: expected.why, downtimeLimitMs };
}

const NO_FIGURES = { endsBy: null, totalSeconds: null, downtimeMs: null, rounds: null, sentMiB: null } as const;

const UNKNOWN: Prediction = {
  verdict: 'unknown',
  ...NO_FIGURES,
  passes: [],
  fixes: [{ fix: 'measure', verdict: 'unknown', ...NO_FIGURES, ...measureFix() }],
  ranges: NO_RANGES,
};

export { EMPTY_QUESTION } from './question.ts';
export type { PredictQuestion } from './question.ts';
