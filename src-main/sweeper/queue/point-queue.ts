/**
 * The queue of points (BullMQ): what is in it, and what is believed of it.
 *
 * (a) A job is named by the hash of its input, so that a point that two sweeps ask for runs once.
 * (b) A worker takes only what validates: a job of the one known name, of a limited size, whose name is the hash of its
 *     input, and that its own version can run. There are no paths, addresses or code in it.
 * (c) Failures that may be of one worker are tried again later, each time after twice as long: another worker may take it.
 *     What is wrong with the job itself fails at once, with the reason.
 */
import type { JobsOptions } from 'bullmq';
import { z } from 'zod';
import { MAX_TEXT_CHARS } from '../../../shared/model/limit.ts';
import { pointInputSchema, inputText, pointResultSchema } from '../../sweep/index.ts';
import type { PointInput } from '../../sweep/index.ts';
import { keyOf } from '../drive.ts';
import type { LoggedResult } from '../result-log.ts';

export const QUEUE_NAME = 'points';
export const QUEUE_PREFIX = 'pageshift';
export const POINT_JOB = 'point';

/** Of a job's data as JSON: a scenario of the largest size, escaped, and little more. */
export const MAX_JOB_BYTES = 2 * MAX_TEXT_CHARS;
/** A person who waits goes before a sweep. */
const SWEEP_PRIORITY = 100;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 1000;
/** For a sweep that was away: a day. */
const KEEP = { age: 86_400, count: 50_000 };

export const jobOptions = (key: string): JobsOptions => ({
  jobId: key,
  priority: SWEEP_PRIORITY,
  attempts: ATTEMPTS,
  backoff: { type: 'exponential', delay: FIRST_PAUSE_MS },
  removeOnComplete: KEEP,
  removeOnFail: KEEP,
  sizeLimit: MAX_JOB_BYTES,
});

export type ReadJob =
  | { readonly input: PointInput; readonly refused: null }
  /** isFinal: no other worker would take it either. */
  | { readonly input: null; readonly refused: string; readonly isFinal: boolean };

export function readJob(name: string, key: string | undefined, data: unknown, version: string): ReadJob {
  const refuse = (refused: string, isFinal = true): ReadJob => ({ input: null, refused, isFinal });
  if (name !== POINT_JOB) return refuse(`There is no job named ${JSON.stringify(name).slice(0, 100)}.`);
  const size = Buffer.byteLength(JSON.stringify(data) ?? '');
  if (size > MAX_JOB_BYTES) return refuse(`The job has ${size} bytes; at most ${MAX_JOB_BYTES} are taken.`);
  // Of another version even the form may be another.
  const theirs = (data as { readonly version?: unknown } | null)?.version;
  if (typeof theirs === 'string' && theirs !== version)
    return refuse(
      `The job is of Pageshift ${theirs.slice(0, 40)}, this worker is Pageshift ${version}: results may differ, so it does not run it.`,
      false,
    );
  const read = pointInputSchema.safeParse(data);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse(
      `The job's data are not those of a point: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
    );
  }
  if (key !== keyOf(inputText(read.data))) return refuse('The name of the job is not the hash of its input.');
  return { input: read.data, refused: null };
}

const loggedSchema: z.ZodType<LoggedResult> = z.strictObject({
  result: pointResultSchema,
  ms: z.number().min(0),
  memoryBytes: z.number().min(0),
});

/** What a worker sent back; null when it is no result. */
export function readResult(value: unknown): LoggedResult | null {
  const read = loggedSchema.safeParse(value);
  return read.success ? read.data : null;
}
