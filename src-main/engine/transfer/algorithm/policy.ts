/**
 * What the stacks above a hypervisor do to a migration that does not end by itself: ladders of downtime limits,
 * deadlines, post-copy, a pause, or giving up. Each by its own source, with its version; a policy only sees what its
 * stack sees (Progress), when it looks.
 */
import type { Intervention, Progress } from './migration-run.ts';

/** Watches one migration. */
export interface Watcher {
  /** When it looks next; it also looks at each new pass when `atPasses`. */
  readonly nextMs: number;
  readonly atPasses: boolean;
  look(progress: Progress): readonly Intervention[];
  /** Nothing that it may still do depends on time alone. */
  readonly isSettled: boolean;
}

export interface StackDefaults {
  readonly downtimeLimitMs?: number;
  /** MiB a second; Infinity: no limit. */
  readonly maxBandwidthMibPerSec?: number;
  readonly capabilities?: readonly string[];
  /** Of RAM, for the cache of XBZRLE. */
  readonly xbzrleCacheShare?: number;
  readonly postcopyAfterPasses?: number;
}

export interface StackPolicy {
  readonly algorithm: 'qemu' | 'cloud-hypervisor' | 'cloud-hypervisor-5' | 'xen-modern' | 'vsphere';
  readonly defaults: StackDefaults;
  /** Null: it only sets parameters. */
  readonly watch: ((memoryGib: number) => Watcher) | null;
}

const set = (ms: number): Intervention => ({ do: 'downtime-limit', ms });
const postcopy: Intervention = { do: 'postcopy' };
const pause: Intervention = { do: 'pause' };
const abort = (why: string): Intervention => ({ do: 'abort', why });

/** What a deadline brings. */
type AtDeadline = 'abort' | 'postcopy' | 'pause';

// Proxmox VE (PVE/QemuMigrate.pm)

const PROXMOX_POLL_MS = 1000;
const PROXMOX_POLL_NEAR_END_MS = 100;
const PROXMOX_COUNTS = 6;
/** What QEMU takes at most. */
export const MAX_DOWNTIME_LIMIT_MS = 2_000_000;

/** Every sixth poll with more left than at the poll before, or nothing, doubles the limit. It never gives up. */
class Proxmox implements Watcher {
  readonly atPasses = false;
  nextMs = PROXMOX_POLL_MS;
  #limitMs = 100;
  #last: number | null = null;
  #count = 0;

  get isSettled(): boolean {
    return this.#limitMs >= MAX_DOWNTIME_LIMIT_MS;
  }

