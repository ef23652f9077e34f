/**
 * What a person asks of `predict`, as they wrote it, and what is made of it: settings of the model, what was assumed, and
 * every problem at once.
 *
 * Where nobody states a value, it is what the hypervisor has by default; what no default says is assumed, and said.
 */
import type { Diagnostic } from '../../../shared/errors/index.ts';
import type { PredictionAssumption } from '../../../shared/model/prediction.ts';
import { bytesFromMib, PAGES_PER_MIB } from '../../../shared/units/index.ts';
import {
  ALGORITHMS,
  type Algorithm,
  MAX_DOWNTIME_LIMIT_MS,
  type MigrationSettings,
  POLICY_NAMES,
  type PolicyName,
  policyOf,
  SINGLE_STREAM_MIB_PER_SEC,
  type StackPolicy,
  type WrittenSet,
} from '../../engine/transfer/algorithm/index.ts';
import { capabilityProblems, knownCapability } from './capability.ts';
import { type Parameters, readParameters } from './parameter.ts';
import { Problems } from './problem.ts';
import { readVersion, type Version } from './version.ts';

/** As a person writes it; null: not stated. */
export interface PredictQuestion {
  readonly ramMib: string | null;
  readonly nonzeroMib: string | null;
  readonly workingSetMib: string | null;
  readonly dirtyMibS: string | null;
  readonly pattern: string | null;
  readonly bandwidthMibS: string | null;
  readonly linkMibS: string | null;
  readonly downtimeMs: string | null;
  readonly capability: readonly string[];
  readonly algorithm: string | null;
  readonly policy: string | null;
  readonly qemuVersion: string | null;
  readonly set: readonly string[];
  readonly postcopyAfter: string | null;
  readonly vcpus: string | null;
  readonly guestCpuPercent: string | null;
  readonly deltaBytes: string | null;
  readonly alsoWrites: readonly string[];
  readonly phase: readonly string[];
  readonly headerBytes: string | null;
}

export const EMPTY_QUESTION: PredictQuestion = {
  ramMib: null,
  nonzeroMib: null,
  workingSetMib: null,
  dirtyMibS: null,
  pattern: null,
  bandwidthMibS: null,
  linkMibS: null,
  downtimeMs: null,
  capability: [],
  algorithm: null,
  policy: null,
  qemuVersion: null,
  set: [],
  postcopyAfter: null,
  vcpus: null,
  guestCpuPercent: null,
  deltaBytes: null,
  alsoWrites: [],
  phase: [],
  headerBytes: null,
};

/** What the model is run with. */
export interface PredictCase {
  readonly settings: MigrationSettings;
  readonly policy: StackPolicy | null;
  readonly memoryGib: number;
  /** Null: the answer is unknown until what is named is stated. */
  readonly missing: 'dirty-rate' | null;
  readonly assumed: readonly PredictionAssumption[];
  readonly version: Version;
  readonly capabilities: ReadonlySet<string>;
  /** Whether nobody stated it, so that it may be otherwise. */
  readonly isOpen: { readonly link: boolean; readonly pattern: boolean; readonly cpuNeed: boolean };
}

const PATTERNS = ['sequential', 'uniform', 'zipf'] as const;
/** What 10 Gbit/s carry. */
const ASSUMED_LINK_MIB_S = 1192;
const QEMU_MAX_BANDWIDTH_MIB_S = 128;
const QEMU_DOWNTIME_MS = 300;
const MAX_MIB = 2 ** 30;

export function readQuestion(question: PredictQuestion): {
  readonly value: PredictCase | null;
  readonly problems: readonly Diagnostic[];
} {
  const problems = new Problems();
  const value = new Reader(question, problems).read();
  return { value: problems.list.length === 0 ? value : null, problems: problems.list };
}

class Reader {
  readonly #q: PredictQuestion;
  readonly #problems: Problems;
  readonly #assumed: PredictionAssumption[] = [];

  constructor(question: PredictQuestion, problems: Problems) {
    this.#q = question;
    this.#problems = problems;
  }

