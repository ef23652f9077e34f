/**
 * The fleet of a world and everything that moves memory in it. A tick first advances what stays within a host
 * (compactions), in guest order; then what flows over links (migrations), in continuous time: whenever a migration
 * among those that share links reaches an event, the links are shared anew and time goes on from there. Migrations
 * that share no link, directly or through others, do not affect each other. Events are collected in that order and
 * taken by the world with takeEvents.
 *
 * A command takes effect as a whole, or is rejected with a reason and changes nothing. Law H1 (fleet/check.ts,
 * check.ts) holds after every call.
 */
import type { DirtyConfig } from '../../../shared/model/config.ts';
import type { Violation, WorldEvent } from '../../../shared/model/event.ts';
import type { PlacementProblem } from '../../../shared/model/placement.ts';
import type { Rejection } from '../../../shared/model/rejection.ts';
import type { CompactionRow, MigrationRow } from '../../../shared/model/transfer.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert, type StateReader, type StateWriter } from '../core/index.ts';
import { areaAt, checkFleet, Fleet, inOrder, loadFleet, saveFleet, sizeOf } from '../fleet/index.ts';
import { checkTransfers } from './check.ts';
import { Compaction, type CompactionState, startCompaction } from './compaction.ts';
import { type CompactionForecast, forecastCompaction, forecastMigration, type MigrationForecast } from './forecast.ts';
import { copyOf, Migration, type MigrationState } from './migration.ts';
import type { Flow } from './max-min.ts';
import { Network } from './network.ts';
import { type MigrateOptions, planCompaction, planMigration, type Planned } from './plan.ts';
import { startPrecopy } from './precopy.ts';
import type { Surroundings } from './transfer.ts';

type AnyTransfer = Compaction | Migration;

interface Parts {
  readonly fleet: Fleet;
  /** In the order in which they were started, ended ones included. */
  readonly compactions: Compaction[];
  readonly migrations: Migration[];
  /** By guest, where a command has changed what it dirties. */
  readonly dirty: Map<number, DirtyConfig>;
}

export class Transfers {
  readonly #config: WorldConfig;
  readonly #network: Network;
  readonly #compactions: Compaction[];
  readonly #migrations: Migration[];
  readonly #dirty: Map<number, DirtyConfig>;
  /** Those under way, by guest. */
  readonly #underWay = new Map<number, AnyTransfer>();
  /** Milliseconds of the last tick that guests' CPUs stood still, by guest. */
  readonly #stoodMs = new Map<number, number>();
  #fleet: Fleet;
  #events: WorldEvent[] = [];

  private constructor(config: WorldConfig, { fleet, compactions, migrations, dirty }: Parts) {
    this.#config = config;
    this.#network = new Network(config.links);
    this.#fleet = fleet;
    this.#compactions = compactions;
    this.#migrations = migrations;
    this.#dirty = dirty;
    for (const t of [...compactions, ...migrations]) if (t.isUnderWay) this.#underWay.set(t.guest, t);
  }

