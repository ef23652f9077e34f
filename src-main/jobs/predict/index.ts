/** The job that foresees a live migration before it starts. Stopped, it has no output. */
import type { Diagnostic } from '../../../shared/errors/index.ts';
import type { DirtyingFit, Prediction, PredictionAssumption } from '../../../shared/model/prediction.ts';
import { measureFix } from '../../../shared/view/words/prediction.ts';
import type { JobSteps } from '../job.ts';
import { fitDirtying, observedRun } from './fit.ts';
import { fixesOf } from './fix.ts';
import { questionOfReplies } from './from-replies.ts';
import { type PredictQuestion, readQuestion } from './question.ts';
import { NO_RANGES, rangesOf } from './range.ts';
import { readSamples } from './samples.ts';
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

export interface FitInput {
  readonly text: string;
  readonly file: string;
  /** What a person states goes before what the samples say. */
  readonly stated: Partial<PredictQuestion>;
}

export interface Fitted {
  /** Null where the file has no samples of a migration after its first pass. */
  readonly fit: DirtyingFit | null;
  /** What the model makes of that dirtying, and what would have helped. */
  readonly predicted: Predicted | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Which dirtying explains a migration that went on, and what would have helped. */
export function* fitMigration({ text, file, stated }: FitInput): JobSteps<null, Fitted> {
  const { list, records, diagnostics } = readSamples(text, file);
  const total = records.find(({ ramTotalKiB }) => ramTotalKiB !== null)?.ramTotalKiB ?? null;
  const run = observedRun(list, total);
  yield () => null;
  const replies = questionOfReplies(records);
  if (run === null) {
    const fit = fitOfReplies(replies, list.length);
    const predicted = fit === null ? null : yield* predict({ ...replies, ...stated });
    return { fit, predicted, diagnostics };
  }
  const fit = fitDirtying(run);
  yield () => null;
  const { best, most } = fit.dirtyMiBPerSec;
  const question: PredictQuestion = {
    ...replies,
    ramMib: String(run.ramMib),
    nonzeroMib: String(run.nonzeroMib),
    workingSetMib: String(Math.min(fit.workingSetMiB, run.nonzeroMib)),
    // Where any higher rate explains it as well, the least is the least likely.
    dirtyMibS: String(most === null ? UNBOUNDED * best : best),
    pattern: fit.pattern,
    bandwidthMibS: replies.bandwidthMibS ?? String(run.bandwidthMibPerSec),
    downtimeMs: replies.downtimeMs ?? String(run.downtimeMs),
    ...stated,
  };
  return { fit, predicted: yield* predict(question), diagnostics };
}

const UNBOUNDED = 2;

/** Of one reply or two: what they say themselves. */
function fitOfReplies({ workingSetMib, nonzeroMib, dirtyMibS }: PredictQuestion, samples: number): DirtyingFit | null {
  if (dirtyMibS === null || nonzeroMib === null || samples === 0) return null;
  const best = Number(dirtyMibS);
  return {
    pattern: 'sequential',
    workingSetMiB: Number(workingSetMib ?? nonzeroMib),
    dirtyMiBPerSec: {
      best,
      least: workingSetMib === null ? best : best / UNBOUNDED,
      most: workingSetMib === null ? best : null,
    },
    errorPercent: null,
    asGood: ['uniform', 'zipf'],
    samples,
  };
}

export { EMPTY_QUESTION } from './question.ts';
export type { PredictQuestion } from './question.ts';
