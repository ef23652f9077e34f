/**
 * The host side of a world: hosts, backings, and everything that moves them. A tick first moves the frames of all
 * running compactions in guest order, then sends on every link; within a tick a link's migrations run in continuous
 * time. Events are collected in that order and taken by the world with takeEvents.
 *
 * A command takes effect whole or is refused with a reason and changes nothing. Law H1 (check.ts) holds after every
 * call. Deriving memlayouts is regeneration.ts; when a guest is told is the world's business.
 */
import type { CompactionRow, MigrationRow } from '../../../shared/model/transfer.ts';
import type { HostHeader, Table } from '../../../shared/columns/index.ts';
import type { Violation, WorldEvent, WorldEventData, WorldEventType } from '../../../shared/model/event.ts';
import type { Rejection } from '../../../shared/model/rejection.ts';
import type { StateReader, StateWriter } from '../core/index.ts';
import { assert } from '../core/index.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { Backing, ExtentRun, framesByNode } from './backing.ts';
import { checkHosts } from './check.ts';
import type { Compaction } from './compaction.ts';
import { moveFrames, startCompaction } from './compaction.ts';
import { dealFrames, inOrder } from './deal.ts';
import type { CompactionForecast, MigrationForecast } from './forecast.ts';
import { forecastCompaction, forecastMigration } from './forecast.ts';
import { guestMemory, sizeOf } from './guest-memory.ts';
import { Host } from './host.ts';
import { loadHosts, saveHosts } from './host-save.ts';
import type { GuestBacking, HostState } from './host-state.ts';
import { backingTable, hostHeaders, hostNodesTable } from './host-table.ts';
import { shareBytesPerSec } from './link.ts';
import type { Migration } from './migration.ts';
import { migrationRow, underWay } from './migration.ts';
import type { PlacementProblem } from '../../../shared/model/placement.ts';
import { placeGuest } from './placement.ts';
import type { MigrateOptions, Planned } from './plan.ts';
import { planCompaction, planMigration } from './plan.ts';
import { advance, currentRound, roundLeftMs, sentBytes, startPrecopy, workingSetDirt } from './precopy.ts';

export class HostSide {
  readonly #state: HostState;
  #events: WorldEvent[] = [];

  private constructor(state: HostState) {
    this.#state = state;
  }

  /** Places all guests in order. Null when one does not fit; then all problems of all guests are told. */
  static create(config: WorldConfig): { hostSide: HostSide | null; problems: readonly PlacementProblem[] } {
    const hosts = config.hosts.map((h, i) => new Host(h, i));
    const problems: PlacementProblem[] = [];
    const guests = config.guests.map((guest): GuestBacking => {
      const host = hosts.find((h) => h.name === guest.host);
      assert(host !== undefined, 'guest-host-unknown', { guest: guest.name, host: guest.host });
      const memory = guestMemory(guest);
      const placed = placeGuest(host, guest, memory, config.seed);
      problems.push(...placed.problems);
      return { name: guest.name, memory, plugged: [], backing: placed.backing, generation: 0 };
    });
    const state: HostState = { config, hosts, guests, compactions: [], migrations: [] };
    return { hostSide: problems.length === 0 ? new HostSide(state) : null, problems };
  }

  /** Events since the last call. */
  takeEvents(): WorldEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  host(index: number): Host {
    return this.#state.hosts[index]!;
  }

  hostOf(guest: number): number {
    return this.backing(guest).host;
  }

  backing(guest: number): Backing {
    return this.#guest(guest).backing;
  }

  /** Grows whenever the primary backing changed. */
  backingGeneration(guest: number): number {
    return this.#guest(guest).generation;
  }

  /** Changes whenever a second copy comes or goes: migrations begun, and of those ended. */
  copyGeneration(): string {
    const { migrations } = this.#state;
    return `${migrations.length}.${migrations.filter((m) => m.copy === null).length}`;
  }

  /** SLIT distance between two nodes of a host, by its index. */
  distance(host: number, from: number, to: number): number {
    return this.#state.hosts[host]!.distance(from, to);
  }

  busy(): boolean {
    return this.#state.guests.some((_, g) => this.busyGuest(g));
  }

  busyGuest(guest: number): boolean {
    return this.#runningCompaction(guest) !== undefined || this.#runningMigration(guest) !== undefined;
  }

