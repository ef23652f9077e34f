/**
 * The world of a session, with all that is kept of its run and the commands that a person gave: what a session does,
 * without threads or clocks.
 *
 * (a) The scenario is its base with the commands given, each at the tick it was given at. The world's own configuration
 *     agrees with it at every moment.
 * (b) A command that is refused leaves nothing behind: not in the world, its log, its events or the scenario.
 * (c) The world goes back by a replay from the last checkpoint on the way (run-checkpoints.ts). A replay works on a world
 *     of its own: until it is done nothing has changed, so it can be stopped.
 * (d) A replay that comes to another hash chain than the run did is a bug of ours, and thrown.
 */
import { MAX_LINE_CHARS } from '../../shared/model/limit.ts';
import { encode } from '../../shared/columns/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { DocumentCommand, SeriesPart } from '../../shared/protocol/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import { engineCommand } from '../../shared/schema/command.ts';
import type { Forecast } from '../../shared/model/forecast.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { Command } from '../../shared/model/command.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { commandLabel, pendingText, rejectionText } from '../../shared/view/words/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Written } from '../engine/index.ts';
import { InvariantError, World } from '../engine/index.ts';
import type { Scenario, ScenarioCommand } from '../scenario/index.ts';
import {
  canonicalText,
  commandPlace,
  enterCommand,
  submittedIndexes,
  tickOf,
  toWorldConfig,
  withSubmitted,
} from '../scenario/index.ts';
import type { Checkpoint, CheckpointBounds } from './checkpoint.ts';
import { DocumentRoom } from './document-room.ts';
import { History } from './history.ts';
import type { LawWatchState } from '../jobs/law-watch.ts';
import { LawWatch } from '../jobs/law-watch.ts';
import { owedPages, pendingWork } from '../jobs/pending-work.ts';
import { RequestDenied } from './request-denied.ts';
import { inputsOf, recordedCommands, Recording } from '../jobs/recording.ts';
import { Replay } from './replay.ts';
import { RunCheckpoints } from './run-checkpoints.ts';
import type { Position } from './run-checkpoints.ts';
import type { SessionState } from './session-api.ts';

/** A command that a person gave, and what stood before it. */
interface Given {
  readonly tick: number;
  readonly command: ScenarioCommand;
  readonly label: string;
  /** Of the world before it. */
  readonly chain: string;
  readonly laws: LawWatchState;
}

/** A line of a guest's shell that has written, and goes on. */
interface OpenLine extends Pick<Given, 'chain' | 'laws'> {
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
  /** Without what was given. */
  #base: Scenario;
  #scenario: Scenario;
  /** Applied ones first, then those taken back, the next to be given again first. */
  readonly #given: Given[] = [];
  #applied = 0;
  /** By the order in which commands were applied. */
  #forecasts: (Forecast | null)[] = [];
  #commands: { readonly key: string; readonly list: readonly DocumentCommand[] } | null = null;
  #eventsKept = Infinity;
  #text: { readonly scenario: Scenario; readonly text: string } | null = null;
  #inputs: RunState['inputs'] | null = null;
  #now: Snapshot | null = null;
  #line: OpenLine | null = null;
  /** A command was given at this tick before it had a frame: it gets none, as that would show the command. */
  #unrecordedTick = -1;

  /** @param scenario one that was read without errors. */
  static create(scenario: Scenario, options: SteeredRunOptions): SteeredRunStart {
    const { world, problems } = World.create(toWorldConfig(scenario));
    if (world === null) return { run: null, problems };
    return { run: new SteeredRun(scenario, world, options), problems: [] };
  }

