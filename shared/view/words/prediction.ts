/** What is foreseen of a live migration, as sentences. */
import type {
  DirtyingFit,
  Fix,
  FixKind,
  PredictedFigures,
  Prediction,
  PredictionAssumption,
} from '../../model/prediction.ts';
import { count, decimal } from '../number-format.ts';
import { enumerated } from './part.ts';

const ms = (value: number): string => `${value < 10 ? decimal(value) : count(Math.round(value))} ms`;
const s = (value: number): string =>
  value < 120 ? `${decimal(Math.round(value * 10) / 10)} s` : `${count(Math.round(value))} s`;

/** What a fix costs the guest, its clients or the link. */
export function fixPrice(of: {
  readonly fix: FixKind;
  readonly set: string;
  /** The value that it has now. */
  readonly before: string;
  readonly figures: PredictedFigures;
  readonly throttlePercent: number;
}): string {
  const { fix, before, figures, throttlePercent } = of;
  const stops = `the guest stands still for about ${ms(figures.downtimeMs ?? 0)}`;
  switch (fix) {
    case 'downtime-limit':
      return `${stops}; the limit was ${before}`;
    case 'bandwidth':
      return `more of the link than the ${before} of before, for ${s(figures.totalSeconds ?? 0)}`;
    case 'switchover-bandwidth':
      return 'the stop is only as short as promised if the link really is free then';
    case 'channels':
      return 'CPUs of both hosts, one a channel, and the whole link';
    case 'auto-converge':
      return `the guest loses up to ${throttlePercent} % of its CPU time, if its writing takes all of it now; a guest that is mostly idle loses more`;
    case 'postcopy':
      return 'after the switch the loss of either host or of the link loses the VM, and until all is there each first access to a page waits for it';
    case 'pause':
      return stops;
    case 'measure':
      return '';
  }
}

export const measureFix = (): Pick<Fix, 'set' | 'price'> => ({
  set: '--dirty-mib-s N',
  price: 'a measurement of some seconds: virsh domdirtyrate-calc VM, or QMP calc-dirty-rate and query-dirty-rate',
});

/** One line: "at 300 ms never; at 678 ms in 61 s; with post-copy in 34 s, at the risk of …". */
function predictionLine(prediction: Prediction, downtimeLimitMs: number, why: string | null): string {
  const first = `at ${ms(downtimeLimitMs)} ${verdictText(prediction, why)}`;
  return [first, ...prediction.fixes.filter(({ fix }) => fix !== 'measure').map(fixText)].join('; ');
}

function verdictText(
  { verdict, totalSeconds, downtimeMs, rounds, sentMiB, endsBy }: Prediction,
  why: string | null,
): string {
  if (verdict === 'never') return 'never';
  if (verdict === 'unknown') return 'unknown';
  if (verdict === 'aborted')
    return `given up after ${s(totalSeconds!)}${why === null ? '' : ` (${why})`}; the VM stays where it is`;
  const by = endsBy === 'postcopy' ? ' by post-copy' : endsBy === 'pause' ? ' by a pause' : '';
  return `in ${s(totalSeconds!)}${by}, ${count(rounds!)} rounds, ${decimal(Math.round(sentMiB!))} MiB, downtime ${ms(downtimeMs!)}`;
}

function fixText({ fix, set, totalSeconds, downtimeMs }: Fix): string {
  const time = `in ${s(totalSeconds!)}`;
  switch (fix) {
    case 'downtime-limit':
      return `at ${set.slice('downtime-limit='.length)} ms ${time}`;
    case 'postcopy':
      return `with post-copy ${time}, at the risk of the VM if a host or the link is lost meanwhile`;
    case 'pause':
      return `paused after the first pass ${time}, of which the guest stands still for ${ms(downtimeMs!)}`;
    default:
      return `with ${set} ${time}`;
  }
}

export function predictionText(
  prediction: Prediction,
  assumed: readonly PredictionAssumption[],
  downtimeLimitMs: number,
  why: string | null,
): string {
  const lines = [`${predictionLine(prediction, downtimeLimitMs, why)}.`];
  if (prediction.verdict === 'unknown') {
    lines.push('', 'It depends on how fast the guest writes, which nothing states. Give one of:');
    for (const { set, price } of prediction.fixes) lines.push(`  ${set}: ${price}`);
    lines.push('  a reply to query-dirty-rate, beside the reply to query-migrate');
  } else {
    lines.push('', ...figureLines(prediction));
    if (prediction.fixes.length > 0)
      lines.push('', 'What would end it, cheapest first:', ...prediction.fixes.map(fixLine));
    else if (prediction.verdict !== 'converges') lines.push('', 'Nothing that was tried would end it.');
  }
  if (assumed.length > 0)
    lines.push('', 'Assumed, as nothing states it:', ...assumed.map((one) => `  ${assumptionText(one)}`));
  return `${lines.join('\n')}\n`;
}

