/**
 * A job is one long piece of work as a pure function from plain data to plain data.
 *
 * (a) Input, progress and output can be cloned into another thread, so the caller chooses where a job runs
 *     (runtime/run-job.ts).
 * (b) A job yields after every few milliseconds of work. What it yields makes a progress report when one is requested.
 * (c) `yield` returns whether the job is to stop. A job that then returns has a partial output; one that yields again
 *     has no output, and is ended there.
 * (d) It has no clock: the same input gives the same output wherever it runs.
 */
export type Job<Input, Progress, Output> = (input: Input) => JobSteps<Progress, Output>;

export type JobSteps<Progress, Output> = Generator<() => Progress, Output, boolean>;
