/**
 * The sweep document, `*.sweep.json`, version 1: a scenario, what of it varies, which job runs at each point, what is
 * measured, and where an edge is looked for. Written whole (`sweepText`) it alone gives the same table.
 *
 * (a) All problems are reported at once, as of a scenario: form first, then meaning for what has the right form.
 * (b) `scenario` is the document itself, or the name of its file beside the sweep's; the saved form has the document.
 * (c) Axes of an edge are halved between `from` and `to` at each point of the other axes; they take no values of a grid.
 */
import { z } from 'zod';
import { MAX_NAME_CHARS } from '../../shared/model/limit.ts';
import { isRange, gridCount, MAX_AXIS_VALUES } from './axis.ts';
import type { Axis, RangeAxis } from './axis.ts';
import { pointCount } from './design.ts';
import type { LatinSample } from './design.ts';
import { mostRuns } from './bisect.ts';
import { METRIC_FOLDS } from './metric.ts';
import { parsePath } from './path.ts';
import { DEFAULT_BOOTSTRAP } from './statistics.ts';
import { VERDICT_OPERATORS } from './verdict.ts';

const SWEEP_VERSION = 1;
const MAX_JOBS = 100_000;
const MAX_AXES = 16;
const MAX_METRICS = 100;
const MAX_TICKS = 2 ** 31 - 1;

/** Names of columns, of axes and metrics alike. */
const columnName = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARS)
  .regex(/^[^\u0000-\u001f\u007f=:,]+$/, { error: 'a name without "=", ":" and ","' });
const path = z
  .string()
  .min(1)
  .max(1000)
  .describe('Into the document: /vms/0/dirty/rateMiBps, or vms.shop.dirty.rateMiBps.');
const finite = z.number().min(-1e15).max(1e15);

const axisSchema = z.union([
  z.strictObject({
    name: columnName,
    path,
    values: z.array(z.json()).min(1).max(MAX_AXIS_VALUES).describe('What stands there, one after the other.'),
  }),
  z.strictObject({
    name: columnName,
    path,
    from: finite,
    to: finite,
    step: finite.optional().describe('Added, or with log multiplied. Without one: five values, or any in a hypercube.'),
    log: z.boolean().optional().describe('Equal ratios instead of equal distances.'),
    whole: z.boolean().optional().describe('Rounded to whole numbers; otherwise where the scenario takes no others.'),
  }),
]);

const metricSchema = z.strictObject({
  name: columnName,
  path: path.describe("Into the job's JSON document; * stands for every entry of a list."),
  of: z.enum(METRIC_FOLDS).optional().describe('What is made of several values; otherwise their sum.'),
});

const edgeSchema = z.strictObject({
  axis: columnName.describe('One that has a range.'),
  path: path.describe('Of what is judged.'),
  is: z.enum(VERDICT_OPERATORS),
  value: z.union([finite, z.string().max(1000), z.boolean()]),
  precisionPercent: z.number().min(1e-6).max(50).default(1).describe('How close the two sides are in the end.'),
});

export const SWEEP_JOBS = ['run', 'predict', 'compare'] as const;
export type SweepJob = (typeof SWEEP_JOBS)[number];

/** What the jobs take beside a scenario. */
export const optionSchema = z.strictObject({
  ticks: z.int().min(0).max(MAX_TICKS).optional().describe('Run so many; otherwise until it has converged.'),
  maxTicks: z.int().min(0).max(MAX_TICKS).optional().describe('Otherwise 100,000.'),
  migrate: z
    .string()
    .max(1000)
    .optional()
    .describe('Of predict: VM=HOST; otherwise the first migration of the scenario.'),
  vm: z.string().max(MAX_NAME_CHARS).optional().describe('Of compare.'),
  of: z.enum(['defects', 'beyond']).optional().describe('Of compare.'),
});

/** What a job is asked beside the scenario. */
export const askSchema = z.record(z.string().max(MAX_NAME_CHARS), z.json());

export const sweepSchema = z.strictObject({
  $schema: z.string().max(1000).optional(),
  sweep: z.literal(SWEEP_VERSION).describe('Version of this format.'),
  scenario: z
    .union([z.string().min(1).max(4096), z.record(z.string(), z.json())])
    .describe('A scenario, or the name of its file beside this one.'),
  job: z.enum(SWEEP_JOBS).default('run'),
  options: optionSchema.prefault({}),
  ask: askSchema
    .default({})
    .describe('Of predict: what is asked beside the scenario, by its flags (downtimeMs, …). Varies as /ask/NAME.'),
  vary: z.array(axisSchema).max(MAX_AXES).default([]),
  latin: z
    .strictObject({
      points: z.int().min(1).max(MAX_JOBS),
      seed: z
        .int()
        .min(0)
        .max(2 ** 32 - 1)
        .default(1),
    })
    .nullable()
    .default(null)
    .describe('A Latin hypercube of so many points; null: the grid.'),
  seeds: z
    .strictObject({
      first: z
        .int()
        .min(0)
        .max(2 ** 32 - 1),
      count: z.int().min(1).max(MAX_JOBS),
    })
    .nullable()
    .default(null)
    .describe("Each point under so many seeds; null: under the scenario's own."),
  metrics: z.array(metricSchema).max(MAX_METRICS).default([]).describe('None: those that are usual for the job.'),
  edge: edgeSchema.nullable().default(null),
  pareto: z
    .array(z.strictObject({ metric: columnName, best: z.enum(['min', 'max']) }))
    .max(3)
    .default([])
    .describe('Two or three metrics to be traded against each other.'),
  bootstrap: z
    .strictObject({
      resamples: z.int().min(100).max(100_000).default(DEFAULT_BOOTSTRAP.resamples),
      seed: z
        .int()
        .min(0)
        .max(2 ** 32 - 1)
        .default(DEFAULT_BOOTSTRAP.seed),
      confidencePercent: z.number().min(50).max(99.9).default(DEFAULT_BOOTSTRAP.confidencePercent),
    })
    .prefault({}),
});