  /**
   * Starts gathering a guest on `nodes`, filled in that order (null: the best set by node-choice.ts, ascending). Moves
   * begin with the next step.
   */
  compact(guest: number, nodes: readonly number[] | null, framesPerTick: number, tick: number): Rejection | null {
    const { plan, rejection } = planCompaction(this.#state, guest, nodes, framesPerTick);
    if (plan === null) return rejection;
    const compaction = startCompaction(guest, this.backing(guest), plan.nodes, framesPerTick, tick);
    this.#state.compactions.push(compaction);
    const { leftPages } = compaction;
    this.#event(tick, 'compactionStarted', guest, { ...this.#placeOf(compaction), leftPages, framesPerTick });
    return null;
  }

  /** What has been moved stays where it is. */
  cancelCompaction(guest: number, tick: number): Rejection | null {
    const rejection = this.whyNotCancelCompaction(guest);
    if (rejection === null) this.#endCompaction(this.#runningCompaction(guest)!, 'cancelled', tick);
    return rejection;
  }

  whyNotCancelCompaction(guest: number): Rejection | null {
    if (this.#runningCompaction(guest) !== undefined) return null;
    return { slug: 'compact-none', vm: this.#name(guest) };
  }

  /**
   * Starts a live migration and takes the destination frames for the whole guest: an even share, as far as room allows,
   * of consecutive pages on each of `nodes` in that order (null: the best set, ascending). Round 0 begins with the next
   * step.
   */
  migrate(guest: number, options: MigrateOptions, tick: number): Rejection | null {
    const { plan, rejection } = planMigration(this.#state, guest, options);
    if (plan === null) return rejection;
    const { from, to, link, nodes, steps } = plan;
    const { memory, backing } = this.#guest(guest);
    const frames = dealFrames(to, memory.windows, steps, memory.grain);
    this.#state.migrations.push({
      guest,
      fromHost: from.index,
      toHost: to.index,
      link,
      maxBytesPerSec: options.maxBytesPerSec,
      startTick: tick,
      endTick: null,
      phase: 'running',
      precopy: startPrecopy(memory.validPages, options.downtimeLimitMs, options.maxRounds, tick),
      copy: Backing.onFrames(to.index, frames, memory.valid),
      downtimeMs: null,
    });
    this.#event(tick, 'migrationStarted', guest, {
      pages: memory.validPages,
      extents: backing.extents.length,
      fromHost: from.name,
      toHost: to.name,
      nodes,
    });
    return null;
  }

  /** Possible until completion, also while the VM is paused. The source is as if it had never begun. */
  cancelMigration(guest: number, tick: number): Rejection | null {
    const rejection = this.whyNotCancelMigration(guest);
    if (rejection !== null) return rejection;
    const migration = this.#runningMigration(guest)!;
    this.#dropCopy(migration, 'cancelled', tick);
    return null;
  }

