/**
 * What a job is: one long piece of work as a pure function from plain data to plain data.
 *
 * (a) Input, progress and output can be cloned into another thread, so where a job runs is its caller's choice
 *     (runtime/run-job.ts).
 * (b) A job yields between two parts of some milliseconds. What it yields makes its progress when somebody asks for it.
 * (c) `yield` answers whether the job is to stop. A job that then returns has a partial output; one that yields again has
 *     none, and is ended there.
 * (d) It has no clock: same input, same output, wherever it runs.
 */
export type Job<Input, Progress, Output> = (input: Input) => JobSteps<Progress, Output>;

export type JobSteps<Progress, Output> = Generator<() => Progress, Output, boolean>;
