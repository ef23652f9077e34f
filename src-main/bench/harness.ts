/**
 * What every benchmark here shares: how samples become one number, how the machine is named.
 * Goals: to compare two implementations in one run, and not to rot (each benchmark has a smoke size that runs in the
 * unit tests). Not goals: absolute numbers, alarms in CI. Source: TigerBeetle's bench.zig.
 */
import { cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Fewer samples than this are not reported. */
const SAMPLES_MIN = 8;

/** The third fastest: the fastest may be luck, and on a shared machine the median is somebody else's work. */
export function thirdFastest(samples: readonly number[]): number {
  if (samples.length < SAMPLES_MIN) throw new Error(`${samples.length} samples are fewer than ${SAMPLES_MIN}`);
  return [...samples].sort((a, b) => a - b)[2]!;
}

/** Runs `work` and returns the nanoseconds it took. (CPU time is told by ticks of the kernel: too coarse for a commit.) */
export function timeNs(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

export interface Machine {
  readonly cpu: string;
  readonly cpuCount: number;
  readonly memoryGib: number;
  readonly node: string;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cpuCount: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

let collect: (() => void) | undefined;

/** Collects garbage, so that one measurement does not pay for another's. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** 1234567 ns as "1.23 ms": three digits and the unit that fits. */
export function showNs(ns: number): string {
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`;
  }
  return `${ns.toPrecision(3)} ns`;
}
