/**
 * The simulator that attacks whole worlds. One seed is one case: a world, commands and restores drawn before it runs.
 *
 * Phase 1, safety, at every tick: commands, then one step. After each: no broken law; a rejected command leaves the hash
 * as it was; the forecast of a command has its rejection and changes nothing; no event comes that was not possible
 * (mayReachEvent); a copy restored from the written state (through JSON) goes on with the same hash. Snapshots add up.
 * Phase 2, calm: held pages are released, then no more commands. Within CALM_TICKS everything must have settled: nothing
 * under way, nothing owed but pinned pages, and stay so. A guest with defects or slab caches may owe for longer than anyone
 * waits: it is not waited for.
 * Last, the first phase is run again from the configuration alone, which schedules the submitted commands by now, and must
 * end on the same hash.
 *
 * On failure the case is shrunk and printed with its seed and every drawn option.
 */
import { guestsOf, recordsOf } from '../../shared/columns/index.ts';
import type { Snapshot, SnapshotLevel } from '../../shared/columns/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import type { Violation, WorldEvent, WorldEventOf } from '../../shared/model/event.ts';
import type { Command } from '../../shared/model/command.ts';
import type { ScheduledCommand } from '../../shared/model/world.ts';
import type { GuestConfig } from '../../shared/model/config.ts';
import type { WorldConfig } from '../../shared/model/world.ts';
import type { StatePart, WorldState } from '../engine/index.ts';
import { CORRECT } from '../../shared/model/config.ts';
import { PLAIN_RFC } from '../../shared/model/beyond.ts';
import { World } from '../engine/index.ts';
import { isRfcGuest } from './mm-under-test.ts';
import { shrinkList, shrinkValue } from './shrink.ts';
import type { ShrinkBudget } from './shrink.ts';
import { snapshotViolations } from './snapshot-law.ts';
import { drawWorldCase } from './world-draw.ts';
import type { WorldCase } from './world-draw.ts';

export interface WorldUnderTest {
  readonly tick: number;
  /** With the commands submitted so far in its schedule. */
  readonly config: WorldConfig;
  mayReachEvent(): boolean;
  step(ticks: number): void;
  /** Null when it took effect. */
  submit(command: Command): Rejection | null;
  forecast(command: Command): { readonly rejection: Rejection | null };
  snapshot(level: SnapshotLevel): Snapshot;
  state(): WorldState;
  hash(): string;
  check(): readonly Violation[];
  converged(): boolean;
  takeEvents(): readonly WorldEvent[];
}

export interface WorldFactory {
  readonly name: string;
  /** Null with problems: the drawn guests do not fit on the drawn hosts. */
  create(config: WorldConfig): {
    readonly world: WorldUnderTest | null;
    readonly problems: readonly PlacementProblem[];
  };
  restore(config: WorldConfig, state: WorldState): WorldUnderTest;
}

export const engineWorldFactory: WorldFactory = {
  name: 'engine',
  create: (config) => World.create(config),
  restore: (config, state) => World.restore(config, state),
};

/** Ticks within which a world left alone must settle. */
const CALM_TICKS = 2000;
/** Ticks between two looks at a world in the calm phase. */
const CALM_STRIDE = 16;
/** Ticks for which a settled world is watched. */
const AFTER_TICKS = 3;
/** Looks at rest in a row, 16 ticks apart: no layout is on its way or being committed for longer. */
const RESTFUL_LOOKS = 3;
/** In the first phase every so many ticks the snapshot's tables are added up, and the restored world is compared. */
const LOOK_STRIDE = 6;

export interface WorldFailure {
  readonly tick: number;
  readonly text: string;
}

export interface WorldRun {
  readonly failure: WorldFailure | null;
  /** False: the world could not be made, and nothing was tested. */
  readonly placed: boolean;
  readonly commands: number;
  readonly rejected: number;
  readonly calmTicks: number;
}

/** Runs the case. Never throws: what the world throws is a failure. */
export function runWorldCase(factory: WorldFactory, c: WorldCase): WorldRun {
  const runner = new WorldRunner(factory, c);
  const failure = runner.run();
  const { placed, commands, rejected, calmTicks } = runner;
  return { failure, placed, commands, rejected, calmTicks };
}

const CHANGES_LAYOUT: readonly Command['type'][] = ['commitLayout', 'setRegeneration', 'writeFiles'];