  whyNotCancelMigration(guest: number): Rejection | null {
    if (this.#runningMigration(guest) !== undefined) return null;
    return { slug: 'migrate-none', vm: this.#name(guest) };
  }

  /** What would come of `compact`; nothing changes. */
  forecastCompaction(
    guest: number,
    nodes: readonly number[] | null,
    framesPerTick: number,
  ): Planned<CompactionForecast> {
    const planned = planCompaction(this.#state, guest, nodes, framesPerTick);
    if (planned.plan === null) return planned;
    return { plan: forecastCompaction(this.#state, guest, planned.plan, framesPerTick), rejection: null };
  }

  /** What would come of `migrate`, if no other migration comes or goes on its link; nothing changes. */
  forecastMigration(guest: number, options: MigrateOptions): Planned<MigrationForecast> {
    const planned = planMigration(this.#state, guest, options);
    if (planned.plan === null) return planned;
    return { plan: forecastMigration(this.#state, guest, planned.plan, options), rejection: null };
  }

  /**
   * Backs more pages of a guest, which no frame backs yet, with frames of `nodes` in that order: all of them or, with a
   * rejection, none. Whole windows of a frame, ascending.
   */
  plug(guest: number, pages: readonly PfnRange[], nodes: readonly number[]): Rejection | null {
    const rejection = this.whyNotPlug(guest, pages, nodes);
    if (rejection !== null) return rejection;
    const held = this.#guest(guest);
    const { grain } = held.memory;
    const host = this.#state.hosts[held.backing.host]!;
    const more = dealFrames(host, pages, inOrder(host, nodes, sizeOf(pages) / grain, grain), grain);
    const run = new ExtentRun();
    for (const extent of [...held.backing.extents, ...more].sort((a, b) => a.start - b.start)) run.push(extent);
    held.plugged = [...held.plugged, ...pages].sort((a, b) => a.start - b.start);
    held.memory = guestMemory(this.#state.config.guests[guest]!, held.plugged);
    this.#setBacking(held, new Backing(host.index, run.extents));
    return null;
  }

  whyNotPlug(guest: number, pages: readonly PfnRange[], nodes: readonly number[]): Rejection | null {
    const vm = this.#name(guest);
    if (this.busyGuest(guest)) return { slug: 'plug-busy', vm };
    const { grain } = this.#guest(guest).memory;
    for (const { start, end } of pages)
      assert(start % grain === 0 && end % grain === 0, 'plug-window', { start, grain });
    const host = this.#state.hosts[this.hostOf(guest)]!;
    const wanted = sizeOf(pages) / grain;
    const found = inOrder(host, nodes, wanted, grain).reduce((sum, s) => sum + s.frames, 0);
    if (found === wanted) return null;
    const pagesOf = { wantedPages: wanted * grain, freePages: found * grain };
    return { slug: 'plug-no-room', vm, host: host.name, nodes, ...pagesOf };
  }

  /** One tick of all compactions and migrations. */
  step(tick: number): void {
    this.#stepCompactions(tick);
    this.#state.config.links.forEach((_, link) => this.#stepLink(link, tick));
  }

  /** Row of a node that exists in hostNodesTable. */
  hostNodeRow(host: number, nid: number): number {
    const { hosts } = this.#state;
    const before = hosts.slice(0, host).reduce((rows, h) => rows + h.nodes.length, 0);
    return before + hosts[host]!.position(nid);
  }

  hostNodesTable(): Table<'hostNodes'> {
    return hostNodesTable(this.#state);
  }

  backingTable(): Table<'backing'> {
    return backingTable(this.#state);
  }

  hostHeaders(): HostHeader[] {
    return hostHeaders(this.#state.config.hosts);
  }

  /** In the order in which they were started, ended ones included. */
  migrationRows(): MigrationRow[] {
    const { config, hosts } = this.#state;
    return this.#state.migrations.map((m) => {
      const names = { vm: this.#name(m.guest), fromHost: hosts[m.fromHost]!.name, toHost: hosts[m.toHost]!.name };
      const sharers = Math.max(1, this.#onLink(m.link).length);
      return migrationRow(m, names, shareBytesPerSec(config.links[m.link]!, sharers, m.maxBytesPerSec));
    });
  }

  /** In the order in which they were started, ended ones included. */
  compactionRows(): CompactionRow[] {
    return this.#state.compactions.map((c) => {
      const { phase, startTick, endTick, nodes, movedPages, leftPages } = c;
      return { vm: this.#name(c.guest), phase, startTick, endTick, nodes, movedPages, leftPages };
    });
  }

  check(): Violation[] {
    return checkHosts(this.#state);
  }

  /** The world has taken all events. */
  save(w: StateWriter): void {
    assert(this.#events.length === 0, 'host-events-not-taken', { events: this.#events.length });
    saveHosts(this.#state, w);
  }

  static load(config: WorldConfig, r: StateReader): HostSide {
    return new HostSide(loadHosts(config, r));
  }

  // Compactions

  #stepCompactions(tick: number): void {
    const { compactions, hosts } = this.#state;
    const running = compactions.filter((c) => c.phase === 'running').sort((a, b) => a.guest - b.guest);
    const moving = new Set<number>();
    for (const c of running) {
      const guest = this.#guest(c.guest);
      const moved = moveFrames(c, hosts[guest.backing.host]!, guest.backing, guest.memory.grain);
      if (moved === guest.backing) continue;
      this.#setBacking(guest, moved);
      moving.add(moved.host);
    }
    for (const c of running) {
      const host = this.hostOf(c.guest);
      if (c.leftPages === 0) this.#endCompaction(c, 'completed', tick);
      else if (!moving.has(host) && !this.#mayFreeRoom(host)) this.#endCompaction(c, 'stalled', tick);
    }
  }

  /** A migration from a host frees room there when it completes; one to it, when it fails. */
  #mayFreeRoom(host: number): boolean {
    return this.#state.migrations.some((m) => underWay(m) && (m.fromHost === host || m.toHost === host));
  }

  #endCompaction(c: Compaction, phase: 'completed' | 'stalled' | 'cancelled', tick: number): void {
    c.phase = phase;
    c.endTick = tick;
    const { movedPages, leftPages } = c;
    this.#event(tick, COMPACTION_ENDS[phase], c.guest, { ...this.#placeOf(c), movedPages, leftPages });
  }

  // Migrations

  /** One tick on one link. Whenever a round ends, bandwidths are shared anew and time goes on from there. */
  #stepLink(link: number, tick: number): void {
    const config = this.#state.config;
    let leftMs = config.tickMs;
    for (let active = this.#onLink(link); active.length > 0; active = this.#onLink(link)) {
      const rates = active.map((m) => shareBytesPerSec(config.links[link]!, active.length, m.maxBytesPerSec));
      const endsInMs = Math.min(...active.map((m, i) => roundLeftMs(m.precopy, rates[i]!)));
      // An empty last pass takes no time, so it still belongs to a tick that is over.
      if (leftMs <= 0 && endsInMs > 0) return;
      const ms = Math.min(leftMs, endsInMs);
      active.forEach((m, i) => this.#send(m, ms, rates[i]!, tick));
      leftMs -= ms;
    }
  }

  #send(m: Migration, ms: number, bytesPerSec: number, tick: number): void {
    const round = currentRound(m.precopy);
    const number = m.precopy.rounds.length - 1;
    const { dirty } = this.#state.config.guests[m.guest]!;
    const dirtyPages = workingSetDirt(dirty, this.#guest(m.guest).memory.validPages);
    if (!advance(m.precopy, ms, bytesPerSec, tick, dirtyPages)) return;
    if (m.precopy.phase === 'done') {
      this.#complete(m, tick);
      return;
    }
    const dirtyBytes = round.dirtyBytes!;
    this.#event(tick, 'migrationRound', m.guest, { round: number, sentBytes: round.bytesSent, dirtyBytes });
    if (m.precopy.phase === 'failed') this.#dropCopy(m, 'failed', tick);
    else if (m.precopy.phase === 'switchOver') {
      m.phase = 'switchOver';
      const expectedMs = (dirtyBytes / bytesPerSec) * 1000;
      this.#event(tick, 'migrationSwitchOver', m.guest, { dirtyBytes, expectedMs });
    }
  }

  #complete(m: Migration, tick: number): void {
    const guest = this.#guest(m.guest);
    const copy = m.copy;
    assert(copy !== null, 'migration-copy-missing', { vm: guest.name });
    this.#free(guest, guest.backing);
    this.#setBacking(guest, copy);
    m.copy = null;
    m.phase = 'completed';
    m.endTick = tick;
    m.downtimeMs = m.precopy.roundMs;
    this.#event(tick, 'migrationCompleted', m.guest, { ...this.#endOf(m, m.toHost), downtimeMs: m.downtimeMs });
  }

  /** Ends a migration with the source as it was. */
  #dropCopy(m: Migration, phase: 'cancelled' | 'failed', tick: number): void {
    const guest = this.#guest(m.guest);
    assert(m.copy !== null, 'migration-copy-missing', { vm: guest.name });
    this.#free(guest, m.copy);
    m.copy = null;
    m.phase = phase;
    m.endTick = tick;
    const end = this.#endOf(m, m.fromHost);
    if (phase === 'cancelled') return this.#event(tick, 'migrationCancelled', m.guest, end);
    const { dirtyBytes } = currentRound(m.precopy);
    const { leastLimitMs } = m.precopy;
    assert(dirtyBytes !== null && leastLimitMs !== null, 'migration-failed-unsent', { vm: guest.name });
    this.#event(tick, 'migrationFailed', m.guest, { ...end, dirtyBytes, leastLimitMs });
  }

  #endOf(m: Migration, host: number): WorldEventData['migrationCancelled'] {
    const { rounds, downtimeLimitMs } = m.precopy;
    const sent = Math.round(sentBytes(m.precopy));
    return { host: this.#state.hosts[host]!.name, rounds: rounds.length, sentBytes: sent, downtimeLimitMs };
  }

  // Parts

  #guest(guest: number): GuestBacking {
    const found = this.#state.guests[guest];
    assert(found !== undefined, 'guest-unknown', { guest });
    return found;
  }

  #name(guest: number): string {
    return this.#guest(guest).name;
  }

  #setBacking(guest: GuestBacking, backing: Backing): void {
    guest.backing = backing;
    guest.generation++;
  }

  #free(guest: GuestBacking, backing: Backing): void {
    const host = this.#state.hosts[backing.host]!;
    for (const [nid, extents] of framesByNode(backing.wholeFrames(guest.memory.grain)))
      host.frames(nid).release(extents);
  }

  #runningCompaction(guest: number): Compaction | undefined {
    return this.#state.compactions.find((c) => c.guest === guest && c.phase === 'running');
  }

  #runningMigration(guest: number): Migration | undefined {
    return this.#state.migrations.find((m) => m.guest === guest && underWay(m));
  }

  /** Migrations under way on a link, in guest order. */
  #onLink(link: number): Migration[] {
    return this.#state.migrations.filter((m) => m.link === link && underWay(m)).sort((a, b) => a.guest - b.guest);
  }

  #placeOf({ guest, nodes }: Compaction): { readonly host: string; readonly nodes: readonly number[] } {
    return { host: this.#state.hosts[this.hostOf(guest)]!.name, nodes };
  }

  #event<T extends WorldEventType>(tick: number, type: T, guest: number, data: WorldEventData[T]): void {
    this.#events.push({ tick, type, vm: this.#name(guest), data } as WorldEvent);
  }
}

const COMPACTION_ENDS = {
  completed: 'compactionCompleted',
  stalled: 'compactionStalled',
  cancelled: 'compactionCancelled',
} as const;