  /** Null when the guests do not fit on their hosts; then all problems of all guests are listed. */
  static create(config: WorldConfig): {
    readonly transfers: Transfers | null;
    readonly problems: readonly PlacementProblem[];
  } {
    const { fleet, problems } = Fleet.create(config);
    const transfers =
      fleet === null ? null : new Transfers(config, { fleet, compactions: [], migrations: [], dirty: new Map() });
    return { transfers, problems };
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  get network(): Network {
    return this.#network;
  }

  /** What is under way for a guest. */
  of(guest: number): AnyTransfer | null {
    return this.#underWay.get(guest) ?? null;
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** Events since the last call. */
  takeEvents(): WorldEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The part of the last tick for which the CPUs of a guest ran. */
  cpuShare(guest: number): number {
    return Math.max(0, 1 - (this.#stoodMs.get(guest) ?? 0) / this.#config.tickMs);
  }

  // Commands

  /**
   * Starts gathering a guest on `nodes`, filled in that order (null: the best set by fleet/node-choice.ts, ascending).
   * Moves begin with the next step.
   */
  compact(guest: number, nodes: readonly number[] | null, framesPerTick: number, tick: number): Rejection | null {
    const { plan, rejection } = planCompaction(this, guest, nodes, framesPerTick);
    if (plan === null) return rejection;
    const state = startCompaction(guest, this.#fleet.guest(guest), plan.nodes, framesPerTick, tick);
    const compaction = new Compaction(state);
    this.#compactions.push(compaction);
    this.#underWay.set(guest, compaction);
    compaction.announce(this.#at(tick));
    return null;
  }

  whyNotCompact(guest: number, nodes: readonly number[] | null, framesPerTick: number): Rejection | null {
    return planCompaction(this, guest, nodes, framesPerTick).rejection;
  }

  /** What has been moved stays where it is. */
  cancelCompaction(guest: number, tick: number): Rejection | null {
    return this.whyNotCancelCompaction(guest) ?? this.#cancel(guest, tick);
  }

  whyNotCancelCompaction(guest: number): Rejection | null {
    if (this.of(guest) instanceof Compaction) return null;
    return { slug: 'compact-none', vm: this.#name(guest) };
  }

  /**
   * Starts a live migration and takes the destination frames for the whole guest: an even share, as far as room allows,
   * of consecutive pages on each of `nodes` in that order (null: the best set, ascending). Round 0 begins with the next
   * step.
   */
  migrate(guest: number, options: MigrateOptions, tick: number): Rejection | null {
    const { plan, rejection } = planMigration(this, guest, options);
    if (plan === null) return rejection;
    const { from, to, path, nodes, steps } = plan;
    const { validPages } = this.#fleet.guest(guest).memory;
    this.#fleet = this.#fleet.apply({ type: 'reserve', guest, host: to.index, steps });
    const state: MigrationState = {
      guest,
      fromHost: from.index,
      toHost: to.index,
      path: path.links,
      maxBytesPerSec: options.maxBytesPerSec,
      startTick: tick,
      endTick: null,
      phase: 'running',
      precopy: startPrecopy(validPages, options.downtimeLimitMs, options.maxRounds, tick),
      downtimeMs: null,
    };
    const migration = new Migration(state);
    this.#migrations.push(migration);
    this.#underWay.set(guest, migration);
    migration.announce(nodes, this.#at(tick));
    return null;
  }

  whyNotMigrate(guest: number, options: MigrateOptions): Rejection | null {
    return planMigration(this, guest, options).rejection;
  }

  cancelMigration(guest: number, tick: number): Rejection | null {
    return this.whyNotCancelMigration(guest) ?? this.#cancel(guest, tick);
  }

  whyNotCancelMigration(guest: number): Rejection | null {
    if (this.of(guest) instanceof Migration) return null;
    return { slug: 'migrate-none', vm: this.#name(guest) };
  }

  #cancel(guest: number, tick: number): null {
    this.#underWay.get(guest)!.cancel(this.#at(tick));
    this.#underWay.delete(guest);
    return null;
  }

  /** What would come of `compact`; nothing changes. */
  forecastCompaction(
    guest: number,
    nodes: readonly number[] | null,
    framesPerTick: number,
  ): Planned<CompactionForecast> {
    const planned = planCompaction(this, guest, nodes, framesPerTick);
    if (planned.plan === null) return planned;
    return { plan: forecastCompaction(this.#fleet, guest, planned.plan, framesPerTick), rejection: null };
  }

  /** What would come of `migrate`, if no other migration comes or goes on its links; nothing changes. */
  forecastMigration(guest: number, options: MigrateOptions): Planned<MigrationForecast> {
    const planned = planMigration(this, guest, options);
    if (planned.plan === null) return planned;
    const plan = forecastMigration(this, this.#flows(), guest, planned.plan, options, this.#dirtyOf(guest));
    return { plan, rejection: null };
  }

  #dirtyOf(guest: number): DirtyConfig {
    return this.#dirty.get(guest) ?? this.#config.guests[guest]!.dirty;
  }

  /** From now on; of a migration that is under way, from its next round on. */
  setDirty(guest: number, dirty: DirtyConfig): void {
    const transfer = this.of(guest);
    if (transfer instanceof Migration) transfer.state.roundDirty ??= this.#dirtyOf(guest);
    this.#dirty.set(guest, dirty);
  }

  /**
   * Backs more pages of a guest, which no frame backs yet, with frames of `nodes` in that order: all of them or, with a
   * rejection, none. Whole windows of a frame, ascending.
   */
  plug(guest: number, pages: readonly PfnRange[], nodes: readonly number[]): Rejection | null {
    const rejection = this.whyNotPlug(guest, pages, nodes);
    if (rejection !== null) return rejection;
    const area = areaAt(this.#fleet.guest(guest).memory, pages[0]?.start ?? 0);
    const steps = inOrder(this.#fleet.hostOf(guest), nodes, sizeOf(pages) / area.framePages, area);
    this.#fleet = this.#fleet.apply({ type: 'plug', guest, pages, steps });
    return null;
  }

  whyNotPlug(guest: number, pages: readonly PfnRange[], nodes: readonly number[]): Rejection | null {
    const vm = this.#name(guest);
    if (this.of(guest) !== null) return { slug: 'plug-busy', vm };
    const area = areaAt(this.#fleet.guest(guest).memory, pages[0]?.start ?? 0);
    const { framePages } = area;
    for (const { start, end } of pages)
      assert(start % framePages === 0 && end % framePages === 0, 'plug-window', { start, framePages });
    const host = this.#fleet.hostOf(guest);
    const wanted = sizeOf(pages) / framePages;
    const found = inOrder(host, nodes, wanted, area).reduce((sum, s) => sum + s.frames, 0);
    if (found === wanted) return null;
    const figures = { wantedPages: wanted * framePages, freePages: found * framePages };
    return { slug: 'plug-no-room', vm, host: host.name, nodes, ...figures };
  }

  // Time

  /** Whether the next step may have events. False is certain: alone on its path a transfer gets no less than beside others. */
  get mayReachEvent(): boolean {
    const { tickMs } = this.#config;
    return [...this.#underWay.values()].some((t) => t.mayReachEvent(tickMs, this.#ratesOf([t])[0]!, this.#fleet));
  }

  /** One tick of all that is under way. */
  step(tick: number): void {
    this.#stoodMs.clear();
    const running = [...this.#underWay.values()].sort((a, b) => a.guest - b.guest);
    const at = this.#at(tick, running);
    for (const group of groupsOf(running)) this.#run(group, at);
    for (const t of running) if (!t.isUnderWay) this.#underWay.delete(t.guest);
  }

  #run(group: readonly AnyTransfer[], at: Surroundings): void {
    let leftMs = this.#config.tickMs;
    for (let active = group; active.length > 0; active = active.filter((t) => t.isUnderWay)) {
      const rates = this.#ratesOf(active);
      const endsInMs = Math.min(...active.map((t, i) => t.nextEventMs(rates[i]!)));
      // An empty last pass takes no time, so it still belongs to a tick that is over.
      if (leftMs <= 0 && endsInMs > 0) break;
      const ms = Math.min(leftMs, endsInMs);
      active.forEach((t, i) => {
        const stoodMs = (1 - t.cpuShare) * ms;
        if (stoodMs > 0) this.#stoodMs.set(t.guest, (this.#stoodMs.get(t.guest) ?? 0) + stoodMs);
        t.advance(ms, rates[i]!, at);
      });
      leftMs -= ms;
    }
    for (const t of group) if (t.isUnderWay) t.endTick(at);
  }

  /** What flows over the network now. */
  #flows(): Flow[] {
    return [...this.#underWay.values()].flatMap(({ flow }) => flow ?? []);
  }

  /** What each gets of the network; 0 for those that ask nothing of it. */
  #ratesOf(transfers: readonly AnyTransfer[]): number[] {
    return this.#network.shares(transfers.map((t) => t.flow ?? { links: [], cap: 0 }));
  }

  #at(tick: number, running: readonly AnyTransfer[] = []): Surroundings {
    const now = (): Fleet => this.#fleet;
    return {
      tick,
      get fleet() {
        return now();
      },
      dirty: (guest) => this.#dirtyOf(guest),
      apply: (move) => (this.#fleet = this.#fleet.apply(move)),
      mayFreeRoom: (host) => running.some((t) => t.mayFreeRoom(host)),
      event: (type, guest, data) => {
        this.#events.push({ tick, type, vm: this.#name(guest), data } as WorldEvent);
      },
    };
  }

  // Rows and state

  /** In the order in which they were started, ended ones included. */
  migrationRows(): MigrationRow[] {
    const running = this.#migrations.filter((m) => m.isUnderWay);
    const rates = this.#ratesOf(running);
    const rateOf = new Map(running.map((m, i): [Migration, number] => [m, rates[i]!]));
    return this.#migrations.map((m) => m.row(this.#fleet, rateOf.get(m) ?? 0));
  }

  /** In the order in which they were started, ended ones included. */
  compactionRows(): CompactionRow[] {
    return this.#compactions.map((c) => c.row(this.#fleet));
  }

  check(): Violation[] {
    return [...checkFleet(this.#fleet), ...checkTransfers(this.#fleet, this.#compactions, this.#migrations)];
  }

  /** The world has taken all events. */
  save(w: StateWriter): void {
    assert(this.#events.length === 0, 'host-events-not-taken', { events: this.#events.length });
    saveFleet(this.#fleet, w);
    w.json(
      'host.compactions',
      this.#compactions.map(({ state }) => ({ ...state })),
    );
    w.json('host.migrations', this.#migrations.map(({ state }) => copyOf(state)) as never);
    if (this.#dirty.size > 0) w.json('host.dirty', [...this.#dirty].sort(([a], [b]) => a - b) as never);
  }

  static load(config: WorldConfig, r: StateReader): Transfers {
    return new Transfers(config, {
      fleet: loadFleet(config, r),
      compactions: r.json<CompactionState[]>('host.compactions').map((state) => new Compaction({ ...state })),
      migrations: r.json<MigrationState[]>('host.migrations').map((state) => new Migration(copyOf(state))),
      dirty: new Map(r.has('host.dirty') ? r.json<[number, DirtyConfig][]>('host.dirty') : []),
    });
  }

  #name(guest: number): string {
    return this.#fleet.guest(guest).name;
  }
}

/**
 * Those that go on together: first all that ask nothing of the network, then those that share a link, directly or by way
 * of others, by the lowest link of each group. Within a group in the order given.
 */
function groupsOf(transfers: readonly AnyTransfer[]): AnyTransfer[][] {
  const still = transfers.filter((t) => t.flow === null);
  let groups: { links: Set<number>; members: Set<AnyTransfer> }[] = [];
  for (const t of transfers) {
    if (t.flow === null) continue;
    const links = new Set(t.flow.links);
    const members = new Set<AnyTransfer>([t]);
    const apart: typeof groups = [];
    for (const group of groups) {
      if (![...group.links].some((link) => links.has(link))) {
        apart.push(group);
        continue;
      }
      for (const link of group.links) links.add(link);
      for (const member of group.members) members.add(member);
    }
    groups = [...apart, { links, members }];
  }
  const flowing = groups
    .sort((a, b) => Math.min(...a.links) - Math.min(...b.links))
    .map(({ members }) => transfers.filter((t) => members.has(t)));
  return still.length === 0 ? flowing : [still, ...flowing];
}
