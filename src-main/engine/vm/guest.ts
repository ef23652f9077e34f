/**
 * A VM: the parts of a guest (memory manager, workload, kernel, slab caches, policies of tasks) and what stands between
 * the host's truth H and the guest's T: which guest node stands for which host node, and the layout delivery that is due.
 *
 * - Regeneration (layout-delivery.ts) says when a layout is delivered and what it is; if it differs from the one in force,
 *   it is committed.
 * - Nothing is due at boot: the layout at power-on is what the host gave the guest, right or wrong.
 * - H itself, where its memory is, is the fleet's: ../fleet/backing.ts.
 */
import type { CommitTrace } from '../../../shared/model/commit-trace.ts';
import type { GuestLag } from '../../../shared/model/owed.ts';
import type { WorldEvent } from '../../../shared/model/event.ts';
import type { LayoutProblem } from '../../../shared/model/rejection.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import type {
  BeyondConfig,
  GuestConfig,
  HostConfig,
  LayoutRange,
  RegenerationConfig,
  WorkloadConfig,
} from '../../../shared/model/config.ts';
import { assert, type Json, type Parts, type StateReader, type StateWriter, wholeOf } from '../core/index.ts';
import { type Commit, GuestMm, layoutRanges, type MmViolation } from '../mm/index.ts';
import { ActivePass } from './active-pass.ts';
import { CommitRun } from './commit-run.ts';
import { commitEvents, plugEvents } from './guest-event.ts';
import { GuestKernel } from './guest-kernel.ts';
import { logBoot, logCommit, logPlug } from './kernel-words.ts';
import { type CommitMoment, type KeptLayout, type LayoutOrigin, rangesOf } from './layout-history.ts';
import {
  deliverLayout,
  type HostTruth,
  isDeliveryDue,
  type LayoutDelivery,
  mayDeliver,
  NOT_SEEN,
  sameRanges,
} from './layout-delivery.ts';
import { type BackingChanges, forecastLayout } from './layout-forecast.ts';
import { type OwedRow, owedRows } from './owed.ts';
import { bootNodeMap, deriveLayout, hostTargetLagPages, type NodeMap, remap } from './regeneration.ts';
import { stayingPages, type StayingPages } from './stays.ts';
import { SlabCaches } from './slab.ts';
import { TargetAge } from './target-age.ts';
import { TaskPolicies } from './task-policy.ts';
import { cpusWhereMemoryIs, distancesOfHost, nextTopology, pagesByNode } from './topology.ts';
import { Workload } from './workload.ts';

export class Guest {
  readonly config: GuestConfig;
  readonly memory: GuestMm;
  readonly workload: Workload;
  readonly kernel: GuestKernel;
  #regeneration: RegenerationConfig;
  #delivery: LayoutDelivery;
  readonly #ages: TargetAge;
  readonly #commits: CommitRun;
  readonly #pass: ActivePass;
  readonly slabs: SlabCaches;
  readonly policies: TaskPolicies;
  #beyond: BeyondConfig;
  readonly #hosts: readonly HostConfig[];
  #marksSet = 0;
  #layoutsDelivered = 0;
  /** Cached lag 1; it changes only with the backing, the layout or the settings. Derived, not state. */
  #lagKey = '';
  #lag = { hostTarget: 0, coalesced: 0 };

  private constructor(config: GuestConfig, parts: GuestParts) {
    this.config = config;
    this.memory = parts.memory;
    this.workload = parts.workload;
    this.kernel = parts.kernel;
    this.#regeneration = parts.regeneration;
    this.#ages = parts.ages;
    this.#commits = parts.commits;
    this.#pass = parts.pass;
    this.slabs = parts.slabs;
    this.policies = parts.policies;
    this.workload.slabPages = () => this.slabs.pages;
    this.#beyond = parts.beyond;
    this.#hosts = parts.hosts;
    this.#delivery = { map: parts.map, seenGeneration: parts.seenGeneration, dueTick: parts.dueTick };
    this.#settingsChanged();
    if (this.memory.state.commits > 0) this.#placeCpus();
  }

