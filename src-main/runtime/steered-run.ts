/**
 * The world of a session, steered by a person: stepped, given commands, taken back. Without threads or clocks; the commands
 * and the scenario are in submitted-commands.ts.
 *
 * (a) The scenario is its base with the commands submitted, each at its tick. The world's own configuration agrees with it
 *     at every moment.
 * (b) A command that is rejected leaves nothing behind: not in the world, its log, its events or the scenario.
 * (c) The world goes back by a replay from the last checkpoint on the way (run-checkpoints.ts). A replay works on a world
 *     of its own: until it is done nothing has changed, so it can be stopped.
 * (d) A replay that comes to another hash chain than the run did is a bug of ours, and thrown.
 */
import { MAX_LINE_CHARS } from '../../shared/model/limit.ts';
import { encode } from '../../shared/columns/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { SeriesPart } from '../../shared/protocol/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { Forecast } from '../../shared/model/forecast.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import {
  commandLabel,
  pendingText,
  REHEARSAL_LABEL,
  rejectionText,
  removalLabel,
} from '../../shared/view/words/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Written } from '../engine/index.ts';
import { InvariantError, World } from '../engine/index.ts';
import type { Scenario, ScenarioCommand, ScheduleChange } from '../scenario/index.ts';
import { rehearsalFrom, toWorldConfig } from '../scenario/index.ts';
import type { Checkpoint, CheckpointBounds } from './checkpoint.ts';
import { CommandOutcomes } from './command-outcomes.ts';
import { DocumentRoom } from './document-room.ts';
import { History } from './history.ts';
import type { LawWatchState } from '../jobs/law-watch.ts';
import { LawWatch } from '../jobs/law-watch.ts';
import { owedPages, pendingWork } from '../jobs/pending-work.ts';
import { NO_SUCH_VM, RequestDenied } from './request-denied.ts';
import { inputsOf, Recording } from '../jobs/recording.ts';
import { Replay } from './replay.ts';
import { RunCheckpoints } from './run-checkpoints.ts';
import type { Position } from './run-checkpoints.ts';
import type { SessionState } from './session-api.ts';
import type { MethodAnswer, MethodInput } from './session-table.ts';
import type { Submitted, SubmittedNow } from './submitted-commands.ts';
import { SubmittedCommands } from './submitted-commands.ts';

/** A line of a guest's shell that has written, and goes on. */
interface OpenLine extends Pick<Submitted, 'chain' | 'laws'> {
  readonly vm: string;
  readonly text: string;
  /** Of the world before its first write; null where it is too dear. */
  readonly checkpoint: Checkpoint | null;
  readonly room: DocumentRoom;
}

/** What the run knows of the session's state. */
export type RunState = Omit<SessionState, 'playing' | 'ticksPerSec' | 'measuredTicksPerSec' | 'busy'>;

export interface SteeredRunOptions {
  readonly version: string;
  readonly spillFolder: string;
  /** Milliseconds of any clock, to see what recording costs. */
  readonly nowMs: () => number;
  readonly checkpoints?: CheckpointBounds;
  /** Pages of all guests up to which a checkpoint is taken before every command. */
  readonly cheapPages?: number;
}

/** 4 GiB: a checkpoint takes some 60 ms then. */
const CHEAP_PAGES = 2 ** 20;

export type SteeredRunStart =
  | { readonly run: SteeredRun; readonly problems: readonly [] }
  | { readonly run: null; readonly problems: readonly PlacementProblem[] };

export class SteeredRun {
  readonly #options: SteeredRunOptions;
  readonly #checkpoints: RunCheckpoints;
  readonly #recording: Recording;
  readonly #history: History;
  readonly #laws: LawWatch;
  #world: World;
  readonly #commands: SubmittedCommands;
  readonly #outcomes = new CommandOutcomes();
  #eventsKept = Infinity;
  #inputs: RunState['inputs'] | null = null;
  #now: Snapshot | null = null;
  #line: OpenLine | null = null;

  /** @param scenario one that was read without errors. */
  static create(scenario: Scenario, options: SteeredRunOptions): SteeredRunStart {
    const { world, problems } = World.create(toWorldConfig(scenario));
    if (world === null) return { run: null, problems };
    return { run: new SteeredRun(scenario, world, options), problems: [] };
  }

