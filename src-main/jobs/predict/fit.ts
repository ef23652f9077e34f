/**
 * Which dirtying explains a migration that was observed: the model is run with what the samples state and with every
 * pattern, working set and rate in question, and held against what was left at the time of each sample.
 *
 * What a run cannot tell is said: where all of a set is dirtied in each pass, any higher rate explains it as well.
 */
import type { DirtyingFit } from '../../../shared/model/prediction.ts';
import { bytesFromMib, mibFromKib, PAGE_SIZE_KIB, PAGES_PER_MIB } from '../../../shared/units/index.ts';
import { type MigrationSettings, startMigration, type WritePattern } from '../../engine/transfer/algorithm/index.ts';
import type { Sample } from './samples.ts';

export interface ObservedRun {
  readonly ramMib: number;
  readonly nonzeroMib: number;
  readonly bandwidthMibPerSec: number;
  readonly downtimeMs: number;
  readonly samples: readonly Sample[];
}

/** Null where too few samples are of a pass after the first. */
export function observedRun(samples: readonly Sample[], totalKib: number | null): ObservedRun | null {
  const later = samples.filter(({ syncs }) => syncs > 1);
  const rates = later
    .map(({ record }) => record.bandwidthMibPerSec)
    .filter((rate) => rate !== null && rate > 0) as number[];
  const last = samples.at(-1);
  if (last === undefined || later.length < LEAST_SAMPLES || rates.length === 0) return null;
  const totalOf =
    samples.map(({ record }) => record.ramTotalKiB).find((kib) => kib !== null) ?? totalKib ?? firstTotal(samples);
  const first = samples.find(({ syncs, record }) => syncs === 1 && record.expectedDowntimeMs !== null);
  const zeroKib = (last.record.constantPages ?? 0) * PAGE_SIZE_KIB;
  return {
    ramMib: mibFromKib(totalOf),
    nonzeroMib: mibFromKib(Math.max(0, totalOf - zeroKib)),
    bandwidthMibPerSec: median(rates),
    // In the first pass QEMU tells its limit for want of an estimate.
    downtimeMs: first?.record.expectedDowntimeMs ?? DEFAULT_DOWNTIME_MS,
    samples,
  };
}

const LEAST_SAMPLES = 3;
const DEFAULT_DOWNTIME_MS = 300;

/** What was left and what had been sent at the first sample. */
function firstTotal(samples: readonly Sample[]): number {
  const { remainingKib, record } = samples[0]!;
  const pages = (record.normalPages ?? 0) + (record.constantPages ?? 0);
  return remainingKib + pages * PAGE_SIZE_KIB;
}

interface Candidate {
  readonly pattern: WritePattern;
  readonly setMib: number;
  readonly mibPerSec: number;
  /** Mean difference of what is left, as a part of what is not zero. */
  readonly error: number;
}

const PATTERNS: readonly WritePattern[] = ['sequential', 'uniform', 'zipf'];
const SET_PARTS = [0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5];
const RATE_PARTS = [0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3];
const REFINE = [0.88, 0.94, 0.97, 1, 1.03, 1.06, 1.12];
const ROUNDS_OF_REFINING = 3;
/** As good as the best: what differs by less is no evidence. */
const AS_GOOD = 1.15;
const AS_GOOD_AT_LEAST = 0.002;
const RATES_TRIED = [0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 4, 10];

