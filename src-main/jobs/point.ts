/**
 * The job of one point of a sweep: runs another job of the table on a scenario's text, and keeps of its document what is
 * measured. Stopped, it has no output.
 *
 * (a) A text that is no sound scenario, or whose VMs do not fit, gives a result that says so: at the next point they may.
 * (b) What it yields is nobody's progress: a sweep counts points.
 */
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { comparisonDocument } from '../../shared/view/words/index.ts';
import { World } from '../engine/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { placementDiagnostics, readScenario, toWorldConfig } from '../scenario/index.ts';
import { metricValue, verdictOf } from '../sweep/index.ts';
import type { PointInput, PointResult, SweepJob } from '../sweep/index.ts';
import { compareGuest } from './compare.ts';
import type { JobSteps } from './job.ts';
import { questionOfScenario } from './predict/from-scenario.ts';
import { EMPTY_QUESTION, predict } from './predict/index.ts';
import type { PredictQuestion } from './predict/index.ts';
import { endedRunDocument } from './run-document.ts';
import { runScenario } from './run.ts';
import type { RunUntil } from './run.ts';

/** What a job ended in: its document, or why there is none. */
type Ended =
  | { readonly document: unknown; readonly isLawful: boolean; readonly refused: null }
  | { readonly document: null; readonly refused: string };

type Row = (scenario: Scenario, input: PointInput) => JobSteps<null, Ended>;

const DEFAULT_MAX_TICKS = 100_000;
const DEFAULT_COMPARE_TICKS = 20_000;

/** The jobs that a sweep may run. */
const rows: Readonly<Record<SweepJob, Row>> = {
  *run(scenario, { options, version }) {
    const { ticks, maxTicks = DEFAULT_MAX_TICKS } = options;
    const until: RunUntil = ticks === undefined ? { converged: true, maxTicks } : { converged: false, ticks };
    const { run, problems } = yield* unstopped(runScenario({ scenario, until, version }));
    if (run === null) return refused(placementDiagnostics(problems, scenario, 'scenario').map(formatDiagnostic));
    return { document: endedRunDocument(run), isLawful: run.record.ending !== 'brokenLaw', refused: null };
  },
  *predict(scenario, input) {
    const question = predictQuestion(scenario, input);
    if (typeof question === 'string') return refused([question]);
    const { prediction, problems } = yield* unstopped(predict(question));
    if (prediction === null) return refused(problems.map(formatDiagnostic));
    return { document: prediction, isLawful: true, refused: null };
  },
  *compare(scenario, { options }) {
    const { world, problems } = World.create(toWorldConfig(scenario));
    if (world === null) return refused(placementDiagnostics(problems, scenario, 'scenario').map(formatDiagnostic));
    const { vm = scenario.vms[0]?.name ?? '', of = 'defects', ticks, maxTicks = DEFAULT_COMPARE_TICKS } = options;
    if (!scenario.vms.some(({ name }) => name === vm)) return refused([`There is no VM named ${vm}.`]);
    const comparison = yield* unstopped(compareGuest({ scenario, vm, of, until: ticks ?? 'converged', maxTicks }));
    return { document: comparisonDocument(comparison), isLawful: true, refused: null };
  },
};

/** Of the migration that is named, or else the scenario's first one with its own limits. */
function predictQuestion(scenario: Scenario, { options, ask }: PointInput): PredictQuestion | string {
  const command = scenario.commands.find((each) => each.type === 'migrate');
  const named = options.migrate ?? (command === undefined ? '' : `${command.vm}=${command.toHost}`);
  const question = questionOfScenario(scenario, named);
  if (typeof question === 'string') return question;
  const isItsOwn = command !== undefined && named === `${command.vm}=${command.toHost}`;
  const own = {
    ...(isItsOwn ? { downtimeMs: String(command.downtimeLimitMs) } : {}),
    ...(isItsOwn && command.maxBandwidthMiBps > 0 ? { bandwidthMibS: String(command.maxBandwidthMiBps) } : {}),
  };
  const stated: Record<string, string | readonly string[]> = {};
  for (const [key, value] of Object.entries(ask)) {
    if (!Object.hasOwn(EMPTY_QUESTION, key)) return `nothing called "${key}" can be asked`;
    stated[key] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return { ...question, ...own, ...stated };
}

export function* runPoint(input: PointInput): JobSteps<null, PointResult> {
  const { value: scenario, diagnostics } = readScenario(input.scenario, 'scenario');
  const ended =
    scenario === null
      ? refused(diagnostics.filter(({ severity }) => severity === 'error').map(formatDiagnostic))
      : yield* rows[input.job](scenario, input);
  if (ended.refused !== null) return { status: 'refused', values: [], verdict: null, reason: ended.refused };
  const { document, isLawful } = ended;
  return {
    status: isLawful ? 'done' : 'brokenLaw',
    values: input.metrics.map(({ path, of }) => metricValue(document, { name: '', path, of })),
    verdict: input.verdict === null || !isLawful ? null : verdictOf(document, input.verdict),
    reason: isLawful ? null : 'A law is broken. This is a bug in Pageshift.',
  };
}

const refused = ([first = 'It cannot run.', ...more]: readonly string[]): Ended => ({
  document: null,
  refused: more.length === 0 ? first : `${first} (and ${more.length} more)`,
});

/** The steps of a job without its progress; it is not asked to stop, but ended between two of them. */
function* unstopped<Output>(steps: JobSteps<unknown, Output>): JobSteps<null, Output> {
  for (;;) {
    const { done, value } = steps.next(false);
    if (done === true) return value;
    yield () => null;
  }
}
