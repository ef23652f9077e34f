/**
 * A VM: its memory manager, its workload, and what its host tells it. The host's truth H lives in host/; this file holds
 * what stands between H and the guest's T: which guest node stands for which host node, and the delivery that is due.
 *
 * Regeneration (layout-delivery.ts) says when a layout is delivered and what it is; if it differs from the one in force, it is
 * committed. Nothing is due at boot: the layout at power-on is what the host gave the guest, right or wrong.
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
import type { Backing, Fleet, HostNodeRef } from '../fleet/index.ts';
import {
  type Commit,
  type CommitResult,
  GuestMm,
  layoutRanges,
  type MmViolation,
  type PlugResult,
  ZONE_NAMES,
} from '../mm/index.ts';
import { ActivePass } from './active-pass.ts';
import { CommitRun } from './commit-run.ts';
import { GuestKernel } from './guest-kernel.ts';
import { logBoot, logCommit, logPlug } from './kernel-words.ts';
import { type CommitMoment, type KeptLayout, type LayoutOrigin, rangesOf } from './layout-history.ts';
import {
  type HostTruth,
  isDeliveryDue,
  NOT_SEEN,
  sameRanges,
  deliverLayout,
  type LayoutDelivery,
  mayDeliver,
} from './layout-delivery.ts';
import { type OwedRow, owedRows } from './owed.ts';
import { bootNodeMap, deriveLayout, hostTargetLagPages, type NodeMap, remap } from './regeneration.ts';
import { SlabCaches } from './slab.ts';
import { TargetAge } from './target-age.ts';
import { TaskPolicies } from './task-policy.ts';
import { cpusWhereMemoryIs, distancesOfHost, nextTopology, pagesByNode } from './topology.ts';
import { Workload } from './workload.ts';

/** The truth about one guest's memory, as its host has it now. */
export function truthOf(fleet: Fleet, guest: number): HostTruth {
  const { backing, generation } = fleet.guest(guest);
  return { backing, generation, distance: (from, to) => fleet.distance(from, to) };
}

/** How the backing of a guest would change: in `ticks` ticks, one after the other, from tick `from` on. */
export interface BackingChanges {
  readonly from: number;
  readonly ticks: number;
  /** The backing after the host's step of a tick; asked for in ascending order. */
  readonly at: (tick: number) => Backing;
  /** Host nodes that may ever back a page of it. */
  readonly hostNodes: Iterable<HostNodeRef>;
}