  read(): PredictCase {
    const policyName = this.#problems.choice('--policy', this.#q.policy, POLICY_NAMES);
    const policy = policyName === null ? null : policyOf(policyName);
    const algorithm = this.#algorithm(policy, policyName);
    const version = readVersion(this.#q.qemuVersion, this.#problems);
    const capabilities = this.#capabilities(algorithm, policy, version);
    const parameters = readParameters(this.#q.set, version, algorithm, this.#problems);
    for (const name of parameters.ignored) this.#assumed.push({ slug: 'parameter-ignored', name });
    const ramMib = this.#ram();
    const guest = this.#guest(ramMib);
    const bandwidth = this.#bandwidth(algorithm, policy, parameters, capabilities);
    const limits = this.#limits(algorithm, policy, parameters);
    const settings: MigrationSettings = {
      algorithm,
      guest: guest.model,
      ...bandwidth.settings,
      ...limits,
      ...this.#wire(version, parameters, capabilities, policy, guest.model.pages),
      throttle: this.#throttle(version, parameters, capabilities),
      wholePages: false,
    };
    if (algorithm === 'vsphere') this.#assumed.push({ slug: 'vsphere' });
    return {
      settings,
      policy,
      memoryGib: ramMib / 1024,
      missing: guest.isRateKnown ? null : 'dirty-rate',
      assumed: this.#assumed,
      version,
      capabilities,
      isOpen: {
        link: bandwidth.isLinkOpen,
        pattern: this.#q.pattern === null,
        cpuNeed: this.#q.guestCpuPercent === null && settings.throttle?.kind === 'auto-converge',
      },
    };
  }

  #algorithm(policy: StackPolicy | null, policyName: PolicyName | null): Algorithm {
    const named = this.#problems.choice('--algorithm', this.#q.algorithm, ALGORITHMS);
    if (policy === null) return named ?? 'qemu';
    if (named !== null && named !== policy.algorithm)
      this.#problems.add(
        'predict-policy-algorithm',
        `--policy ${policyName} is of ${policy.algorithm}, not of ${named}.`,
        {
          found: `--algorithm ${named}`,
          expected: `--algorithm ${policy.algorithm}, or none`,
        },
      );
    return policy.algorithm;
  }

  #capabilities(algorithm: Algorithm, policy: StackPolicy | null, version: Version): ReadonlySet<string> {
    const given = this.#q.capability.flatMap((text) => text.split(',')).filter((name) => name !== '');
    const asked = new Set([...(policy?.defaults.capabilities ?? []), ...given]);
    if (this.#q.postcopyAfter !== null) asked.add('postcopy-ram');
    for (const name of given) {
      const known = knownCapability(name, this.#problems);
      if (known?.isModelled === false) this.#assumed.push({ slug: 'capability-ignored', name });
    }
    if (given.length > 0 && algorithm !== 'qemu')
      this.#problems.add('predict-capability-algorithm', `Capabilities are of QEMU; ${algorithm} has none.`, {
        found: given.join(', '),
      });
    capabilityProblems(asked, version, this.#problems);
    return asked;
  }