  /** @param hosts of the world, by index. */
  static create(config: GuestConfig, truth: HostTruth, seed: number, hosts: readonly HostConfig[]): Guest {
    return wholeOf(Guest.createInParts(config, truth, seed, hosts));
  }

  /** @param done is told how much is done, from 0 to 1. */
  static *createInParts(
    config: GuestConfig,
    truth: HostTruth,
    seed: number,
    hosts: readonly HostConfig[],
    done: (part: number) => void = () => undefined,
  ): Parts<Guest> {
    const mm = GuestMm.boot(config.mm);
    const kernel = GuestKernel.boot(config.mm, mm);
    logBoot(kernel.log, config, mm, kernel.layouts.inForce);
    const workload = yield* Workload.createInParts(mm, config.workload, seed, config.name, done);
    return new Guest(config, {
      memory: mm,
      workload,
      pass: new ActivePass(mm, workload),
      slabs: SlabCaches.create(mm, workload.slabShare, seed, config.name),
      policies: new TaskPolicies(mm.state),
      kernel,
      regeneration: config.regeneration,
      ages: new TargetAge(config.mm.nrPages),
      commits: new CommitRun(mm),
      beyond: config.beyond,
      hosts,
      map: bootNodeMap(truth.backing, layoutRanges(mm.layout), config.mm.nrNodeIds),
      seenGeneration: truth.generation,
      dueTick: null,
    });
  }

  get map(): NodeMap {
    return this.#delivery.map;
  }

  get deliveryDue(): boolean {
    return isDeliveryDue(this.#delivery, this.#regeneration);
  }

  /** Whether the host tells it where its memory is. */
  get isTold(): boolean {
    return this.#regeneration.enabled;
  }

  /** New settings; if they are enabled, the host looks at the backing anew, whatever it told before. */
  setRegeneration(regeneration: RegenerationConfig): void {
    this.#regeneration = regeneration;
    this.#delivery = { map: this.#delivery.map, seenGeneration: NOT_SEEN, dueTick: null };
    this.#lagKey = '';
  }

  get beyond(): BeyondConfig {
    return this.#beyond;
  }

  /** From now on. A commit that is under way goes on with the new number of ticks between its steps. */
  setBeyond(beyond: BeyondConfig, tick: number): void {
    this.#beyond = beyond;
    this.#settingsChanged();
    this.#commits.hurry(tick, beyond.commitStepTicks);
  }

  #settingsChanged(): void {
    this.memory.state.beyond.consultTarget = this.#beyond.consultTarget;
    this.memory.state.beyond.lookup = this.#beyond.lookup;
    this.#pass.set(this.#beyond.activePass);
  }

  /** Counters since boot that no other part of a snapshot has. */
  get counters(): Readonly<Record<string, number>> {
    return {
      commitTicks: this.#commits.lastTicks,
      marksSet: this.#marksSet,
      layoutsDelivered: this.#layoutsDelivered,
      remoteAllocs: this.workload.remoteAllocs,
      slabPages: this.slabs.pages,
      slabStranded: this.slabs.owed,
      slabShrunk: this.slabs.shrunk,
      tasksRemapped: this.policies.remapped,
      staleMasks: this.policies.stale(this.memory.state),
    };
  }

  /** The host runs the CPUs where the memory is, whether the guest learns of it or not. */
  #placeCpus(): readonly number[] {
    const { state: mm } = this.memory;
    const pages = pagesByNode(mm, mm.layout);
    const cpuNode = cpusWhereMemoryIs(this.config.mm.cpuNode, pages, this.#delivery.map, this.#hosts);
    this.workload.cpusRunAt(cpuNode);
    return cpuNode;
  }