export function fitDirtying(run: ObservedRun): DirtyingFit {
  const later = run.samples.filter(({ syncs }) => syncs > 1);
  const rate0 = Math.max(1, ...later.map(({ record }) => (record.dirtyPagesPerSec ?? 0) / PAGES_PER_MIB));
  const set0 = Math.min(run.nonzeroMib, Math.max(1, ...later.map((sample) => leastSetMib(sample))));
  const best = PATTERNS.map((pattern) => {
    const tried = SET_PARTS.flatMap((set) =>
      RATE_PARTS.map((rate) => candidate(run, pattern, set0 * set, rate0 * rate)),
    );
    let found = least(tried);
    for (let i = 0; i < ROUNDS_OF_REFINING; i++)
      found = least(
        REFINE.flatMap((set) =>
          REFINE.map((rate) => candidate(run, pattern, found.setMib * set, found.mibPerSec * rate)),
        ),
      );
    return found;
  }).sort((a, b) => a.error - b.error);
  const [first] = best as [Candidate];
  const isAsGood = ({ error }: Candidate): boolean =>
    error <= Math.max(first.error * AS_GOOD, first.error + AS_GOOD_AT_LEAST);
  const rates = RATES_TRIED.map((part) => candidate(run, first.pattern, first.setMib, first.mibPerSec * part)).filter(
    isAsGood,
  );
  const asGood = rates.map(({ mibPerSec }) => mibPerSec);
  return {
    pattern: first.pattern,
    workingSetMiB: tidy(first.setMib),
    dirtyMiBPerSec: {
      best: tidy(first.mibPerSec),
      least: tidy(Math.min(first.mibPerSec, ...asGood)),
      most: mostOf(asGood, first),
    },
    errorPercent: tidy(100 * first.error),
    asGood: best
      .slice(1)
      .filter(isAsGood)
      .map(({ pattern }) => pattern),
    samples: run.samples.length,
  };
}

/** Null: the highest that was tried explains it as well. */
function mostOf(rates: readonly number[], best: Candidate): number | null {
  const most = Math.max(best.mibPerSec, ...rates);
  return most >= best.mibPerSec * RATES_TRIED.at(-1)! * 0.999 ? null : tidy(most);
}

/** What was dirty at the last sync was written. */
function leastSetMib({ remainingKib, record }: Sample): number {
  const { expectedDowntimeMs, bandwidthMibPerSec } = record;
  const atSync =
    expectedDowntimeMs === null || bandwidthMibPerSec === null ? 0 : (expectedDowntimeMs / 1000) * bandwidthMibPerSec;
  return Math.max(atSync, mibFromKib(remainingKib) / 2);
}

const least = (candidates: readonly Candidate[]): Candidate => candidates.reduce((a, b) => (b.error < a.error ? b : a));

function candidate(run: ObservedRun, pattern: WritePattern, set: number, mibPerSec: number): Candidate {
  const setMib = Math.min(set, run.nonzeroMib);
  return { pattern, setMib, mibPerSec, error: errorOf(run, pattern, setMib, mibPerSec) };
}

/** QEMU's, as long as the samples are. */
function errorOf(run: ObservedRun, pattern: WritePattern, setMib: number, mibPerSec: number): number {
  const pages = run.ramMib * PAGES_PER_MIB;
  const bandwidth = bytesFromMib(run.bandwidthMibPerSec);
  const settings: MigrationSettings = {
    algorithm: 'qemu',
    guest: {
      pages,
      zeroPages: (run.ramMib - run.nonzeroMib) * PAGES_PER_MIB,
      sets: [
        { pages: setMib * PAGES_PER_MIB, pattern, rates: [{ fromMs: 0, pagesPerSec: mibPerSec * PAGES_PER_MIB }] },
      ],
      cpuNeed: 1,
      vcpus: 1,
    },
    linkBandwidth: Math.max(bandwidth, LINK),
    maxBandwidth: bandwidth,
    switchoverBandwidth: null,
    maxPostcopyBandwidth: Infinity,
    downtimeLimitMs: run.downtimeMs,
    channels: null,
    zeroPages: 'legacy',
    headerBytes: null,
    stopsAtThreshold: false,
    throttle: null,
    xbzrle: null,
    postcopyAtMs: null,
    postcopyAfterPasses: null,
    timeoutMs: Infinity,
    atTimeout: 'cancel',
    wholePages: false,
  };
  const model = startMigration(settings);
  let sum = 0;
  let count = 0;
  for (const { ms, remainingKib, syncs } of run.samples) {
    let left = model.progress().remainingBytes;
    while (model.nowMs < ms && model.status !== 'completed') {
      model.step(ms);
      left = model.progress().remainingBytes;
    }
    // The first pass tells nothing of what is written.
    if (syncs < 2) continue;
    sum += Math.abs(left / 1024 - remainingKib);
    count++;
  }
  return sum / count / (run.nonzeroMib * 1024);
}

const LINK = bytesFromMib(1192);

/** Three digits. */
const tidy = (value: number): number => Number(value.toPrecision(3));

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
