/**
 * The input of one job of a sweep: all that it takes, as data. It is what is hashed, what a thread is given and what a
 * worker on another machine accepts.
 *
 * (a) No code, no paths of files, no addresses: a scenario's text, the job's options, and what of its document to keep.
 * (b) The same input and the same version give the same result, wherever it runs; so their hash is the job's name.
 */
import { z } from 'zod';
import { MAX_TEXT_CHARS } from '../../shared/model/limit.ts';
import { METRIC_FOLDS } from './metric.ts';
import type { MetricValue } from './metric.ts';
import { askSchema, optionSchema, SWEEP_JOBS } from './document.ts';
import { VERDICT_OPERATORS } from './verdict.ts';

const path = z.string().min(1).max(1000);

export const pointInputSchema = z.strictObject({
  job: z.enum(SWEEP_JOBS),
  options: optionSchema,
  ask: askSchema,
  scenario: z.string().max(MAX_TEXT_CHARS),
  metrics: z.array(z.strictObject({ path, of: z.enum(METRIC_FOLDS).optional() })).max(101),
  verdict: z
    .strictObject({
      path,
      is: z.enum(VERDICT_OPERATORS),
      value: z.union([z.number(), z.string().max(1000), z.boolean()]),
    })
    .nullable(),
  /** Pageshift's. Another one may give another result. */
  version: z.string().min(1).max(100),
});

export type PointInput = z.output<typeof pointInputSchema>;

/**
 * done: its values. refused: a world that cannot be, with the reason; nothing ran. brokenLaw: it ran into a bug of ours;
 * its values are those of that tick and not to be trusted.
 */
export interface PointResult {
  readonly status: 'done' | 'refused' | 'brokenLaw';
  readonly values: readonly MetricValue[];
  /** Of the edge's verdict; null where none was asked, or none can be given. */
  readonly verdict: boolean | null;
  readonly reason: string | null;
}

const metricValue = z.union([z.number(), z.string().max(100_000), z.boolean(), z.null()]);

/** What is believed of a result that comes from a file or another machine. */
export const pointResultSchema: z.ZodType<PointResult> = z.strictObject({
  status: z.enum(['done', 'refused', 'brokenLaw']),
  values: z.array(metricValue).max(101),
  verdict: z.boolean().nullable(),
  reason: z.string().max(100_000).nullable(),
});

/** What is hashed to a job's key: fields in a fixed order, whatever order they were given in. */
export const inputText = ({ job, options, ask, scenario, metrics, verdict, version }: PointInput): string =>
  JSON.stringify([
    version,
    job,
    [options.ticks ?? null, options.maxTicks ?? null, options.vm ?? null, options.of ?? null, options.migrate ?? null],
    ask,
    metrics.map(({ path: at, of }) => [at, of ?? null]),
    verdict === null ? null : [verdict.path, verdict.is, verdict.value],
    scenario,
  ]);
