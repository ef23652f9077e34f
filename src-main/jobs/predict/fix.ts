/**
 * What would make a migration end, each by its least amount and with its price: found by running the model with it, and
 * told only where it then ends. Cheapest first: what costs the guest nothing, then a longer stop, then slower CPUs, then
 * what may lose the VM.
 */
import type { Fix, FixKind } from '../../../shared/model/prediction.ts';
import { mibFromBytes } from '../../../shared/units/index.ts';
import { fixPrice } from '../../../shared/view/words/prediction.ts';
import { MAX_DOWNTIME_LIMIT_MS, type MigrationSettings, wireBandwidth } from '../../engine/transfer/algorithm/index.ts';
import { type PredictCase, throttleRules } from './question.ts';
import { simulate, type Simulated } from './simulate.ts';

/** A stop that a guest and its clients hardly notice. */
const SHORT_STOP_MS = 1000;

interface Attempt {
  readonly fix: FixKind;
  readonly set: string;
  readonly cost: number;
  readonly result: Simulated;
  readonly before: string;
}

export function fixesOf(asked: PredictCase): readonly Fix[] {
  const { algorithm } = asked.settings;
  const attempts: (Attempt | null)[] = [];
  if (algorithm === 'qemu')
    attempts.push(
      bandwidth(asked),
      switchover(asked),
      channels(asked),
      downtime(asked),
      autoConverge(asked),
      postcopy(asked),
      pause(asked),
    );
  if (algorithm === 'cloud-hypervisor' || algorithm === 'vsphere')
    attempts.push(bandwidth(asked), connections(asked), downtime(asked), pause(asked));
  return attempts
    .filter((attempt): attempt is Attempt => attempt !== null && attempt.result.figures.verdict === 'converges')
    .sort((a, b) => a.cost - b.cost)
    .map(({ fix, set, result, before }) => ({
      fix,
      set,
      ...result.figures,
      price: fixPrice({ fix, set, before, figures: result.figures, throttlePercent: result.throttlePercent }),
    }));
}

const ends = ({ figures }: Simulated): boolean => figures.verdict === 'converges' && figures.endsBy === 'precopy';

/** A change must not depend on where the guest happens to write when a pass ends: it holds at other rates, too. */
const OTHER_RATES = [1.1, 1.37, 4];

function holds(asked: PredictCase, changed: Partial<MigrationSettings>, rates = OTHER_RATES): Simulated | null {
  const result = simulate(alone(asked), changed);
  if (!ends(result)) return null;
  const { guest } = asked.settings;
  const isRobust = rates.every((part) => {
    const sets = guest.sets.map((set) => ({
      ...set,
      rates: set.rates.map((rate) => ({ ...rate, pagesPerSec: rate.pagesPerSec * part })),
    }));
    return ends(simulate(alone(asked), { ...changed, guest: { ...guest, sets } }));
  });
  return isRobust ? result : null;
}

/** A fix replaces what the policy would do; the stack's own ladder stays only where it does no harm. */
const alone = (asked: PredictCase): PredictCase => ({
  ...asked,
  policy: asked.policy === null ? null : { ...asked.policy, watch: null },
});

/** The least of the whole numbers in (least, most] with which it ends; null: it does with none. */
function leastThatEnds(
  least: number,
  most: number,
  run: (value: number) => Simulated | null,
): { value: number; result: Simulated } | null {
  let result = run(most);
  if (result === null) return null;
  let [low, high] = [least, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const tried = run(middle);
    if (tried === null) low = middle;
    else [high, result] = [middle, tried];
  }
  return { value: high, result };
}

function downtime(asked: PredictCase): Attempt | null {
  const { downtimeLimitMs } = asked.settings;
  // Enough for all of the guest is enough; from there the search begins.
  const rate = Math.min(wireBandwidth(asked.settings), asked.settings.maxBandwidth);
  const all = Math.ceil((asked.settings.guest.pages * 4096 * 1000) / rate) + 1000;
  const most = Math.min(MAX_DOWNTIME_LIMIT_MS, Math.max(all, downtimeLimitMs + 1));
  if (most <= downtimeLimitMs) return null;
  const found = leastThatEnds(Math.floor(downtimeLimitMs), most, (ms) => holds(asked, { downtimeLimitMs: ms }));
  if (found === null) return null;
  const cost = found.value <= SHORT_STOP_MS ? 3 : 5;
  return {
    fix: 'downtime-limit',
    set: `downtime-limit=${found.value}`,
    cost,
    result: found.result,
    before: `${downtimeLimitMs} ms`,
  };
}