  #ram(): number {
    const ram = this.#problems.number('--ram-mib', this.#q.ramMib, { above: 0, most: MAX_MIB });
    if (ram === null && this.#q.ramMib === null)
      this.#problems.add('predict-ram-missing', 'How much memory the VM has is not stated.', {
        expected: '--ram-mib N, a scenario with --migrate VM=HOST, or a reply to query-migrate',
      });
    return ram ?? 1;
  }

  #guest(ramMib: number): { readonly model: MigrationSettings['guest']; readonly isRateKnown: boolean } {
    const most = { least: 0, most: ramMib, mostIs: '--ram-mib' } as const;
    const also = this.#q.alsoWrites.map((text) => this.#alsoWrites(text));
    const alsoMib = also.reduce((sum, one) => sum + (one?.mib ?? 0), 0);
    const nonzero = this.#problems.number('--nonzero-mib', this.#q.nonzeroMib, most);
    const set = this.#problems.number('--working-set-mib', this.#q.workingSetMib, most);
    const rate = this.#problems.number('--dirty-mib-s', this.#q.dirtyMibS, { least: 0, most: MAX_MIB });
    const pattern = this.#problems.choice('--pattern', this.#q.pattern, PATTERNS) ?? 'sequential';
    const nonzeroMib = nonzero ?? ramMib;
    // A guest that writes does not keep its memory at zero.
    const setMib = set ?? (nonzeroMib > alsoMib ? nonzeroMib - alsoMib : Math.max(0, ramMib - alsoMib));
    if (setMib + alsoMib > ramMib && this.#q.ramMib !== null && set !== null)
      this.#problems.add('predict-sets-too-large', 'All written sets together are larger than the memory.', {
        found: `${setMib + alsoMib} MiB`,
        expected: `at most ${ramMib} MiB`,
      });
    if (nonzero === null) this.#assumed.push({ slug: 'nonzero' });
    const rates = this.#rates(rate);
    const isRateKnown = rates.length > 0 || also.length > 0;
    if (isRateKnown && rates.some(({ pagesPerSec }) => pagesPerSec > 0)) {
      if (set === null) this.#assumed.push({ slug: 'working-set', mib: setMib });
      if (this.#q.pattern === null) this.#assumed.push({ slug: 'pattern' });
    }
    const sets: WrittenSet[] = rates.length === 0 ? [] : [{ pages: pages(setMib), pattern, rates }];
    for (const one of also) if (one !== null) sets.push(one.set);
    const written = pages(setMib) * (rates.length === 0 ? 0 : 1) + pages(alsoMib);
    const ramPages = pages(ramMib);
    const vcpus = this.#problems.number('--vcpus', this.#q.vcpus, { above: 0, most: 4096 }) ?? 1;
    const cpu = this.#problems.number('--guest-cpu-percent', this.#q.guestCpuPercent, { above: 0, most: 100 });
    const zeroPages = Math.max(0, Math.min(ramPages - pages(nonzeroMib), ramPages - written));
    return { model: { pages: ramPages, zeroPages, sets, cpuNeed: (cpu ?? 100) / 100, vcpus }, isRateKnown };
  }

  /** The rate from the start on, and those of later phases. */
  #rates(mibPerSec: number | null): WrittenSet['rates'] {
    const rates = mibPerSec === null ? [] : [{ fromMs: 0, pagesPerSec: mibPerSec * PAGES_PER_MIB }];
    for (const text of this.#q.phase) {
      const [from, rate] = this.#problems.pair('--phase', text, 'SECONDS=MIB_S');
      if (from !== null && rate !== null) rates.push({ fromMs: from * 1000, pagesPerSec: rate * PAGES_PER_MIB });
    }
    rates.sort((a, b) => a.fromMs - b.fromMs);
    return rates.length > 0 && rates[0]!.fromMs > 0 ? [{ fromMs: 0, pagesPerSec: 0 }, ...rates] : rates;
  }

  #alsoWrites(text: string): { readonly mib: number; readonly set: WrittenSet } | null {
    const [amounts, named] = text.split(':') as [string, string | undefined];
    const [mib, rate] = this.#problems.pair('--also-writes', amounts, 'MIB=MIB_S[:PATTERN]');
    const pattern = this.#problems.choice('--also-writes', named ?? null, PATTERNS) ?? 'sequential';
    if (mib === null || rate === null) return null;
    return { mib, set: { pages: pages(mib), pattern, rates: [{ fromMs: 0, pagesPerSec: rate * PAGES_PER_MIB }] } };
  }

  #bandwidth(
    algorithm: Algorithm,
    policy: StackPolicy | null,
    parameters: Parameters,
    capabilities: ReadonlySet<string>,
  ): {
    readonly settings: Pick<
      MigrationSettings,
      'linkBandwidth' | 'maxBandwidth' | 'switchoverBandwidth' | 'maxPostcopyBandwidth' | 'channels'
    >;
    readonly isLinkOpen: boolean;
  } {
    const above = { above: 0, most: MAX_MIB } as const;
    const stated = this.#problems.number('--bandwidth-mib-s', this.#q.bandwidthMibS, above);
    const link = this.#problems.number('--link-mib-s', this.#q.linkMibS, above);
    const byPolicy = policy?.defaults.maxBandwidthMibPerSec;
    const isQemu = algorithm === 'qemu' || algorithm === 'offline';
    let most = parameters.maxBandwidthMibPerSec ?? stated ?? byPolicy ?? null;
    if (most === null && isQemu) {
      most = QEMU_MAX_BANDWIDTH_MIB_S;
      if (link === null || link > most) this.#assumed.push({ slug: 'max-bandwidth', mibPerSec: most });
    }
    most ??= Infinity;
    const linkMib =
      link ?? (Number.isFinite(most) ? Math.max(most, isQemu ? ASSUMED_LINK_MIB_S : 0) : ASSUMED_LINK_MIB_S);
    if (link === null && (isQemu || !Number.isFinite(most))) this.#assumed.push({ slug: 'link', mibPerSec: linkMib });
    const channels = parameters.channels ?? (capabilities.has('multifd') ? 2 : null);
    const usesChannels = capabilities.has('multifd') || (algorithm !== 'qemu' && channels !== null);
    if (!usesChannels && Math.min(linkMib, most) > SINGLE_STREAM_MIB_PER_SEC)
      this.#assumed.push({ slug: 'single-stream', mibPerSec: SINGLE_STREAM_MIB_PER_SEC });
    return {
      settings: {
        linkBandwidth: bytesFromMib(linkMib),
        maxBandwidth: bytesFromMib(most),
        switchoverBandwidth:
          parameters.switchoverMibPerSec === null ? null : bytesFromMib(parameters.switchoverMibPerSec),
        maxPostcopyBandwidth: bytesFromMib(parameters.postcopyMibPerSec ?? Infinity),
        channels: usesChannels ? channels : null,
      },
      isLinkOpen: link === null && (isQemu || !Number.isFinite(most)),
    };
  }

  #limits(
    algorithm: Algorithm,
    policy: StackPolicy | null,
    parameters: Parameters,
  ): Pick<MigrationSettings, 'downtimeLimitMs' | 'postcopyAtMs' | 'postcopyAfterPasses' | 'timeoutMs' | 'atTimeout'> {
    const stated = this.#problems.number('--downtime-ms', this.#q.downtimeMs, {
      least: 0,
      most: MAX_DOWNTIME_LIMIT_MS,
    });
    const after = this.#problems.number('--postcopy-after', this.#q.postcopyAfter, { least: 0, most: MAX_MIB });
    if (after !== null && algorithm !== 'qemu')
      this.#problems.add('predict-postcopy-algorithm', `${algorithm} does not switch to post-copy.`, {
        found: `--postcopy-after ${after}`,
      });
    const isWatched = policy !== null && policy.algorithm === 'cloud-hypervisor';
    return {
      downtimeLimitMs: parameters.downtimeMs ?? stated ?? policy?.defaults.downtimeLimitMs ?? QEMU_DOWNTIME_MS,
      postcopyAtMs: after === null ? null : after * 1000,
      postcopyAfterPasses: policy?.defaults.postcopyAfterPasses ?? null,
      timeoutMs: (parameters.timeoutSeconds ?? (isWatched ? CLOUD_HYPERVISOR_TIMEOUT_S : Infinity)) * 1000,
      atTimeout: parameters.atTimeout ?? 'cancel',
    };
  }

  #wire(
    version: Version,
    parameters: Parameters,
    capabilities: ReadonlySet<string>,
    policy: StackPolicy | null,
    ramPages: number,
  ): Pick<MigrationSettings, 'zeroPages' | 'headerBytes' | 'stopsAtThreshold' | 'xbzrle'> {
    const header = this.#problems.number('--header-bytes', this.#q.headerBytes, { least: 0, most: 4096 });
    const delta = this.#problems.number('--delta-bytes', this.#q.deltaBytes, { least: 0, most: 4096 });
    const isOn = capabilities.has('xbzrle');
    if (isOn && delta === null) this.#assumed.push({ slug: 'delta' });
    const share = policy?.defaults.xbzrleCacheShare;
    const cacheMib =
      parameters.xbzrleCacheMib ??
      (share === undefined ? XBZRLE_CACHE_MIB : powerOfTwo(share * (ramPages / PAGES_PER_MIB)));
    // An encoding says where the change is (2 bytes) and how long it is (1).
    const encodedBytes = delta === null ? 4096 : delta === 0 ? 0 : delta + 3;
    return {
      zeroPages: parameters.zeroPages ?? (version.number >= 900 && capabilities.has('multifd') ? 'multifd' : 'legacy'),
      headerBytes: header,
      stopsAtThreshold: version.number >= 1002,
      xbzrle: isOn ? { cachePages: pages(cacheMib), encodedBytes } : null,
    };
  }

  #throttle(
    version: Version,
    parameters: Parameters,
    capabilities: ReadonlySet<string>,
  ): MigrationSettings['throttle'] {
    const kind = capabilities.has('auto-converge')
      ? 'auto-converge'
      : capabilities.has('dirty-limit')
        ? 'dirty-limit'
        : null;
    if (kind === null) return null;
    if (kind === 'auto-converge' && this.#q.guestCpuPercent === null) this.#assumed.push({ slug: 'cpu-need' });
    return throttleRules(kind, version, parameters);
  }
}

const XBZRLE_CACHE_MIB = 64;
const CLOUD_HYPERVISOR_TIMEOUT_S = 3600;

export const throttleRules = (
  kind: 'auto-converge' | 'dirty-limit',
  version: Version,
  { throttle }: Pick<Parameters, 'throttle'>,
): NonNullable<MigrationSettings['throttle']> => ({
  kind,
  triggerPercent: throttle.trigger ?? 50,
  initialPercent: throttle.initial ?? 20,
  incrementPercent: throttle.increment ?? 10,
  maxPercent: throttle.max ?? 99,
  tailslow: throttle.tailslow ?? false,
  timer: kind === 'auto-converge' && version.number >= 902,
  bytesPerSecPerVcpu: bytesFromMib(throttle.vcpuDirtyLimitMib ?? 1),
});

const pages = (mib: number): number => mib * PAGES_PER_MIB;

/** The largest power of two that is not above it, at least 1. */
function powerOfTwo(mib: number): number {
  let power = 1;
  while (power * 2 <= mib) power *= 2;
  return power;
}