/** Blocks that the writes may have taken out of the free lists by hand. */
function heldBy({ vm, writes }: Extract<Command, { type: 'writeFiles' }>): Extract<Command, { type: 'holdPages' }>[] {
  return writes.flatMap(({ path, text }) => {
    const block = path.endsWith('/pagectl/alloc') ? /^(\d+) (\d+)\n$/.exec(text) : null;
    return block === null ? [] : [{ type: 'holdPages', vm, pfn: Number(block[1]), order: Number(block[2]) }];
  });
}

function steppingVms({ config, commands }: WorldCase): string[] {
  const own = config.guests.filter((g) => g.beyond.commitStepTicks > 0).map((g) => g.name);
  const told = [...commands, ...config.schedule].flatMap(({ command: c }) =>
    c.type === 'setBeyond' && c.beyond.commitStepTicks > 0 ? [c.vm] : [],
  );
  return [...own, ...told];
}

/** With defects, or with slab caches. */
function patientVms({ config, commands }: WorldCase): string[] {
  const has = (workload: GuestConfig['workload']): boolean => (workload?.slabPermille ?? 0) > 0;
  const own = config.guests.filter((g) => isRfcGuest(g.mm) || has(g.workload)).map((g) => g.name);
  const told = [...commands, ...config.schedule].flatMap(({ command: c }) =>
    c.type === 'setWorkload' && has(c.workload) ? [c.vm] : [],
  );
  return [...own, ...told];
}

function othersRest(world: WorldUnderTest, patient: ReadonlySet<string>): boolean {
  const { guests, migrations, compactions } = recordsOf(world.snapshot('accounts'));
  const isBusy = migrations.some((m) => m.endTick === null) || compactions.some((c) => c.endTick === null);
  return !isBusy && guests.every((g) => patient.has(g.name) || g.lag.targetActual === 0);
}

/** A broken expectation ends the run by this; it never leaves the file. */
class Stop extends Error {}

const expect = (holds: boolean, text: () => string): void => {
  if (!holds) throw new Stop(text());
};

class WorldRunner {
  readonly #factory: WorldFactory;
  readonly #case: WorldCase;
  #world: WorldUnderTest | null = null;
  #shadow: WorldUnderTest | null = null;
  /** holdPages that took effect and were not released since. */
  #held: Extract<Command, { type: 'holdPages' }>[] = [];
  /** VMs whose layout in force was made from the backing by the rules in force. */
  readonly #derived = new Set<string>();
  /** Backing of a VM as it was when its live migration began. */
  readonly #sources = new Map<string, string>();
  /** VMs whose commits may take several ticks. */
  readonly #stepping: ReadonlySet<string>;
  /** VMs that may owe for longer than anyone waits. */
  readonly #patient: ReadonlySet<string>;
  placed = false;
  commands = 0;
  rejected = 0;
  calmTicks = 0;

  constructor(factory: WorldFactory, c: WorldCase) {
    this.#factory = factory;
    this.#case = c;
    this.#stepping = new Set(steppingVms(c));
    this.#patient = new Set(patientVms(c));
  }