function figureLines({ ranges, passes, verdict }: Prediction): string[] {
  const range = (
    name: string,
    unit: string,
    digits: number,
    of: { least: number; most: number | null } | null,
  ): string[] => {
    if (of === null) return [];
    const round = (value: number): string => decimal(Math.round(value * 10 ** digits) / 10 ** digits);
    return [`  ${name.padEnd(10)} ${round(of.least)} to ${of.most === null ? 'without end' : round(of.most)}${unit}`];
  };
  const lines = [
    ...range('Total', ' s', 1, ranges.totalSeconds),
    ...range('Downtime', ' ms', 0, ranges.downtimeMs),
    ...range('Rounds', '', 0, ranges.rounds),
    ...range('Sent', ' MiB', 0, ranges.sentMiB),
  ];
  const told = passes
    .slice(0, 12)
    .map(({ seconds, sentMiB }) => `${decimal(seconds)} s/${decimal(Math.round(sentMiB))} MiB`);
  const more = passes.length > told.length || verdict === 'never' ? ', …' : '';
  return [
    ...(lines.length === 0 || ranges.varied.length === 0 ? [] : [`Within ${enumerated(ranges.varied)}:`, ...lines]),
    `Passes: ${told.join(', ')}${more}`,
  ];
}

const fixLine = ({ set, totalSeconds, downtimeMs, price }: Fix): string =>
  `  ${set}: ${s(totalSeconds!)}, downtime ${ms(downtimeMs!)}. Price: ${price}.`;

function assumptionText(assumption: PredictionAssumption): string {
  switch (assumption.slug) {
    case 'max-bandwidth':
      return `max-bandwidth is QEMU's default, ${decimal(assumption.mibPerSec)} MiB/s (--bandwidth-mib-s)`;
    case 'link':
      return `the link carries ${decimal(assumption.mibPerSec)} MiB/s (--link-mib-s); the downtime depends on it`;
    case 'working-set':
      return `the guest writes to all ${decimal(assumption.mib)} MiB that are not zero (--working-set-mib)`;
    case 'pattern':
      return 'it writes its working set in order, round and round, which dirties most (--pattern)';
    case 'nonzero':
      return 'no page is zero (--nonzero-mib)';
    case 'cpu-need':
      return 'its writing takes all of its CPU time; a guest that is mostly idle is slowed later (--guest-cpu-percent)';
    case 'delta':
      return 'a write changes the whole page, so XBZRLE saves nothing (--delta-bytes)';
    case 'single-stream':
      return `one stream carries at most ${decimal(assumption.mibPerSec)} MiB/s, the fastest in a published log (multifd carries more)`;
    case 'parameter-ignored':
      return `${assumption.name} changes nothing here`;
    case 'capability-ignored':
      return `${assumption.name} is not modelled; the answer is that without it`;
    case 'vsphere':
      return 'vSphere slows the guest to 80 % of what is sent; by how much it really does is not published';
  }
}

/** Which dirtying explains a run. */
export function fitText({
  pattern,
  workingSetMiB,
  dirtyMiBPerSec,
  errorPercent,
  asGood,
  samples,
}: DirtyingFit): string {
  const { best, least, most } = dirtyMiBPerSec;
  const rate =
    most === null
      ? `at least ${decimal(least)} MiB/s (it dirtied all of the set in each pass, so any higher rate explains it as well)`
      : least === most
        ? `${decimal(best)} MiB/s`
        : `${decimal(best)} MiB/s (${decimal(least)} to ${decimal(most)} explain it as well)`;
  const how = { sequential: 'in order', uniform: 'at random', zipf: "by Zipf's law" };
  const lines = [`The guest writes ${decimal(workingSetMiB)} MiB ${how[pattern]}, ${rate}.`];
  lines.push(
    errorPercent === null
      ? `${count(samples)} samples are too few to test it; three after the first pass would do.`
      : `Of ${count(samples)} samples, what was left is off by ${decimal(errorPercent)} % in the mean.`,
  );
  if (asGood.length > 0) lines.push(`Written ${enumerated(asGood.map((one) => how[one]))} would explain it as well.`);
  return `${lines.join('\n')}\n`;
}