/** Extents that a forecast may walk for layouts delivered along the way. */
const MAX_EXTENTS_WALKED = 2 ** 19;

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
    const mm = GuestMm.boot(config.mm);
    const kernel = GuestKernel.boot(config.mm, mm);
    logBoot(kernel.log, config, mm, kernel.layouts.inForce);
    const workload = Workload.create(mm, config.workload, seed, config.name);
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
  run(cpuShare: number): void {
    if (cpuShare === 0) return;
    this.#pass.step(cpuShare);
    this.slabs.step(cpuShare);
    this.workload.step(cpuShare);
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
    const vm = this.config.name;
    const delivered: WorldEvent = {
      tick,
      type: 'layoutDelivered',
      vm,
      data: { ranges: ranges.length, sharedHostNodes: delivery.map.shared.map((s) => s.hostNid), nrNodeIds },
    };
    return [delivered, ...this.commit(ranges, tick, 'host').events];
  }

  /**
   * The layout that will be in force when all changes have been told and no one else commits one; null when the guest is
   * not told. Nothing changes.
   *
   * Layouts delivered along the way are derived too, since numbers given to host nodes and ties in coarse windows depend
   * on them: all of them, while that walks at most MAX_EXTENTS_WALKED extents; then only the last.
   */
  forecastLayout(truth: HostTruth, changes: BackingChanges, tick: number): readonly LayoutRange[] | null {
    const regeneration = this.#regeneration;
    if (!regeneration.enabled) return null;
    const { nrPages } = this.config.mm;
    const last = changes.from + changes.ticks - 1;
    const truthAt = (at: number): HostTruth => {
      const changed = Math.min(changes.ticks, Math.max(0, at - changes.from + 1));
      return { backing: changes.at(at), generation: truth.generation + changed, distance: truth.distance };
    };
    let delivery = this.#delivery;
    let target: readonly LayoutRange[] = layoutRanges(this.#commits.target ?? this.memory.layout);
    let walked = 0;
    for (let at = tick; ;) {
      if (at < last && (walked > MAX_EXTENTS_WALKED || this.#isPathless(delivery.map, changes))) at = last;
      const now = truthAt(at);
      const told = deliverLayout(delivery, regeneration, now, at, () => target, nrPages);
      delivery = told.delivery;
      if (told.ranges !== null) {
        target = told.ranges;
        walked += now.backing.extents.length;
      }
      if (delivery.dueTick !== null) at = delivery.dueTick;
      else if (changes.ticks === 0 || at >= last) return target;
      else at = Math.max(at + 1, changes.from);
    }
  }

  /** Whether the layout of the end is the same whichever were told before: no numbers to give, no ties in a window. */
  #isPathless(map: NodeMap, changes: BackingChanges): boolean {
    const { framePages } = this.config;
    if (this.#regeneration.granularityPages > framePages) return false;
    for (const { host, hostNid } of changes.hostNodes) {
      if (!map.nodes.some((ref) => ref?.host === host && ref.hostNid === hostNid)) return false;
    }
    return true;
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

  /** Every broken law: G1 to G12 of the memory manager, W1 of the workload. */
  check(): readonly MmViolation[] {
    return wholeOf(this.checkInParts());
  }

  /** As check; the guest must not change between two parts. */
  *checkInParts(): Parts<readonly MmViolation[]> {
    const mm = yield* this.memory.checkInParts();
    const workload = yield* this.workload.checkInParts();
    return [...mm, ...[...workload, ...this.slabs.check()].map((text) => ({ law: 'W1', text }))];
  }

  save(w: StateWriter, prefix: string): void {
    w.json(`${prefix}.guest`, {
      regeneration: savedRegeneration(this.#regeneration),
      map: this.#delivery.map as unknown as Json,
      seenGeneration: this.#delivery.seenGeneration,
      dueTick: this.#delivery.dueTick,
    });
    this.memory.save(w, prefix);
    this.kernel.save(w, prefix);
    this.workload.save(w, prefix);
    this.#ages.save(w, prefix);
    this.#commits.save(w, prefix);
    this.#pass.save(w, prefix);
    this.slabs.save(w, prefix);
    this.policies.save(w, prefix);
    w.memo(`${prefix}.counters`, { marksSet: this.#marksSet, remoteAllocs: this.workload.remoteAllocs });
    if (this.#beyond !== this.config.beyond) w.json(`${prefix}.beyond`, this.#beyond as unknown as Json);
  }

  static load(config: GuestConfig, r: StateReader, prefix: string, hosts: readonly HostConfig[]): Guest {
    const mm = GuestMm.load(config.mm, r, prefix);
    const saved = r.json<
      Omit<
        GuestParts,
        | 'memory'
        | 'workload'
        | 'kernel'
        | 'ages'
        | 'commits'
        | 'beyond'
        | 'hosts'
        | 'pass'
        | 'slabs'
        | 'policies'
        | 'regeneration'
      >
    >(`${prefix}.guest`);
    const kernel = GuestKernel.load(config.mm, r, prefix);
    const ages = TargetAge.load(config.mm.nrPages, r, prefix);
    const commits = CommitRun.load(mm, r, prefix);
    const beyond = r.has(`${prefix}.beyond`) ? r.json<BeyondConfig>(`${prefix}.beyond`) : config.beyond;
    const workload = Workload.load(mm, r, prefix);
    const pass = ActivePass.load(mm, workload, beyond.activePass, r, prefix);
    const slabs = SlabCaches.load(mm, r, prefix);
    const policies = new TaskPolicies(mm.state);
    policies.load(r, prefix);
    const { enabled, grainPages, delayTicks } = r.json<{ regeneration: SavedRegeneration }>(
      `${prefix}.guest`,
    ).regeneration;
    const regeneration = { enabled, granularityPages: grainPages, delayTicks };
    const own = { memory: mm, kernel, ages, commits, beyond, hosts, workload, pass, slabs, policies };
    const parts = { ...saved, regeneration, ...own };
    const guest = new Guest(config, parts);
    const counters = r.json<{ marksSet: number; remoteAllocs: number }>(`${prefix}.counters`);
    guest.#marksSet = counters.marksSet;
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

const savedRegeneration = (r: RegenerationConfig): SavedRegeneration => ({
  enabled: r.enabled,
  grainPages: r.granularityPages,
  delayTicks: r.delayTicks,
});

/** Nodes that come online, zones that get their first pages. */
function populatedEvents(
  vm: string,
  { nodesOnlined, zonesPopulated }: Pick<CommitResult, 'nodesOnlined' | 'zonesPopulated'>,
  tick: number,
): WorldEvent[] {
  const events: WorldEvent[] = nodesOnlined.map((nid) => ({
    tick,
    type: 'nodeOnline',
    vm,
    data: { nid },
  }));
  for (const { nid, zone: zoneType } of zonesPopulated) {
    events.push({ tick, type: 'zoneCreated', vm, data: { nid, zone: ZONE_NAMES[zoneType]! } });
  }
  return events;
}

function plugEvents(vm: string, { start, end }: PfnRange, result: PlugResult, tick: number): WorldEvent[] {
  const nodes = [...new Set(result.blocks.map(({ nid }) => nid))].sort((a, b) => a - b);
  const plugged: WorldEvent = { tick, type: 'memoryPlugged', vm, data: { start, pages: end - start, nodes } };
  return [plugged, ...populatedEvents(vm, result, tick)];
}

function commitEvents(vm: string, result: CommitResult, tick: number): WorldEvent[] {
  const events = populatedEvents(vm, result, tick);
  const { seq, deltaPages, movedSweep, movedDrain, strandedPages } = result;
  events.push({
    tick,
    type: 'layoutCommitted',
    vm,
    data: { seq, deltaPages, movedSweepPages: movedSweep, movedDrainPages: movedDrain, strandedPages },
  });
  return events;
}