/** A sweep with its defaults filled in. */
export type SweepDocument = z.output<typeof sweepSchema>;
/** One whose scenario is there. */
export type WholeSweep = Omit<SweepDocument, 'scenario'> & { readonly scenario: Readonly<Record<string, unknown>> };

/** What is wrong with a sweep whose form is right, in the words of a problem. */
export interface SweepProblem {
  readonly slug: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Columns that every table has. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(['point', 'seed', 'probe', 'edge verdict', 'status', 'reason', 'key']);

export function sweepProblems(
  sweep: Pick<SweepDocument, 'vary' | 'latin' | 'seeds' | 'metrics' | 'edge' | 'pareto'>,
): SweepProblem[] {
  const problems: SweepProblem[] = [];
  const wrong = (slug: string, at: SweepProblem['path'], message: string): void =>
    void problems.push({ slug, path: at, message });
  const names = new Set<string>(OWN_COLUMNS);
  const named = (name: string, at: SweepProblem['path']): void => {
    if (names.has(name)) wrong('name-duplicate', at, `there is a column "${name}" already`);
    names.add(name);
  };
  sweep.vary.forEach((axis, i) => {
    named(axis.name, ['vary', i, 'name']);
    if (parsePath(axis.path) === null) wrong('path-form', ['vary', i, 'path'], `"${axis.path}" is no path`);
    if (isRange(axis)) rangeProblem(axis, (key, message) => wrong('range', ['vary', i, key], message));
  });
  sweep.metrics.forEach(({ name, path: at }, i) => {
    named(name, ['metrics', i, 'name']);
    if (parsePath(at) === null) wrong('path-form', ['metrics', i, 'path'], `"${at}" is no path`);
  });
  if (sweep.edge !== null) {
    const { edge } = sweep;
    const axis = sweep.vary.find(({ name }) => name === edge.axis);
    if (axis === undefined) wrong('name-unknown', ['edge', 'axis'], `nothing called "${edge.axis}" varies`);
    else if (!isRange(axis))
      wrong('edge-list', ['edge', 'axis'], `"${edge.axis}" is a list; an edge is looked for in a range`);
    if (parsePath(edge.path) === null) wrong('path-form', ['edge', 'path'], `"${edge.path}" is no path`);
    const isOrder = ['<', '<=', '>', '>='].includes(edge.is);
    if (isOrder && typeof edge.value !== 'number')
      wrong('wrong-type', ['edge', 'value'], `"${edge.is}" compares with a number`);
  }
  sweep.pareto.forEach(({ metric }, i) => {
    // Without any, the usual ones come later, and this is asked again.
    if (sweep.metrics.length > 0 && !sweep.metrics.some(({ name }) => name === metric))
      wrong('name-unknown', ['pareto', i, 'metric'], `nothing called "${metric}" is measured`);
  });
  if (sweep.pareto.length === 1) wrong('too-few', ['pareto'], 'one metric has no other to be traded against');
  if (problems.length > 0) return problems;
  const jobs = jobCount(sweep);
  if (jobs > MAX_JOBS) wrong('too-many', [], `the sweep has ${jobs} runs; at most ${MAX_JOBS} are taken`);
  return problems;
}

function rangeProblem(axis: RangeAxis, wrong: (key: string, message: string) => void): void {
  const { from, to, step, log } = axis;
  if (log === true && (from <= 0 || to <= 0)) return wrong('from', 'a range with log lies above 0');
  if (step === undefined) return;
  if (log === true && (step <= 0 || step === 1))
    return wrong('step', 'with log, a step is a factor above 0 other than 1');
  const leads = log === true ? (to - from) * (step - 1) >= 0 : (to - from) * step >= 0 && step !== 0;
  if (!leads) return wrong('step', `a step of ${step} does not lead from ${from} to ${to}`);
  if (gridCount(axis) > MAX_AXIS_VALUES)
    wrong('step', `a step of ${step} makes ${gridCount(axis)} values; at most ${MAX_AXIS_VALUES} are taken`);
}

/** The axes whose values make the points: all but that of the edge. */
export const designAxes = ({ vary, edge }: Pick<SweepDocument, 'vary' | 'edge'>): readonly Axis[] =>
  edge === null ? vary : vary.filter(({ name }) => name !== edge.axis);

/** The axis that is halved; null without an edge. */
export const edgeAxis = ({ vary, edge }: Pick<SweepDocument, 'vary' | 'edge'>): RangeAxis | null =>
  edge === null ? null : (vary.find((axis): axis is RangeAxis => axis.name === edge.axis && isRange(axis)) ?? null);

export const seedCount = ({ seeds }: Pick<SweepDocument, 'seeds'>): number => seeds?.count ?? 1;

/** Runs of a sweep; with an edge the most that halving may take. */
export function jobCount(sweep: Pick<SweepDocument, 'vary' | 'latin' | 'seeds' | 'edge'>): number {
  const axis = edgeAxis(sweep);
  const each = axis === null ? 1 : mostRuns(axis, sweep.edge!.precisionPercent);
  return pointCount(designAxes(sweep), sweep.latin satisfies LatinSample | null) * seedCount(sweep) * each;
}

/** The document as it is saved. */
export const sweepText = (sweep: WholeSweep): string => `${JSON.stringify(sweep, null, 2)}\n`;

/** The published JSON Schema (draft 2020-12), as text. */
export function sweepJsonSchema(): string {
  const schema = z.toJSONSchema(sweepSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Pageshift sweep, version 1', ...schema }, null, 2)}\n`;
}