  run(): WorldFailure | null {
    try {
      this.#world = this.#factory.create(this.#case.config).world;
      if (this.#world === null) return null;
      this.placed = true;
      this.#safety(this.#world);
      this.#rerun(this.#world.hash(), this.#world.config);
      this.#calm(this.#world);
      return null;
    } catch (error) {
      const tick = this.#world?.tick ?? 0;
      if (error instanceof Stop) return { tick, text: error.message };
      return { tick, text: `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
    }
  }

  #safety(world: WorldUnderTest): void {
    this.#checkLaws(world, 'at creation');
    const due = [...this.#case.commands];
    for (let tick = 0; tick < this.#case.ticks; tick++) {
      if (this.#case.restoreAt.includes(tick)) this.#restore(world);
      while (due.length > 0 && due[0]!.at <= tick) this.#submit(world, due.shift()!.command);
      this.#step(world, 1);
      if (tick % LOOK_STRIDE !== 0) continue;
      this.#checkSnapshot(world);
      this.#compareShadow(world, 'after a step');
    }
    this.#compareShadow(world, 'at the end of the first phase');
    this.#shadow = null;
  }

  #restore(world: WorldUnderTest): void {
    const state = world.state();
    const written = <P extends StatePart>(part: P): P => ({
      ...part,
      json: JSON.parse(JSON.stringify(part.json)) as P['json'],
    });
    const guests = state.guests.map(written);
    this.#shadow = this.#factory.restore(world.config, { ...written(state), guests });
    this.#compareShadow(world, 'restored');
  }

  #submit(world: WorldUnderTest, command: Command): void {
    const before = world.hash();
    const what = JSON.stringify(command);
    const forecast = world.forecast(command).rejection;
    expect(world.hash() === before, () => `forecasting ${what} changed the world`);
    const rejection = world.submit(command);
    expect(
      JSON.stringify(forecast) === JSON.stringify(rejection),
      () => `forecast of ${what}: ${JSON.stringify(forecast)}, but submitting gave: ${JSON.stringify(rejection)}`,
    );
    const inShadow = this.#shadow?.submit(command);
    this.commands++;
    if (rejection !== null) {
      this.rejected++;
      expect(
        world.hash() === before,
        () => `a rejected command changed the world: ${what}: ${JSON.stringify(rejection)}`,
      );
    } else {
      this.#remember(command);
      if (command.type === 'migrate') this.#sources.set(command.vm, this.#backing(world, command.vm));
      if (command.type === 'cancelMigration') this.#checkSource(world, command.vm);
    }
    expect(
      inShadow === undefined || (inShadow === null) === (rejection === null),
      () => `the restored world answered otherwise to ${what}`,
    );
    this.#checkLaws(world, `after ${what}`);
    this.#compareShadow(world, `after ${what}`);
  }

  #remember(command: Command): void {
    const isSame = (h: { vm: string; pfn: number }): boolean =>
      command.type === 'releasePages' && h.vm === command.vm && h.pfn === command.pfn;
    if (command.type === 'holdPages') this.#held.push(command);
    if (command.type === 'releasePages') this.#held = this.#held.filter((h) => !isSame(h));
    if (CHANGES_LAYOUT.includes(command.type) && 'vm' in command) this.#derived.delete(command.vm);
    if (command.type === 'writeFiles') this.#held.push(...heldBy(command));
  }

  #step(world: WorldUnderTest, ticks: number): void {
    const before = world.tick;
    const earlier = world.takeEvents();
    const mayReachEvent = world.mayReachEvent();
    world.step(ticks);
    expect(world.tick === before + ticks, () => `stepped ${ticks} ticks from ${before} to ${world.tick}`);
    this.#shadow?.step(ticks);
    const events = world.takeEvents();
    const [unexpected] = mayReachEvent || ticks > 1 ? [] : events;
    expect(unexpected === undefined, () => `at tick ${before} no event was due, and there was ${unexpected!.type}`);
    for (const event of [...earlier, ...events]) {
      const ended = event.type === 'migrationCompleted' || event.type === 'migrationCancelled';
      if (ended) this.#sources.delete(event.vm);
      if (event.type === 'migrationFailed') this.#checkSource(world, event.vm);
      if (event.type === 'layoutDelivered') this.#derived.add(event.vm);
      // A scheduled command takes effect inside the step; the event says so.
      if (event.type === 'commandApplied' && event.data.command !== 'holdPages') this.#forgetScheduled(event);
    }
    this.#checkLaws(world, 'after a step');
  }

  #forgetScheduled({ vm, data }: WorldEventOf<'commandApplied'>): void {
    if (CHANGES_LAYOUT.some((type) => type === data.command)) this.#derived.delete(vm);
  }

  #calm(world: WorldUnderTest): void {
    const scheduled = this.#case.config.schedule.map((s) => s.command);
    const holds = scheduled.flatMap((c) => (c.type === 'holdPages' ? [c] : c.type === 'writeFiles' ? heldBy(c) : []));
    // Holds of the schedule or of a file may or may not have succeeded; releasing one that has not is rejected, which does
    // no harm.
    for (const h of [...this.#held, ...holds]) this.#submit(world, { ...h, type: 'releasePages' });
    const lags = (): string => JSON.stringify(guestsOf(world.snapshot('accounts')).map((g) => g.lag));
    if (this.#patient.size > 0) this.#calmOfOthers(world, lags);
    else {
      while (!world.converged() && this.calmTicks < CALM_TICKS) this.#calmStep(world);
      expect(world.converged(), () => `not settled after ${CALM_TICKS} calm ticks: ${lags()}`);
      this.#step(world, AFTER_TICKS);
      expect(world.converged(), () => `settled, then unsettled by itself: ${lags()}`);
    }
    this.#checkSnapshot(world);
    for (const guest of guestsOf(world.snapshot('accounts'))) {
      if (this.#patient.has(guest.name)) continue;
      const { hostTarget, coalesced } = guest.lag;
      const told = !this.#derived.has(guest.name) || hostTarget === coalesced;
      expect(told, () => `${guest.name} was told its layout, yet H against T is ${hostTarget}, coalesced ${coalesced}`);
    }
  }

  #calmStep(world: WorldUnderTest): void {
    this.#step(world, CALM_STRIDE);
    this.calmTicks += CALM_STRIDE;
  }

  /**
   * What the posted code misplaces is stranded when it is allocated, and may be for ever, and a slab is owed for as long as
   * its cache fills it: of a world with such guests it is asked that the host comes to rest and that the other guests owe
   * nothing. That a layout is still on its
   * way cannot be seen: some looks in a row must find so.
   */
  #calmOfOthers(world: WorldUnderTest, lags: () => string): void {
    let restful = 0;
    while (restful < RESTFUL_LOOKS && this.calmTicks < CALM_TICKS) {
      this.#calmStep(world);
      restful = othersRest(world, this.#patient) ? restful + 1 : 0;
    }
    expect(restful === RESTFUL_LOOKS, () => `guests without defects not settled after ${CALM_TICKS} ticks: ${lags()}`);
  }

  /** Determinism: the first phase once more from what its configuration has become, without restores or looks. */
  #rerun(hash: string, config: WorldConfig): void {
    const { world } = this.#factory.create(config);
    world!.step(this.#case.ticks);
    const again = world!.hash();
    expect(again === hash, () => `run again, the hash is ${again}, not ${hash}`);
  }

  /** A migration that came to nothing leaves the source as if it had never begun. Those of the schedule are not watched. */
  #checkSource(world: WorldUnderTest, vm: string): void {
    const before = this.#sources.get(vm);
    this.#sources.delete(vm);
    const now = this.#backing(world, vm);
    expect(
      before === undefined || before === now,
      () => `${vm}: its migration ended, but its backing was ${before}, is ${now}`,
    );
  }

  /** The rows of a VM's backing, second copies left out: snapshot-law.ts watches those. */
  #backing(world: WorldUnderTest, vm: string): string {
    const snapshot = world.snapshot('accounts');
    const guest = guestsOf(snapshot).findIndex((g) => g.name === vm);
    const { rows, columns } = snapshot.tables.backing;
    const own = Array.from({ length: rows }, (_, i) => i).filter((i) => columns.guest[i] === guest);
    const live = own.filter((i) => columns.copy[i] === 0);
    return JSON.stringify(live.map((i) => Object.values(columns).map((column) => column[i])));
  }

  #compareShadow(world: WorldUnderTest, when: string): void {
    const shadow = this.#shadow;
    expect(shadow === null || shadow.hash() === world.hash(), () => `${when}, the restored world differs`);
  }

  #checkLaws(world: WorldUnderTest, when: string): void {
    const broken = world.check();
    expect(broken.length === 0, () => `${when}: ${broken.map((v) => `${v.law} ${v.vm ?? ''} ${v.text}`).join('; ')}`);
  }

  #checkSnapshot(world: WorldUnderTest): void {
    const wrong = snapshotViolations(world.snapshot('blocks'), this.#case.config, this.#stepping);
    expect(wrong.length === 0, () => `snapshot: ${wrong.join('; ')}`);
  }
}

/* ---- shrinking and reporting ---- */

const SHRINK_TRIES = 400;
/** A run with so many calm ticks counts as one more try. */
const CALM_TICKS_PER_TRY = 100;

/** A smaller case that still fails, in whatever way. */
export function shrinkWorldCase(factory: WorldFactory, failing: WorldCase): WorldCase {
  const budget: ShrinkBudget = { left: SHRINK_TRIES };
  const fails = (c: WorldCase): boolean => {
    const run = runWorldCase(factory, c);
    budget.left -= Math.floor(run.calmTicks / CALM_TICKS_PER_TRY);
    return run.failure !== null;
  };
  const fewerCommands = (c: WorldCase): WorldCase => {
    const commands = shrinkList(c.commands, budget, (list) => fails({ ...c, commands: list }));
    const withSchedule = (list: readonly ScheduledCommand[]): WorldCase => ({
      ...c,
      commands,
      config: { ...c.config, schedule: list },
    });
    return withSchedule(shrinkList(c.config.schedule, budget, (list) => fails(withSchedule(list))));
  };
  return fewerCommands(shrinkValue(fewerCommands(failing), budget, plainerWorlds, fails));
}

function* plainerWorlds(c: WorldCase): Iterable<WorldCase> {
  const withGuests = (guests: readonly GuestConfig[]): WorldCase => ({ ...c, config: { ...c.config, guests } });
  const { guests } = c.config;
  for (let i = 0; guests.length > 1 && i < guests.length; i++) yield withGuests(guests.filter((_, j) => j !== i));
  for (let i = 0; i < c.restoreAt.length; i++) yield { ...c, restoreAt: c.restoreAt.filter((_, j) => j !== i) };
  if (c.ticks > 1) yield { ...c, ticks: c.ticks >> 1 };
  for (const guest of guests) {
    const plainer: Partial<GuestConfig>[] = [
      { workload: null },
      { regeneration: { ...guest.regeneration, enabled: false } },
      // The hole that DIMMs fill stays: it has no frames.
      { mm: { ...guest.mm, holes: guest.mm.holes.filter((h) => h.end > guest.placement.at(-1)!.end) } },
      { mm: { ...guest.mm, profile: { ...guest.mm.profile, rfc: CORRECT } } },
      { beyond: PLAIN_RFC },
      { dimms: guest.dimms.slice(0, -1) },
      { mm: { ...guest.mm, reserved: [] } },
      { mm: { ...guest.mm, bootLayout: guest.mm.bootLayout.slice(0, 1) } },
    ];
    for (const change of plainer) {
      const changed = { ...guest, ...change };
      if (JSON.stringify(changed) !== JSON.stringify(guest))
        yield withGuests(guests.map((g) => (g === guest ? changed : g)));
    }
  }
}

/** Seed, what is wrong, and everything that was drawn, as data to paste. */
export function formatWorldFailure(factory: WorldFactory, c: WorldCase, failure: WorldFailure): string {
  const list = (name: string, items: readonly unknown[]): string[] => [
    `  ${name}: [`,
    ...items.map((i) => `    ${JSON.stringify(i)},`),
    '  ],',
  ];
  const { hosts, links, guests, schedule, ...rest } = c.config;
  return [
    `SEED ${c.config.seed} (${factory.name}): tick ${failure.tick}: ${failure.text}`,
    `  ${JSON.stringify(rest)}, ticks: ${c.ticks}, restoreAt: ${JSON.stringify(c.restoreAt)}`,
    ...list('hosts', hosts),
    ...list('links', links),
    ...list('guests', guests),
    ...list('schedule', schedule),
    ...list('commands', c.commands),
  ].join('\n');
}

/* ---- the command line's door ---- */

export interface SimtestOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Called after every seed with the number done; false stops the run with what is done so far. */
  readonly onProgress: (done: number) => boolean | void;
}

export interface SimtestResult {
  /** Seeds run, the failing one included. */
  readonly done: number;
  /** Worlds whose guests did not fit, so that nothing was tested. */
  readonly unplaced: number;
  readonly commands: number;
  readonly rejected: number;
  /** The longest that a world took to settle. */
  readonly calmTicksMost: number;
  /** Null when all is well, else the report of the first failing seed, shrunk. */
  readonly failure: { readonly seed: number; readonly report: string } | null;
}

/** Attacks the engine with `seeds` worlds from `firstSeed` on; stops at the first that fails. */
export function runSimtest(options: SimtestOptions): SimtestResult {
  return runSimtestOn(engineWorldFactory, options);
}

export function runSimtestOn(factory: WorldFactory, { firstSeed, seeds, onProgress }: SimtestOptions): SimtestResult {
  const total = { done: 0, unplaced: 0, commands: 0, rejected: 0, calmTicksMost: 0 };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const drawn = drawWorldCase(seed);
    const run = runWorldCase(factory, drawn);
    total.done++;
    total.unplaced += run.placed ? 0 : 1;
    total.commands += run.commands;
    total.rejected += run.rejected;
    total.calmTicksMost = Math.max(total.calmTicksMost, run.calmTicks);
    if (run.failure !== null) {
      const small = shrinkWorldCase(factory, drawn);
      const failure = runWorldCase(factory, small).failure!;
      return { ...total, failure: { seed, report: formatWorldFailure(factory, small, failure) } };
    }
    if (onProgress(total.done) === false) break;
  }
  return { ...total, failure: null };
}