/** Up to what the link carries. */
function bandwidth(asked: PredictCase): Attempt | null {
  const { maxBandwidth } = asked.settings;
  const most = Math.floor(mibFromBytes(wireBandwidth(asked.settings)));
  const now = Math.floor(mibFromBytes(maxBandwidth));
  if (!(now < most) || asked.isOpen.link) return null;
  // A rate that is a third higher than known is not what bandwidth is for.
  const run = (mib: number): Simulated | null => holds(asked, { maxBandwidth: mib * 2 ** 20 }, [1.1]);
  const found = leastThatEnds(now, most, run);
  if (found === null) return null;
  const set = asked.settings.algorithm === 'qemu' ? `max-bandwidth=${found.value}M` : `bandwidth=${found.value}M`;
  return { fix: 'bandwidth', set, cost: 1, result: found.result, before: `${now} MiB/s` };
}

/** Tells QEMU what the link carries once the limit of bandwidth is off, so that more fits into the same stop. */
function switchover(asked: PredictCase): Attempt | null {
  const { settings, version, isOpen } = asked;
  const link = wireBandwidth(settings);
  if (version.number < 802 || isOpen.link || settings.maxBandwidth >= link || settings.switchoverBandwidth !== null)
    return null;
  const result = simulate(alone(asked), { switchoverBandwidth: link });
  const set = `avail-switchover-bandwidth=${Math.floor(mibFromBytes(link))}M`;
  return { fix: 'switchover-bandwidth', set, cost: 0, result, before: '0' };
}

const MOST_CHANNELS = 8;

function channels(asked: PredictCase): Attempt | null {
  const { settings, capabilities, isOpen } = asked;
  const wide: Partial<MigrationSettings> = { maxBandwidth: Infinity };
  if (isOpen.link || capabilities.has('xbzrle') || settings.channels !== null) return null;
  for (let n = 2; n <= MOST_CHANNELS; n *= 2) {
    const changed = { ...wide, channels: n };
    if (wireBandwidth({ ...settings, ...changed }) <= wireBandwidth(settings)) return null;
    const result = simulate(alone(asked), changed);
    if (ends(result))
      return { fix: 'channels', set: `multifd, multifd-channels=${n}, max-bandwidth=0`, cost: 2, result, before: '1' };
  }
  return null;
}

function connections(asked: PredictCase): Attempt | null {
  const { settings } = asked;
  if (settings.algorithm !== 'cloud-hypervisor' || settings.channels !== null || asked.isOpen.link) return null;
  for (let n = 2; n <= MOST_CHANNELS; n *= 2) {
    if (wireBandwidth({ ...settings, channels: n }) <= wireBandwidth(settings)) return null;
    const result = simulate(alone(asked), { channels: n, maxBandwidth: Infinity });
    if (ends(result)) return { fix: 'channels', set: `connections=${n}`, cost: 2, result, before: '1' };
  }
  return null;
}

function autoConverge(asked: PredictCase): Attempt | null {
  const { settings, version } = asked;
  if (settings.throttle !== null) return null;
  const throttle = throttleRules('auto-converge', version, { throttle: NO_THROTTLE });
  const result = simulate(alone(asked), { throttle });
  return { fix: 'auto-converge', set: 'auto-converge', cost: 4, result, before: 'off' };
}

const NO_THROTTLE = {
  trigger: null,
  initial: null,
  increment: null,
  max: null,
  tailslow: null,
  vcpuDirtyLimitMib: null,
};

function postcopy(asked: PredictCase): Attempt | null {
  if (asked.capabilities.has('mapped-ram') || asked.settings.postcopyAtMs !== null) return null;
  const result = simulate(alone(asked), { postcopyAfterPasses: 1 });
  return {
    fix: 'postcopy',
    set: 'postcopy-ram, migrate-start-postcopy after the first pass',
    cost: 6,
    result,
    before: 'off',
  };
}

/** Stopped after the first pass, the guest writes no more. */
function pause(asked: PredictCase): Attempt | null {
  const { settings } = asked;
  const first = simulate(alone(asked)).passes[0];
  if (first === undefined) return null;
  if (settings.algorithm !== 'qemu') {
    const result = simulate(alone(asked), { timeoutMs: 0, atTimeout: 'ignore' });
    return { fix: 'pause', set: 'timeout=0, timeout-strategy=ignore', cost: 7, result, before: 'running' };
  }
  const result = simulate({ ...asked, policy: pausesAt(first.seconds * 1000) });
  return { fix: 'pause', set: 'stop after the first pass', cost: 7, result, before: 'running' };
}

const pausesAt = (ms: number): PredictCase['policy'] => ({
  algorithm: 'qemu',
  defaults: {},
  watch: () => {
    let isDone = false;
    return {
      atPasses: false,
      get nextMs() {
        return isDone ? Infinity : ms;
      },
      get isSettled() {
        return isDone;
      },
      look: () => {
        isDone = true;
        return [{ do: 'pause' }];
      },
    };
  },
});