  private constructor(scenario: Scenario, world: World, options: SteeredRunOptions) {
    this.#options = options;
    this.#base = scenario;
    this.#scenario = scenario;
    this.#world = world;
    this.#recording = new Recording(world);
    this.#laws = new LawWatch(world, { inParts: true });
    const pages = world.config.guests.reduce((sum, { mm }) => sum + mm.nrPages, 0);
    this.#checkpoints = new RunCheckpoints({
      ...{ folder: options.spillFolder, bounds: options.checkpoints, nowMs: options.nowMs },
      isDear: pages > (options.cheapPages ?? CHEAP_PAGES),
    });
    this.#history = new History({ folder: options.spillFolder, nowMs: options.nowMs });
    this.#history.add(this.#recording.before, true);
  }

  get tick(): number {
    return this.#world.tick;
  }

  get tickMs(): number {
    return this.#base.tickMs;
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
    if (this.#text?.scenario !== this.#scenario)
      this.#text = { scenario: this.#scenario, text: canonicalText(this.#scenario) };
    return this.#text.text;
  }

  /** How many of the events have stood since this was last asked. */
  eventsKept(): number {
    const kept = this.#eventsKept;
    this.#eventsKept = Infinity;
    return kept;
  }

  tickOf(command: ScenarioCommand): number {
    return tickOf(command, this.#base.tickMs);
  }

  /** Indexes of the commands given into those of the text. */
  get given(): readonly number[] {
    return submittedIndexes(this.#base, this.#appliedCommands());
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
    this.#foreseeScheduled();
    this.#world.step();
    const events = this.#recording.afterTick();
    this.#laws.afterTick(events);
    this.#checkpoints.stepped(this.#options.nowMs() - began);
    this.#now = null;
    this.#history.afterTick(this.tick, events.length > 0, () => this.#world.snapshot('blocks'));
  }

  /** Makes sure that the present can be scrubbed to. */
  recordNow(): void {
    if (this.#history.last < this.tick && this.tick !== this.#unrecordedTick)
      this.#history.add(this.#world.snapshot('blocks'), false);
  }

  /** A frame of this tick shows the world before its commands: taking one back must not change it. */
  #recordBeforeCommand(): void {
    if (this.#checkpoints.isDear && this.#history.last < this.tick) this.#unrecordedTick = this.tick;
    else this.recordNow();
  }

  get #position(): Position {
    return { tick: this.tick, applied: this.#applied };
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

  forecast(given: SubmittedCommand): Forecast {
    const { command, rejection } = enterCommand(this.#base, this.#appliedCommands(), given, this.tick);
    if (rejection !== null) return { type: 'other', vm: given.vm, rejection, effect: null };
    return this.#world.forecast(this.#engineCommand(command));
  }

  /** Applies a command now and enters it into the scenario. What was taken back before can no longer be given again. */
  submit(given: SubmittedCommand): Rejection | null {
    this.endLine();
    const { command, rejection } = enterCommand(this.#base, this.#appliedCommands(), given, this.tick);
    return rejection ?? this.#submitNew(command);
  }

  /** As submit, of a command that the scenario had before. */
  #submitNew(command: ScenarioCommand): Rejection | null {
    const given: Given = {
      tick: this.tick,
      command,
      label: commandLabel(command),
      chain: this.#world.chain,
      laws: this.#laws.save(),
    };
    const rejection = this.#carryOut(given);
    if (rejection !== null) return rejection;
    this.#enter(given);
    return null;
  }

  /** It has been applied: what was taken back before can no longer be given again. */
  #enter(given: Given): void {
    this.#given.splice(this.#applied);
    this.#checkpoints.commandEntered(this.#applied);
    this.#given.push(given);
    this.#applied++;
    this.#scenario = withSubmitted(this.#base, this.#appliedCommands());
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
    return { ...line, room: new DocumentRoom(this.text.length, this.#scenario.commands.length) };
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
    const given: ScenarioCommand = { at: this.tick, ...command, writes: [...command.writes] };
    const { chain, laws, checkpoint } = open;
    this.#laws.worldChanged();
    this.#recording.afterCommand();
    this.#forecasts.push(null);
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
    this.#enter({ tick: this.tick, command: given, label: commandLabel(given), chain, laws });
  }

  /** Applies it, with a checkpoint before it. */
  #carryOut(given: Given): Rejection | null {
    const engineCommand = this.#engineCommand(given.command);
    const forecast = this.#world.forecast(engineCommand);
    if (forecast.rejection !== null) return forecast.rejection;
    this.#recordBeforeCommand();
    const checkpoint = this.#checkpoints.beforeCommand({ world: this.#world, recording: this.#recording });
    this.#checkpoints.worldChanged();
    const rejection = this.#world.submit(engineCommand);
    this.#now = null;
    if (rejection !== null)
      throw new InvariantError('rejection-not-forecast', { command: given.label, slug: rejection.slug });
    this.#laws.worldChanged();
    this.#recording.afterCommand();
    this.#forecasts.push(forecast);
    if (checkpoint !== null) this.#checkpoints.put(this.#position, checkpoint);
    return null;
  }

  /** There is a command to take back, or a line of a shell that may become one. */
  get mayUndo(): boolean {
    return this.undoLabel !== null || this.#line !== null;
  }

  get undoLabel(): string | null {
    return this.#given[this.#applied - 1]?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.#given[this.#applied]?.label ?? null;
  }

  /** The way back to before the last given command; null when there is none. */
  startUndo(): Replay | null {
    this.endLine();
    return this.#applied === 0 ? null : this.#replayTo(this.#applied - 1);
  }

  finishUndo(replay: Replay): void {
    this.#arrive(replay);
    this.#applied = replay.applied;
    this.#scenario = withSubmitted(this.#base, this.#appliedCommands());
  }

  /** The way to where the last command was taken back; null when there is none. */
  startRedo(): Replay | null {
    this.endLine();
    return this.#applied === this.#given.length ? null : this.#replayTo(this.#applied);
  }

  finishRedo(replay: Replay): void {
    this.#arrive(replay);
    const given = this.#given[this.#applied]!;
    const rejection = this.#carryOut(given);
    if (rejection !== null)
      throw new InvariantError('redo-refused', { command: given.label, text: rejectionText(rejection) });
    this.#applied++;
    this.#scenario = withSubmitted(this.#base, this.#appliedCommands());
  }

  /** A replay to before the given command number `applied`. */
  #replayTo(applied: number): Replay {
    const target = this.#given[applied]!;
    const checkpoint = this.#checkpoints.before(this.#given, applied);
    const from = checkpoint?.applied ?? 0;
    const scenario = withSubmitted(this.#base, this.#appliedCommands().slice(0, from));
    const todo = this.#given
      .slice(from, applied)
      .map(({ tick, command }) => ({ tick, command: this.#engineCommand(command) }));
    return new Replay(scenario, checkpoint, { applied, tick: target.tick, chain: target.chain, todo });
  }

  /** The world, the record and the laws of where a replay has come to. */
  #arrive(replay: Replay): void {
    const target = this.#given[replay.applied]!;
    if (replay.world.chain !== target.chain)
      throw new InvariantError('replay-differs', { tick: target.tick, chain: replay.world.chain, was: target.chain });
    this.#goTo(replay.world, replay.recording(), target.laws);
    this.#history.truncate(target.tick);
    this.#unrecordedTick = -1;
  }

  #goTo(world: World, recording: Checkpoint['recording'], laws: LawWatchState): void {
    this.#world = world;
    this.#checkpoints.worldChanged();
    this.#recording.goBack(world, recording);
    this.#eventsKept = Math.min(this.#eventsKept, recording.events);
    this.#laws.goBack(world, laws);
    this.#forecasts = this.#forecasts.slice(0, world.appliedCommands);
    this.#now = null;
    this.#commands = null;
  }

  /** Recovery: gives a command that was given before the process ended; where the world refuses it now, it stays in the scenario. */
  submitAgain(command: ScenarioCommand): void {
    if (this.#submitNew(command) !== null) this.schedule([command]);
  }

  /** Commands of this tick or later ones are entered as if the scenario had always had them. */
  schedule(commands: readonly ScenarioCommand[]): void {
    if (commands.length === 0) return;
    this.endLine();
    this.#base = withSubmitted(this.#base, commands);
    this.#scenario = withSubmitted(this.#base, this.#appliedCommands());
    const world = World.restore(toWorldConfig(this.#scenario), this.#world.state());
    this.#goTo(world, this.#recording.save(), this.#laws.save());
  }

  rename(name: string): void {
    this.#base = { ...this.#base, name };
    this.#scenario = { ...this.#scenario, name };
  }

  /** The present, with the pageblocks of one VM or none. */
  frame(blocksOf: string | null): Snapshot {
    const index = blocksOf === null ? -1 : this.#guestNamed(blocksOf);
    return index < 0 ? this.#present() : this.#world.snapshot('blocks', { blocksOf: [index] });
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
    if (index < 0) throw new RequestDenied(`There is no VM named ${vm}.`);
    return this.#world.guests[index]!;
  }

  /** The points that a window does not have yet. */
  seriesPart(haveTick: number | null, stride: number): SeriesPart {
    return this.#recording.series.since(haveTick, stride);
  }

  hashes(): { readonly tick: number; readonly hash: string; readonly chain: string } {
    this.endLine();
    return { tick: this.tick, hash: this.#world.hash(), chain: this.#world.chain };
  }

  record(): RunRecord {
    this.endLine();
    const ending = this.broken ? 'brokenLaw' : this.settled ? 'settled' : 'ticks';
    return this.#recording.record(this.#scenario, this.#options.version, this.laws, ending);
  }

  /** @param exact the lags of this very tick; otherwise those of the last snapshot of the series will do. */
  state(exact: boolean): RunState {
    const world = this.#world;
    const { description, name } = this.#scenario;
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
      commands: this.#documentCommands(),
      laws: this.laws,
      chain: world.chain,
      inputs: (this.#inputs ??= inputsOf(world.config)),
      events: this.events.length,
      history: this.#history.figures(),
    };
  }

  #present(): Snapshot {
    const { latest } = this.#recording;
    // A command given since may have changed the world without time passing.
    const { level, tick, chain } = latest.header;
    if (level === 'accounts' && tick === this.tick && chain === this.#world.chain) return latest;
    return (this.#now ??= this.#world.snapshot('accounts'));
  }

  #documentCommands(): readonly DocumentCommand[] {
    const key = `${this.#world.appliedCommands}/${this.events.length}/${this.#applied}/${this.#scenario.commands.length}`;
    if (this.#commands?.key === key) return this.#commands.list;
    const came = recordedCommands(this.#world.log, this.events, 'It is under way.');
    const list = [...this.#scenario.commands]
      .map((command) => ({ command, tick: tickOf(command, this.#scenario.tickMs) }))
      .sort((a, b) => a.tick - b.tick)
      .map(({ command, tick }, i): DocumentCommand => {
        const { applied, text } = came[i] ?? { applied: null, text: '' };
        return {
          tick,
          text: commandLabel(command),
          type: command.type,
          vm: command.vm,
          state: applied === null ? 'pending' : applied ? 'applied' : 'rejected',
          outcome: text,
          forecast: this.#forecasts[i] ?? null,
        };
      });
    this.#commands = { key, list };
    return list;
  }

  /** Forecasts of the commands that the next tick begins with, while the world is as it was before them. */
  #foreseeScheduled(): void {
    const { nextScheduledTick, appliedCommands, config } = this.#world;
    if (nextScheduledTick !== this.tick) return;
    const due = [...config.schedule].sort((a, b) => a.at - b.at).slice(appliedCommands);
    for (const { at, command } of due) {
      if (at !== this.tick) return;
      const moves = command.type === 'compact' || command.type === 'migrate';
      this.#forecasts.push(moves ? this.#world.forecast(command) : null);
    }
  }

  #guestNamed(name: string): number {
    return this.#world.config.guests.findIndex((guest) => guest.name === name);
  }

  #engineCommand(command: ScenarioCommand): Command {
    const vm = this.#base.vms.find(({ name }) => name === command.vm)!;
    return engineCommand(command, commandPlace(vm, this.#base.tickMs));
  }

  #appliedCommands(): ScenarioCommand[] {
    return this.#given.slice(0, this.#applied).map(({ command }) => command);
  }
}

/** A frame on its way to another thread. */
export const frameBytes = (snapshot: Snapshot): Uint8Array<ArrayBuffer> => new Uint8Array(encode(snapshot));

/** A command of the shell, over however many lines, as a scenario has room for it. */
const shortened = (text: string): string =>
  text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS - 1)}…` : text;