  look({ nowMs, remainingBytes, bytesPerSec }: Progress): readonly Intervention[] {
    const isNearEnd = bytesPerSec > 0 && remainingBytes < bytesPerSec;
    this.nextMs = nowMs + (isNearEnd ? PROXMOX_POLL_NEAR_END_MS : PROXMOX_POLL_MS);
    const counts = remainingBytes === 0 || (this.#last !== null && remainingBytes > this.#last);
    this.#last = remainingBytes;
    if (!counts || this.isSettled || ++this.#count < PROXMOX_COUNTS) return [];
    this.#count = 0;
    this.#limitMs = Math.min(MAX_DOWNTIME_LIMIT_MS, 2 * this.#limitMs);
    return [set(this.#limitMs)];
  }
}

// oVirt (ovirt-engine's migration policies, carried out by vdsm)

interface OvirtStep {
  /** The iteration must be above it. */
  readonly above: number;
  readonly act: Intervention;
}

const OVIRT_POLL_MS = 10_000;

/** Looks every 10 s; where the iteration has grown, the head of the list may act, one at a time. */
class Ovirt implements Watcher {
  readonly atPasses = false;
  nextMs = OVIRT_POLL_MS;
  #iteration = 0;
  readonly #steps: OvirtStep[];

  constructor(steps: readonly OvirtStep[]) {
    this.#steps = [...steps];
  }

  get isSettled(): boolean {
    return this.#steps.length === 0;
  }

  look({ nowMs, syncs }: Progress): readonly Intervention[] {
    this.nextMs = nowMs + OVIRT_POLL_MS;
    if (syncs <= this.#iteration) return [];
    this.#iteration = syncs;
    const [head] = this.#steps;
    if (head === undefined || syncs <= head.above) return [];
    this.#steps.shift();
    return [head.act];
  }
}

const ovirtSteps = (limitsMs: readonly (readonly [above: number, ms: number])[], last: readonly Intervention[]) =>
  [...limitsMs.map(([above, ms]) => ({ above, act: set(ms) })), ...last.map((act) => ({ above: -1, act }))] as const;

const OVIRT_MINIMAL = [
  [1, 150],
  [2, 200],
  [3, 300],
  [4, 400],
  [6, 500],
] as const;
const OVIRT_VERY_LARGE = [
  [1, 400],
  [2, 500],
  [3, 700],
  [4, 1000],
  [6, 1500],
] as const;
const noProgress = abort('the list of the policy is at its end');

// Limits that rise with time: Nova, vdsm before policies

class Ladder implements Watcher {
  readonly atPasses = true;
  readonly #steps: readonly { readonly atMs: number; readonly act: Intervention }[];
  readonly #maxSyncs: number;
  #next = 0;

  constructor(steps: readonly { readonly atMs: number; readonly act: Intervention }[], maxSyncs = Infinity) {
    this.#steps = steps;
    this.#maxSyncs = maxSyncs;
  }

  get nextMs(): number {
    return this.#steps[this.#next]?.atMs ?? Infinity;
  }

  get isSettled(): boolean {
    return this.#next >= this.#steps.length && this.#maxSyncs === Infinity;
  }

  look({ nowMs, syncs }: Progress): readonly Intervention[] {
    if (syncs > this.#maxSyncs) return [abort('too many iterations')];
    const due: Intervention[] = [];
    while (this.nextMs <= nowMs) due.push(this.#steps[this.#next++]!.act);
    return due;
  }
}

const NOVA_STEPS = 10;
const NOVA_DOWNTIME_MS = 500;
const NOVA_STEP_S_PER_GIB = 75;
const NOVA_TIMEOUT_S_PER_GIB = 800;
const LEAST_GIB = 2;

function nova(memoryGib: number, end: AtDeadline): Watcher {
  const gib = Math.max(LEAST_GIB, memoryGib);
  const base = NOVA_DOWNTIME_MS / NOVA_STEPS;
  const rise = (NOVA_DOWNTIME_MS - base) / NOVA_STEPS;
  const stepMs = NOVA_STEP_S_PER_GIB * gib * 1000;
  const steps = Array.from({ length: NOVA_STEPS }, (_, i) => ({
    atMs: stepMs * (i + 1),
    act: set(Math.trunc(base + rise * (i + 1))),
  }));
  const act = end === 'abort' ? abort('the completion timeout has passed') : end === 'pause' ? pause : postcopy;
  return new Ladder([...steps, { atMs: NOVA_TIMEOUT_S_PER_GIB * gib * 1000, act }]);
}

/** int(500 / 5 + 400^(i / 4)). */
const VDSM_LIMITS_MS = [101, 104, 120, 189, 500];
const VDSM_STEP_S_PER_GIB = 75;
const VDSM_MAX_ITERATIONS = 42;

function vdsmLegacy(memoryGib: number): Watcher {
  const waitMs = (VDSM_STEP_S_PER_GIB * Math.max(LEAST_GIB, memoryGib) * 1000) / VDSM_LIMITS_MS.length;
  const steps = VDSM_LIMITS_MS.map((ms, i) => ({ atMs: waitMs * i, act: set(ms) }));
  return new Ladder(steps, VDSM_MAX_ITERATIONS);
}

// KubeVirt (virt-launcher's live-migration-source.go)

const KUBEVIRT_POLL_MS = 400;
/** Of a guest whose deadline is days away the model looks less often, so that an answer takes seconds. */
const MOST_POLLS = 60_000;
const LONGEST_POLL_MS = 50_000;
const KUBEVIRT_PROGRESS_MS = 150_000;

interface KubevirtRules {
  readonly secondsPerGib: number;
  readonly atDeadline: AtDeadline;
  /** From iteration 3 on, every 10 s: from 150 ms in seven steps to this limit; null: off. */
  readonly tunesDowntimeToMs: number | null;
}

const TUNING_FROM_MS = 150;
const TUNING_FROM_ITERATION = 3;
const TUNING_EVERY_MS = 10_000;
const TUNING_STEPS = 7;

class Kubevirt implements Watcher {
  readonly atPasses = false;
  nextMs = KUBEVIRT_POLL_MS;
  isSettled = false;
  readonly #rules: KubevirtRules;
  #deadlineMs: number;
  #isPaused = false;
  #isPostcopy = false;
  #last = Infinity;
  #progressMs = 0;
  #limitMs = TUNING_FROM_MS;
  #tunedMs = -Infinity;

  constructor(rules: KubevirtRules, memoryGib: number) {
    this.#rules = rules;
    this.#deadlineMs = rules.secondsPerGib * memoryGib * 1000;
  }

  look(progress: Progress): readonly Intervention[] {
    const { nowMs, remainingBytes } = progress;
    this.nextMs = nowMs + Math.max(KUBEVIRT_POLL_MS, Math.min(LONGEST_POLL_MS, this.#deadlineMs / MOST_POLLS));
    if (this.#isPostcopy) return [];
    if (remainingBytes < this.#last) this.#progressMs = nowMs;
    this.#last = remainingBytes;
    if (nowMs - this.#progressMs > KUBEVIRT_PROGRESS_MS) return [abort('nothing has progressed for 150 s')];
    if (nowMs > this.#deadlineMs) return this.#late();
    return this.#tune(progress);
  }

  #late(): readonly Intervention[] {
    const { atDeadline } = this.#rules;
    if (atDeadline === 'abort' || this.#isPaused) return [abort('the completion deadline has passed')];
    if (atDeadline === 'postcopy') {
      this.#isPostcopy = true;
      return [postcopy];
    }
    this.#isPaused = true;
    this.#deadlineMs *= 2;
    return [pause];
  }

  #tune({ nowMs, syncs }: Progress): readonly Intervention[] {
    const most = this.#rules.tunesDowntimeToMs;
    if (most === null || syncs < TUNING_FROM_ITERATION || nowMs < this.#tunedMs + TUNING_EVERY_MS) return [];
    if (this.#limitMs >= most) return [];
    if (this.#tunedMs > -Infinity)
      this.#limitMs = Math.min(most, this.#limitMs + (most - TUNING_FROM_MS) / TUNING_STEPS);
    this.#tunedMs = nowMs;
    return [set(Math.trunc(this.#limitMs))];
  }
}

// KubeVirt's stall detector (alpha, 1.9)

const STALL = {
  windowMs: 40_000,
  improvement: 0.96,
  nearBest: 1.04,
  ewma: 0.4,
  maxDowntimeMs: 900,
  startDowntimeMs: 300,
  stretch: 1.5,
  switchMs: 60_000,
  leastRelaxMs: 1000,
} as const;

class StallDetector implements Watcher {
  readonly atPasses = true;
  isSettled = false;
  readonly #atStall: AtDeadline;
  readonly #deadlineMs: number;
  readonly #seen: { readonly ms: number; readonly bytes: number }[] = [];
  #syncs = 0;
  #bandwidth = 0;
  #stalledMs: number | null = null;
  #relaxedMs = 0;
  #relaxEveryMs: number = STALL.windowMs;
  #best = Infinity;
  #actedMs: number | null = null;

  constructor(atStall: AtDeadline, memoryGib: number) {
    this.#atStall = atStall;
    this.#deadlineMs = 2 * 150 * memoryGib * 1000;
  }

  get nextMs(): number {
    return this.#actedMs === null ? this.#deadlineMs : this.#actedMs + STALL.switchMs;
  }

  look(progress: Progress): readonly Intervention[] {
    const { nowMs, syncs, bytesPerSec } = progress;
    if (this.#actedMs !== null)
      return nowMs >= this.#actedMs + STALL.switchMs ? [abort('it did not switch within 60 s')] : [];
    if (nowMs >= this.#deadlineMs) return [abort('the completion deadline has passed')];
    if (syncs === this.#syncs) return [];
    this.#syncs = syncs;
    this.#bandwidth =
      this.#bandwidth === 0 ? bytesPerSec : STALL.ewma * bytesPerSec + (1 - STALL.ewma) * this.#bandwidth;
    const bytes = progress.dirtyBytesAtSync;
    const old = this.#seen.filter(({ ms }) => ms <= nowMs - STALL.windowMs).map((one) => one.bytes);
    this.#seen.push({ ms: nowMs, bytes });
    const isStalled = old.length > 0 && bytes >= STALL.improvement * Math.min(...old);
    if (isStalled && this.#stalledMs === null) {
      this.#stalledMs = nowMs;
      this.#relaxedMs = nowMs;
      this.#best = Math.min(...this.#seen.map((one) => one.bytes));
    }
    if (this.#stalledMs === null) return [];
    this.#relax(nowMs);
    return bytes <= STALL.nearBest * this.#best ? this.#act(bytes, nowMs) : [];
  }

  /** What it waits for becomes more, ever sooner. */
  #relax(nowMs: number): void {
    while (nowMs - this.#relaxedMs >= this.#relaxEveryMs) {
      this.#relaxedMs += this.#relaxEveryMs;
      this.#relaxEveryMs = Math.max(STALL.leastRelaxMs, this.#relaxEveryMs / 2);
      const larger = this.#seen.map((one) => one.bytes).filter((bytes) => bytes > this.#best);
      if (larger.length > 0) this.#best = Math.min(...larger);
    }
  }

  #act(bytes: number, nowMs: number): readonly Intervention[] {
    this.#actedMs = nowMs;
    if (this.#atStall === 'postcopy') return [postcopy];
    if (this.#atStall === 'pause') return [set(MAX_DOWNTIME_LIMIT_MS)];
    const expectedMs = (bytes / this.#bandwidth) * 1000;
    if (expectedMs <= STALL.stretch * STALL.maxDowntimeMs) return [set(STALL.maxDowntimeMs)];
    return [abort('it has stalled')];
  }
}

// The table

const UNLIMITED: StackDefaults = { maxBandwidthMibPerSec: Infinity };
const OVIRT: StackDefaults = { ...UNLIMITED, downtimeLimitMs: 100, capabilities: ['auto-converge'] };

const kubevirt =
  (rules: Partial<KubevirtRules>) =>
  (gib: number): Watcher =>
    new Kubevirt({ secondsPerGib: 150, atDeadline: 'abort', tunesDowntimeToMs: null, ...rules }, gib);

const qemu = (defaults: StackDefaults, watch: StackPolicy['watch'] = null): StackPolicy => ({
  algorithm: 'qemu',
  defaults,
  watch,
});

const policies = {
  /** Alone: 300 ms, 128 MiB/s, for ever. */
  qemu: qemu({}),
  /** 11.3: no limit of bandwidth, 300 ms, no timeout. */
  libvirt: qemu(UNLIMITED),
  /** virsh migrate --postcopy --postcopy-after-precopy. */
  'libvirt-postcopy': qemu({ ...UNLIMITED, capabilities: ['postcopy-ram'], postcopyAfterPasses: 1 }),
  /** qemu-server 9.2. */
  proxmox: qemu(
    {
      downtimeLimitMs: 100,
      maxBandwidthMibPerSec: 16_384,
      capabilities: ['auto-converge', 'xbzrle'],
      xbzrleCacheShare: 0.1,
    },
    () => new Proxmox(),
  ),
  'ovirt-minimal-downtime': qemu(OVIRT, () => new Ovirt(ovirtSteps(OVIRT_MINIMAL, [noProgress]))),
  'ovirt-suspend-workload': qemu(OVIRT, () => new Ovirt(ovirtSteps(OVIRT_MINIMAL, [set(5000), noProgress]))),
  'ovirt-postcopy': qemu(
    { ...OVIRT, capabilities: ['auto-converge', 'postcopy-ram'] },
    () =>
      new Ovirt(
        ovirtSteps(
          [
            [1, 150],
            [2, 200],
          ],
          [postcopy, noProgress],
        ),
      ),
  ),
  /** 4.8. */
  'ovirt-very-large': qemu(
    { ...OVIRT, downtimeLimitMs: 300 },
    () => new Ovirt(ovirtSteps(OVIRT_VERY_LARGE, [set(5000), noProgress])),
  ),
  /** Before migration policies. */
  'vdsm-legacy': qemu({ maxBandwidthMibPerSec: 52, downtimeLimitMs: VDSM_LIMITS_MS[0]! }, vdsmLegacy),
  nova: qemu({ ...UNLIMITED, downtimeLimitMs: 50 }, (gib) => nova(gib, 'abort')),
  'nova-force-complete': qemu({ ...UNLIMITED, downtimeLimitMs: 50 }, (gib) => nova(gib, 'pause')),
  'nova-postcopy': qemu({ ...UNLIMITED, downtimeLimitMs: 50, capabilities: ['postcopy-ram'] }, (gib) =>
    nova(gib, 'postcopy'),
  ),
  /** From 1.4 on. */
  kubevirt: qemu(UNLIMITED, kubevirt({})),
  'kubevirt-postcopy': qemu({ ...UNLIMITED, capabilities: ['postcopy-ram'] }, kubevirt({ atDeadline: 'postcopy' })),
  /** allowWorkloadDisruption. */
  'kubevirt-pause': qemu(UNLIMITED, kubevirt({ atDeadline: 'pause' })),
  /** Before July 2021: 64 MiB/s, 800 s a GiB. */
  'kubevirt-old': qemu({ maxBandwidthMibPerSec: 64 }, kubevirt({ secondsPerGib: 800 })),
  /** maxDowntimeMs 900. */
  'kubevirt-downtime-tuning': qemu(UNLIMITED, kubevirt({ tunesDowntimeToMs: 900 })),
  /** 1.9, alpha. */
  'kubevirt-stall-detector': qemu(
    { ...UNLIMITED, downtimeLimitMs: STALL.startDowntimeMs },
    (gib) => new StallDetector('abort', gib),
  ),
  'kubevirt-stall-detector-postcopy': qemu(
    { ...UNLIMITED, downtimeLimitMs: STALL.startDowntimeMs, capabilities: ['postcopy-ram'] },
    (gib) => new StallDetector('postcopy', gib),
  ),
  'kubevirt-stall-detector-pause': qemu(
    { ...UNLIMITED, downtimeLimitMs: STALL.startDowntimeMs },
    (gib) => new StallDetector('pause', gib),
  ),
  /** From 52 on: 300 ms, given up after 3,600 s. */
  'cloud-hypervisor': { algorithm: 'cloud-hypervisor', defaults: { downtimeLimitMs: 300 }, watch: null },
  /** Before 52: 5 iterations, whatever is dirty. */
  'cloud-hypervisor-51': { algorithm: 'cloud-hypervisor-5', defaults: {}, watch: null },
  xen: { algorithm: 'xen-modern', defaults: {}, watch: null },
  vsphere: { algorithm: 'vsphere', defaults: { downtimeLimitMs: 500 }, watch: null },
} as const satisfies Readonly<Record<string, StackPolicy>>;

export type PolicyName = keyof typeof policies;
export const POLICY_NAMES = Object.keys(policies) as readonly PolicyName[];
export const policyOf = (name: PolicyName): StackPolicy => policies[name];