  /** With the layout that has just been published. */
  #bringTopology(commit: Commit): void {
    const cpuNode = this.#placeCpus();
    if (!this.#beyond.topology) return;
    const { state: mm } = this.memory;
    const before = mm.topology.distances;
    const toldByHost = this.kernel.layouts.inForce.origin === 'host';
    const distances = toldByHost ? distancesOfHost(before, this.#delivery.map, this.#hosts) : before;
    const next = nextTopology(mm.topology, cpuNode, distances);
    if (next === null) return;
    mm.topology = next;
    commit.bringsTopology();
  }

  /** A commit that is under way; null when none is. */
  get committing(): CommitRun['next'] {
    return this.#commits.next;
  }

  /** The last commits, step by step; oldest first. */
  get traces(): readonly CommitTrace[] {
    return this.#commits.traces;
  }

  /** Whether a tick may have events of this guest. False is certain. @param mayMove the backing may change in this tick. */
  mayReachEvent(truth: HostTruth, tick: number, mayMove: boolean): boolean {
    if (this.#commits.isUnderWay) return this.#commits.isDue(tick);
    return mayDeliver(this.#delivery, this.#regeneration, truth, tick, mayMove);
  }

  /** Takes the step of a commit that is due. Before regenerate, so that a layout that waits for it is delivered at once. */
  advanceCommit(tick: number): readonly WorldEvent[] {
    const events: WorldEvent[] = [];
    while (this.#commits.isDue(tick)) events.push(...this.#stepCommit(tick));
    return events;
  }

  /** The part of a tick for which its CPUs run: first what its kernel does by itself, then its tasks. */
  *runInParts(cpuShare: number): Parts<void> {
    if (cpuShare === 0) return;
    this.#pass.step(cpuShare);
    this.slabs.step(cpuShare);
    yield* this.workload.stepInParts(cpuShare);
  }

  /** A new workload from now on, slab caches included. */
  setWorkload(workload: WorkloadConfig | null): void {
    this.workload.change(workload);
    this.slabs.want(this.workload.slabShare);
  }

  /** Notes a change of backing, and delivers the layout that is due; it waits for a commit that is under way. */
  regenerate(truth: HostTruth, tick: number): readonly WorldEvent[] {
    if (this.#commits.isUnderWay) return [];
    const { nrPages, nrNodeIds } = this.config.mm;
    const target = (): readonly LayoutRange[] => layoutRanges(this.memory.layout);
    const { delivery, ranges } = deliverLayout(this.#delivery, this.#regeneration, truth, tick, target, nrPages);
    const remapped = delivery.map !== this.#delivery.map;
    this.#delivery = delivery;
    if (ranges === null) return [];
    this.#lagKey = '';
    if (remapped && this.memory.state.commits > 0) this.#placeCpus();
    if (sameRanges(ranges, target())) return [];
    this.#layoutsDelivered++;
    const vm = this.config.name;
    const delivered: WorldEvent = {
      tick,
      type: 'layoutDelivered',
      vm,
      data: { ranges: ranges.length, sharedHostNodes: delivery.map.shared.map((s) => s.hostNid), nrNodeIds },
    };
    return [delivered, ...this.commit(ranges, tick, 'host').events];
  }

  /** The layout that will be in force when all changes of the backing have been delivered: layout-forecast.ts. */
  forecastLayout(truth: HostTruth, changes: BackingChanges, tick: number): readonly LayoutRange[] | null {
    const { nrPages } = this.config.mm;
    const { framePages } = this.config;
    const inForce = layoutRanges(this.#commits.target ?? this.memory.layout);
    const now = { delivery: this.#delivery, regeneration: this.#regeneration, inForce, nrPages, framePages };
    return forecastLayout(now, truth, changes, tick);
  }

  /** Commits a layout in the guest; refused whole with the problems of its ranges. */
  commit(
    ranges: readonly LayoutRange[],
    tick: number,
    origin: LayoutOrigin = 'command',
  ): { readonly problems: readonly LayoutProblem[]; readonly events: readonly WorldEvent[] } {
    const problems = this.memory.problemsOf(ranges);
    if (problems.length > 0) return { problems, events: [] };
    const layout = this.kernel.layouts.commit(ranges, origin, this.#moment(tick));
    return { problems: [], events: this.#publish(layout, tick) };
  }

  #moment(tick: number): CommitMoment {
    return { nrPages: this.config.mm.nrPages, tick, stats: this.memory.stats() };
  }

  /** Commits what is staged in debugfs, which has a range. */
  commitStaged(tick: number): readonly WorldEvent[] {
    return this.#publish(this.kernel.layouts.commitStaged(this.#moment(tick)), tick);
  }

  /** Pages of a DIMM, which the host backs now, come to exist. Outside a commit. */
  plug(pages: PfnRange, tick: number): readonly WorldEvent[] {
    const result = this.memory.plug(pages);
    this.#lagKey = '';
    logPlug(this.kernel.log, this.memory, pages, result, tick);
    return plugEvents(this.config.name, pages, result, tick);
  }

  #publish(layout: KeptLayout, tick: number): readonly WorldEvent[] {
    const start = this.memory.beginCommit(rangesOf(layout, this.config.mm.nrPages), layout.seq);
    assert(start.ok, 'layout-kept-invalid', { seq: layout.seq });
    this.#commits.begin(start.commit, tick);
    return this.advanceCommit(tick);
  }

  #stepCommit(tick: number): readonly WorldEvent[] {
    const from = this.memory.layout;
    const { done } = this.#commits.step(tick, this.#beyond.commitStepTicks, (step, commit) => {
      if (step === 'mark') this.#marksSet += this.memory.marksInForce();
      if (step !== 'publish') return;
      this.#ages.published(from, this.memory.layout, tick);
      this.#bringTopology(commit);
      if (this.#beyond.notify) this.policies.told(this.memory.state, from, this.memory.layout);
    });
    if (done === null) return [];
    if (this.#beyond.notify) this.slabs.told(this.#beyond.shrinkSlabs);
    logCommit(this.kernel, this.memory, done.result, done.zonelistsRebuilt, tick);
    return commitEvents(this.config.name, done.result, tick);
  }

  /** Both lags, in pages. */
  lag(truth: HostTruth): GuestLag {
    const { state: mm } = this.memory;
    const key = `${truth.generation}/${mm.layout.seq}`;
    if (key !== this.#lagKey) {
      this.#lagKey = key;
      this.#lag = this.#hostLag(truth);
    }
    // By zone: the matrix has nodes² entries and is nearly always empty.
    let owed = 0;
    let pinned = 0;
    for (const pages of mm.zones.strandedOut) owed += pages;
    if (owed > 0) for (const pages of mm.strandedPinned) pinned += pages;
    return { ...this.#lag, targetActual: owed - pinned, pinned };
  }

  /** Pages in use with A != T by owner and age, as of tick. Its cost is that of a picture: see owed.ts. */
  owed(tick: number): readonly OwedRow[] {
    return owedRows(this.memory.state, this.#ages, { file: this.workload.fileBits, slab: this.slabs.bits() }, tick);
  }

  /** What it owes for ever, if nothing but its own workload goes on; null: there is none, or it may yet be given back. */
  stays(truth: HostTruth, tick: number): StayingPages | null {
    if (this.#beyond.activePass !== null) return null;
    return stayingPages(this.memory, this.lag(truth).targetActual, () => this.owed(tick));
  }

  /** Lag 1, and the part of it that a layout derived from the backing of now would leave. */
  #hostLag(truth: HostTruth): { hostTarget: number; coalesced: number } {
    const target = layoutRanges(this.memory.layout);
    const hostTarget = hostTargetLagPages(truth.backing, this.#delivery.map, target);
    if (hostTarget === 0 || !this.#regeneration.enabled || this.deliveryDue) return { hostTarget, coalesced: 0 };
    const map = remap(this.#delivery.map, truth.backing, target, truth.distance);
    const derived = deriveLayout(
      truth.backing,
      map,
      this.#regeneration.granularityPages,
      this.config.mm.nrPages,
      target,
    );
    return { hostTarget, coalesced: Math.min(hostTarget, hostTargetLagPages(truth.backing, map, derived)) };
  }

  /** Every broken law: G1 to G12 of the memory manager, W1 of the workload and the slab caches. */
  check(): readonly MmViolation[] {
    return wholeOf(this.checkInParts());
  }

  /** As check; the guest must not change between two parts. */
  *checkInParts(): Parts<readonly MmViolation[]> {
    const mm = yield* this.memory.checkInParts();
    const workload = yield* this.workload.checkInParts();
    return [...mm, ...[...workload, ...this.slabs.check()].map((text) => ({ law: 'W1', text }))];
  }

  save(w: StateWriter): void {
    w.json('guest', {
      regeneration: savedRegeneration(this.#regeneration),
      map: this.#delivery.map as unknown as Json,
      seenGeneration: this.#delivery.seenGeneration,
      dueTick: this.#delivery.dueTick,
    });
    this.memory.save(w);
    this.kernel.save(w);
    this.workload.save(w);
    this.#ages.save(w);
    this.#commits.save(w);
    this.#pass.save(w);
    this.slabs.save(w);
    this.policies.save(w);
    const { remoteAllocs } = this.workload;
    w.memo('counters', { marksSet: this.#marksSet, layoutsDelivered: this.#layoutsDelivered, remoteAllocs });
    if (this.#beyond !== this.config.beyond) w.json('beyond', this.#beyond as unknown as Json);
  }

  static load(config: GuestConfig, r: StateReader, hosts: readonly HostConfig[]): Guest {
    const { regeneration, ...delivery } = r.json<SavedGuest>('guest');
    const memory = GuestMm.load(config.mm, r);
    const beyond = r.has('beyond') ? r.json<BeyondConfig>('beyond') : config.beyond;
    const workload = Workload.load(memory, r);
    const policies = new TaskPolicies(memory.state);
    policies.load(r);
    const guest = new Guest(config, {
      ...delivery,
      regeneration: loadedRegeneration(regeneration),
      memory,
      workload,
      beyond,
      hosts,
      policies,
      kernel: GuestKernel.load(config.mm, r),
      ages: TargetAge.load(config.mm.nrPages, r),
      commits: CommitRun.load(memory, r),
      pass: ActivePass.load(memory, workload, beyond.activePass, r),
      slabs: SlabCaches.load(memory, r),
    });
    const counters = r.json<Record<'marksSet' | 'layoutsDelivered' | 'remoteAllocs', number>>('counters');
    guest.#marksSet = counters.marksSet;
    guest.#layoutsDelivered = counters.layoutsDelivered;
    workload.remoteAllocs = counters.remoteAllocs;
    return guest;
  }
}

interface GuestParts extends LayoutDelivery {
  readonly memory: GuestMm;
  readonly workload: Workload;
  readonly kernel: GuestKernel;
  readonly ages: TargetAge;
  readonly commits: CommitRun;
  readonly pass: ActivePass;
  readonly slabs: SlabCaches;
  readonly policies: TaskPolicies;
  readonly beyond: BeyondConfig;
  readonly hosts: readonly HostConfig[];
  readonly regeneration: RegenerationConfig;
}

/** Under the names that hashes were first made with. */
type SavedRegeneration = { readonly enabled: boolean; readonly grainPages: number; readonly delayTicks: number };
type SavedGuest = LayoutDelivery & { readonly regeneration: SavedRegeneration };

const savedRegeneration = ({ enabled, granularityPages, delayTicks }: RegenerationConfig): SavedRegeneration => ({
  enabled,
  grainPages: granularityPages,
  delayTicks,
});

const loadedRegeneration = ({ enabled, grainPages, delayTicks }: SavedRegeneration): RegenerationConfig => ({
  enabled,
  granularityPages: grainPages,
  delayTicks,
});
