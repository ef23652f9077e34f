/** What comes out when each input is as far off as it may be: one run of the model an input and side. */
import type { PredictedRange, PredictedRanges } from '../../../shared/model/prediction.ts';
import type { MigrationSettings, WritePattern, WrittenSet } from '../../engine/transfer/algorithm/index.ts';
import type { PredictCase } from './question.ts';
import { simulate, type Simulated } from './simulate.ts';

/** How far measured dirty rates and bandwidths are off: page sampling 3 % from 100 ms up, and what varies in a run. */
const RATE_PART = 0.1;
const BANDWIDTH_PART = 0.05;
/** Of a guest whose CPUs nobody described: busy, or idle for nine tenths. */
const LEAST_CPU_NEED = 0.1;
/** Of a link that nobody stated: from no more than the limit of bandwidth to 100 Gbit/s. */
const WIDEST_LINK = 11_920 * 2 ** 20;
/** Stopping, sending and starting the devices: what Cloud Hypervisor's pull request 7979 measured besides memory. */
const DEVICE_MS = 27;

/** A run of so many passes takes seconds: it is not run again for each input. `varied` says so. */
const MOST_PASSES = 50_000;

interface Variation {
  readonly what: string;
  readonly settings: Partial<MigrationSettings>;
}

export const NO_RANGES: PredictedRanges = {
  totalSeconds: null,
  downtimeMs: null,
  rounds: null,
  sentMiB: null,
  verdicts: ['unknown'],
  varied: [],
};

export function rangesOf(asked: PredictCase, expected: Simulated): PredictedRanges {
  const variations = expected.passes.length > MOST_PASSES ? [] : variationsOf(asked);
  const runs = [expected, ...variations.map(({ settings }) => simulate(asked, settings))];
  const of = (figure: 'totalSeconds' | 'downtimeMs' | 'rounds' | 'sentMiB'): PredictedRange | null => {
    const values = runs.filter(({ figures }) => figures.verdict === 'converges').map(({ figures }) => figures[figure]!);
    if (values.length === 0) return null;
    const isOpen = runs.some(({ figures }) => figures.verdict !== 'converges');
    return { least: Math.min(...values), most: isOpen ? null : Math.max(...values) };
  };
  const downtimeMs = of('downtimeMs');
  return {
    totalSeconds: of('totalSeconds'),
    downtimeMs:
      downtimeMs === null || downtimeMs.most === null
        ? downtimeMs
        : { ...downtimeMs, most: downtimeMs.most + DEVICE_MS },
    rounds: of('rounds'),
    sentMiB: of('sentMiB'),
    verdicts: [...new Set(runs.map(({ figures }) => figures.verdict))],
    varied: [...new Set(variations.map(({ what }) => what))],
  };
}

function variationsOf({ settings, isOpen }: PredictCase): readonly Variation[] {
  const { guest, linkBandwidth, maxBandwidth } = settings;
  const variations: Variation[] = [];
  const sets = (change: (set: WrittenSet) => WrittenSet): Partial<MigrationSettings> => ({
    guest: { ...guest, sets: guest.sets.map(change) },
  });
  for (const part of [-RATE_PART, RATE_PART]) {
    const scaled = (set: WrittenSet): WrittenSet => ({
      ...set,
      rates: set.rates.map((rate) => ({ ...rate, pagesPerSec: rate.pagesPerSec * (1 + part) })),
    });
    variations.push({ what: 'dirty rate ±10 %', settings: sets(scaled) });
  }
  for (const part of [-BANDWIDTH_PART, BANDWIDTH_PART]) {
    const changed = { linkBandwidth: linkBandwidth * (1 + part), maxBandwidth: maxBandwidth * (1 + part) };
    variations.push({ what: 'bandwidth ±5 %', settings: changed });
  }
  if (isOpen.link) {
    const least = Number.isFinite(maxBandwidth) ? maxBandwidth : linkBandwidth;
    for (const link of [least, WIDEST_LINK]) variations.push({ what: 'link', settings: { linkBandwidth: link } });
  }
  if (isOpen.pattern) {
    const patterns: readonly WritePattern[] = ['uniform', 'zipf'];
    for (const pattern of patterns)
      variations.push({ what: 'pattern', settings: sets((set) => ({ ...set, pattern })) });
  }
  if (isOpen.cpuNeed)
    variations.push({ what: "guest's CPU", settings: { guest: { ...guest, cpuNeed: LEAST_CPU_NEED } } });
  return variations;
}