  private constructor(scenario: Scenario, world: World, options: SteeredRunOptions) {
    this.#options = options;
    this.#commands = new SubmittedCommands(scenario);
    this.#world = world;
    this.#recording = new Recording(world);
    this.#laws = new LawWatch(world, { inParts: true });
    const pages = world.config.guests.reduce((sum, { mm }) => sum + mm.nrPages, 0);
    this.#checkpoints = new RunCheckpoints({
      ...{ folder: options.spillFolder, bounds: options.checkpoints, nowMs: options.nowMs },
      isDear: pages > (options.cheapPages ?? CHEAP_PAGES),
    });
    this.#history = new History({ folder: options.spillFolder, nowMs: options.nowMs });
    this.#history.add(this.#recording.before, { isBesideEvent: true, isAmended: false });
  }

  get tick(): number {
    return this.#world.tick;
  }

  get tickMs(): number {
    return this.#commands.tickMs;
  }

  get settled(): boolean {
    return this.#world.converged();
  }

  get broken(): boolean {
    return this.#laws.result.broken.length > 0;
  }

  get laws(): LawWatch['result'] {
    return this.#laws.result;
  }

  get events(): readonly WorldEvent[] {
    return this.#recording.events;
  }

  get text(): string {
    return this.#commands.text;
  }

  /** How many of the events have stood since this was last asked. */
  eventsKept(): number {
    const kept = this.#eventsKept;
    this.#eventsKept = Infinity;
    return kept;
  }

  tickOf(command: ScenarioCommand): number {
    return this.#commands.tickOf(command);
  }

  /** Indexes of the commands submitted into those of the text. */
  get given(): readonly number[] {
    return this.#commands.indexes;
  }

  /** Whether laws are being checked: `checkSome` goes on with it, and no tick is stepped before it is done. */
  get checking(): boolean {
    return this.#laws.checking;
  }

  checkSome(): void {
    this.#laws.checkSome();
  }

  /** One tick. What is recorded beside it takes its share of the time, no more. */
  step(): void {
    this.endLine();
    while (this.checking) this.checkSome();
    this.#checkpoints.worldChanged();
    const began = this.#options.nowMs();
    this.#outcomes.forecastScheduled(this.#world);
    if (this.#world.mayReachEvent() || this.#submittedNow) this.#recordBefore();
    this.#world.step();
    const events = this.#recording.afterTick();
    this.#laws.afterTick(events);
    this.#checkpoints.stepped(this.#options.nowMs() - began);
    this.#now = null;
    this.#history.afterTick(this.tick, events.length > 0, () => this.#world.snapshot('blocks'));
  }

  /** Makes sure that the present can be scrubbed to, as it is now. */
  recordNow(): void {
    if (this.#history.last === this.tick) {
      if (this.#history.chain === this.#world.chain) return;
      this.#history.truncate(this.tick);
    }
    const kind = { isBesideEvent: false, isAmended: this.#submittedNow };
    this.#history.record(kind, () => this.#world.snapshot('blocks'));
  }

  /** The moment before an event. */
  #recordBefore(): void {
    this.recordNow();
    this.#history.keepNewest();
  }

  /** Before a command: going back shows the world without it. A command to a large world does not wait for a frame. */
  #recordBeforeCommand(): void {
    if (this.#submittedNow) return;
    if (!this.#checkpoints.isDear) this.#recordBefore();
    else if (this.#history.last === this.tick) this.#history.keepNewest();
  }

  /** The world at this tick is another than the one that was stepped to. */
  get #submittedNow(): boolean {
    return this.#commands.last?.tick === this.tick;
  }

  get #position(): Position {
    return { tick: this.tick, applied: this.#commands.applied };
  }

  /** @param stands nothing steps it. @returns whether `checkpointSome` should be called. */
  checkpointDue(stands: boolean): boolean {
    return this.#line === null && !this.broken && this.#checkpoints.isDue(this.#position, stands);
  }

  checkpointSome(): void {
    this.#checkpoints.some(this.#position, { world: this.#world, recording: this.#recording });
  }

  checkNow(): void {
    this.#laws.checkNow();
  }

  forecast(submitted: SubmittedCommand): Forecast {
    const { command, rejection } = this.#commands.admit(submitted, this.tick);
    if (rejection !== null) return { type: 'other', vm: submitted.vm, rejection, effect: null };
    return this.#world.forecast(this.#commands.engineCommand(command));
  }

  /** Applies a command now and enters it into the scenario. What was taken back before can no longer be redone. */
  submit(submitted: SubmittedCommand): Rejection | null {
    this.endLine();
    const { command, rejection } = this.#commands.admit(submitted, this.tick);
    return rejection ?? this.#submitNew(command);
  }

  /** As submit, of a command that the scenario had before. */
  #submitNew(command: ScenarioCommand): Rejection | null {
    const submitted: SubmittedNow = {
      tick: this.tick,
      command,
      label: commandLabel(command),
      chain: this.#world.chain,
      laws: this.#laws.save(),
    };
    const rejection = this.#carryOut(submitted);
    if (rejection !== null) return rejection;
    this.#enter(submitted);
    return null;
  }

  #enter(submitted: Submitted): void {
    this.#checkpoints.commandEntered(this.#commands.applied);
    this.#commands.enter(submitted);
  }

  /** The files of a guest as it is now. */
  filesOf(vm: string): ReturnType<World['filesOf']> {
    return this.#world.filesOf(vm);
  }

  /**
   * A write of a line of a guest's shell. It takes effect at once; the line is one command, entered by `endLine` or before
   * anything else changes the world. @param text of the line.
   */
  writeFile(vm: string, text: string, path: string, content: string): Written {
    if (this.#line !== null && (this.#line.vm !== vm || this.#line.text !== text)) this.endLine();
    const { room } = (this.#line ??= this.#openLine(vm, text));
    if (!room.take(path, content)) return { ok: false, errno: 'ENOSPC' };
    this.#now = null;
    return this.#world.writeFile(path, content);
  }

  #openLine(vm: string, text: string): OpenLine {
    this.#recordBeforeCommand();
    const checkpoint = this.#checkpoints.beforeCommand({ world: this.#world, recording: this.#recording });
    this.#checkpoints.worldChanged();
    const line = { vm, text, checkpoint, chain: this.#world.chain, laws: this.#laws.save() };
    this.#world.beginLine(vm, shortened(text));
    return { ...line, room: new DocumentRoom(this.text.length, this.#commands.scenario.commands.length) };
  }

  /** What the open line has written so far becomes a command; nothing when no write has reached a file. */
  endLine(): void {
    const open = this.#line;
    if (open === null) return;
    this.#line = null;
    this.#now = null;
    if (this.#world.endLine() === 0) return;
    const { command } = this.#world.log.at(-1)!;
    if (command.type !== 'writeFiles') throw new InvariantError('line-command', { type: command.type });
    const entered: ScenarioCommand = { at: this.tick, ...command, writes: [...command.writes] };
    const { chain, laws, checkpoint } = open;
    this.#laws.worldChanged();
    this.#recording.afterCommand();
    this.#outcomes.applied(null);
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
    this.#enter({ tick: this.tick, command: entered, label: commandLabel(entered), chain, laws });
  }

  /** Applies it, with a checkpoint before it. */
  #carryOut({ command, label }: SubmittedNow): Rejection | null {
    const engineCommand = this.#commands.engineCommand(command);
    const forecast = this.#world.forecast(engineCommand);
    if (forecast.rejection !== null) return forecast.rejection;
    this.#recordBeforeCommand();
    const checkpoint = this.#checkpoints.beforeCommand({ world: this.#world, recording: this.#recording });
    this.#checkpoints.worldChanged();
    const rejection = this.#world.submit(engineCommand);
    this.#now = null;
    if (rejection !== null)
      throw new InvariantError('rejection-not-forecast', { command: label, slug: rejection.slug });
    this.#laws.worldChanged();
    this.#recording.afterCommand();
    this.#outcomes.applied(forecast);
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
    return null;
  }

  /** There is a command to take back, or a line of a shell that may become one. */
  get mayUndo(): boolean {
    return this.undoLabel !== null || this.#line !== null;
  }

  get undoLabel(): string | null {
    return this.#commands.undoLabel;
  }

  get redoLabel(): string | null {
    return this.#commands.redoLabel;
  }

  /** The way back to before the last submitted command; null when there is none. */
  startUndo(): Replay | null {
    this.endLine();
    const { applied } = this.#commands;
    return applied === 0 ? null : this.#replayTo(applied - 1);
  }

  finishUndo(replay: Replay): void {
    this.#arrive(replay);
    this.#commands.setApplied(replay.applied);
  }

  /** The way to where the last command was taken back; null when there is none. */
  startRedo(): Replay | null {
    this.endLine();
    const { applied, list } = this.#commands;
    return applied === list.length ? null : this.#replayTo(applied);
  }

  finishRedo(replay: Replay): void {
    this.#arrive(replay);
    const { applied, list } = this.#commands;
    const submitted = list[applied]!;
    if (submitted.command === null) {
      this.#checkpointHere();
      this.#commands.setApplied(applied + 1);
      this.#takeOverSchedule();
      return;
    }
    const rejection = this.#carryOut(submitted);
    if (rejection !== null)
      throw new InvariantError('redo-refused', { command: submitted.label, text: rejectionText(rejection) });
    this.#commands.setApplied(applied + 1);
  }

  /** A replay to before the submitted command number `applied`. */
  #replayTo(applied: number): Replay {
    const { list } = this.#commands;
    const target = list[applied]!;
    const checkpoint = this.#checkpoints.before(list, applied);
    const from = checkpoint?.applied ?? 0;
    const todo = list.slice(from, applied).flatMap(({ tick, command }) => {
      return command === null ? [] : { tick, command: this.#commands.engineCommand(command) };
    });
    // A change of the commands to come changes none that the way there applies, so it is made from the beginning on.
    return new Replay(this.#commands.scenarioOf(applied, from), checkpoint, {
      applied,
      tick: target.tick,
      chain: target.chain,
      todo,
    });
  }

  /** The world, the record and the laws of where a replay has come to. */
  #arrive(replay: Replay): void {
    const target = this.#commands.list[replay.applied]!;
    if (replay.world.chain !== target.chain)
      throw new InvariantError('replay-differs', { tick: target.tick, chain: replay.world.chain, was: target.chain });
    this.#goTo(replay.world, replay.recording(), target.laws);
    this.#history.truncate(target.tick);
  }

  #goTo(world: World, recording: Checkpoint['recording'], laws: LawWatchState): void {
    this.#world = world;
    this.#checkpoints.worldChanged();
    this.#recording.goBack(world, recording);
    this.#eventsKept = Math.min(this.#eventsKept, recording.events);
    this.#laws.goBack(world, laws);
    this.#outcomes.goBack(world.appliedCommands);
    this.#now = null;
  }

  /** Recovery: submits a command that was submitted before the process ended; where the world rejects it now, it stays in the
   *  scenario. */
  submitAgain(command: ScenarioCommand): void {
    if (this.#submitNew(command) !== null) this.schedule([command]);
  }

  /** Commands of this tick or later ones are entered as if the scenario had always had them. */
  schedule(commands: readonly ScenarioCommand[]): void {
    if (commands.length === 0) return;
    this.endLine();
    this.#commands.schedule(commands);
    const world = World.restore(toWorldConfig(this.#commands.scenario), this.#world.state());
    this.#goTo(world, this.#recording.save(), this.#laws.save());
  }

  /** Takes a command that is still to come out of the scenario. */
  unschedule(wanted: MethodInput<'run.unschedule'>): void {
    this.endLine();
    const found = this.commandsToCome().find(({ id }) => id === wanted.id);
    if (found === undefined || found.tick !== wanted.tick || found.text !== wanted.text)
      throw new RequestDenied('This command is not to come any more.');
    const { command, tick } = found;
    this.#changeSchedule({ removed: [command], added: [] }, removalLabel(command, tick, this.tickMs));
  }

  /** Enters a compaction of each VM, one after the other from now on. */
  rehearse(): void {
    this.endLine();
    const added = rehearsalFrom(this.#commands.scenario, this.tick);
    if (added === null) throw new RequestDenied('The scenario has no room for so many commands more.');
    this.#changeSchedule({ removed: [], added }, REHEARSAL_LABEL);
  }

  #changeSchedule(schedule: ScheduleChange, label: string): void {
    const wrong = this.#commands.wrongAfter(schedule);
    if (wrong !== null)
      throw new RequestDenied(`Then "${commandLabel(wrong.command)}" would make no sense. ${wrong.why}`);
    const { chain } = this.#world;
    this.#recordBeforeCommand();
    this.#checkpointHere();
    this.#enter({ tick: this.tick, command: null, schedule, label, chain, laws: this.#laws.save() });
    this.#takeOverSchedule();
  }

  /** Of the world before a change of the commands to come. */
  #checkpointHere(): void {
    const checkpoint = this.#checkpoints.beforeCommand({ world: this.#world, recording: this.#recording });
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
  }

  /** The world's commands to come are those of the scenario. */
  #takeOverSchedule(): void {
    const toCome = this.commandsToCome();
    this.#world.reschedule(
      toCome.map(({ tick, command }) => ({ at: tick, command: this.#commands.engineCommand(command) })),
    );
  }

  /** In the order in which they will be applied; `id` is the place in the scenario. */
  commandsToCome(): MethodAnswer<'run.schedule'>['output']['commands'] {
    return this.#commands.scenario.commands
      .map((command, id) => ({ id, tick: this.tickOf(command), command, text: commandLabel(command) }))
      .sort((a, b) => a.tick - b.tick)
      .slice(this.#world.appliedCommands);
  }

  rename(name: string): void {
    this.#commands.rename(name);
  }

  /** The present, with the pageblocks of one VM or none. */
  frame(blocksOf: string | null): Snapshot {
    const index = blocksOf === null ? -1 : this.#guestNamed(blocksOf);
    return index < 0 ? this.#present() : this.#world.snapshot('blocks', { blocksOf: [index] });
  }

  /** Ticks that have a recorded frame, ascending. */
  frameTicks(): readonly number[] {
    return this.#history.ticks();
  }

  /** The recorded frame at a tick, or the last before it. */
  frameAt(tick: number): Snapshot {
    return this.#history.frameAt(tick);
  }

  tiles(vm: string, fromPfn: number, pages: number): ReturnType<World['tiles']> {
    return this.#world.tiles(this.#world.guests.indexOf(this.guest(vm)), fromPfn, pages);
  }

  /** As it is now: to be looked at. */
  guest(vm: string): World['guests'][number] {
    const index = this.#guestNamed(vm);
    if (index < 0) throw new RequestDenied(NO_SUCH_VM);
    return this.#world.guests[index]!;
  }

  /** The points that a window does not have yet. */
  seriesPart(haveTick: number | null, stride: number): SeriesPart {
    return this.#recording.seriesPart(haveTick, stride);
  }

  hashes(): { readonly tick: number; readonly hash: string; readonly chain: string } {
    this.endLine();
    return { tick: this.tick, hash: this.#world.hash(), chain: this.#world.chain };
  }

  record(): RunRecord {
    this.endLine();
    const ending = this.broken ? 'brokenLaw' : this.settled ? 'settled' : 'ticks';
    return this.#recording.record(this.#commands.scenario, this.#options.version, this.laws, ending);
  }

  /** @param exact the lags of this very tick; otherwise those of the last snapshot of the series will do. */
  state(exact: boolean): RunState {
    const world = this.#world;
    const { description, name } = this.#commands.scenario;
    const latest = exact ? this.#present() : this.#recording.latest;
    return {
      name,
      description: description ?? '',
      tick: world.tick,
      tickMs: world.config.tickMs,
      seed: world.config.seed,
      settled: world.converged(),
      pendingWork: pendingWork(world, latest).map(pendingText),
      owedPages: owedPages(world, latest),
      undo: this.undoLabel,
      redo: this.redoLabel,
      commands: this.#outcomes.list(world, this.events, this.#commands),
      laws: this.laws,
      chain: world.chain,
      inputs: (this.#inputs ??= inputsOf(world.config)),
      events: this.events.length,
      history: this.#history.figures(),
    };
  }

  #present(): Snapshot {
    const { latest } = this.#recording;
    // A command submitted since may have changed the world without time passing.
    const { level, tick, chain } = latest.header;
    if (level === 'accounts' && tick === this.tick && chain === this.#world.chain) return latest;
    return (this.#now ??= this.#world.snapshot('accounts'));
  }

  #guestNamed(name: string): number {
    return this.#world.config.guests.findIndex((guest) => guest.name === name);
  }
}

/** A frame on its way to another thread. */
export const frameBytes = (snapshot: Snapshot): Uint8Array<ArrayBuffer> => new Uint8Array(encode(snapshot));

/** A command of the shell, over however many lines, as a scenario has room for it. */
const shortened = (text: string): string =>
  text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS - 1)}…` : text;
