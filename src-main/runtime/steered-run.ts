/**
 * A run steered by a person: its world is stepped, given commands, taken back. Without threads or clocks; the commands and
 * the scenario are in submitted-commands.ts, the world and what is recorded of it in recorded-world.ts.
 *
 * (a) The scenario is its base with the commands submitted, each at its tick. The world's own configuration agrees with it
 *     at every moment.
 * (b) A command that is rejected leaves nothing behind: not in the world, its log, its events or the scenario.
 * (c) The world goes back by a replay from the last checkpoint on the way (run-checkpoints.ts). A replay works on a world
 *     of its own: until it is done nothing has changed, so it can be stopped.
 * (d) A replay that comes to another hash chain than the run did is a bug of ours, and thrown.
 */
import { MAX_LINE_CHARS } from '../../shared/model/limit.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { Forecast } from '../../shared/model/forecast.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import {
  changeLabel,
  commandLabel,
  moveLabel,
  pendingText,
  REHEARSAL_LABEL,
  rejectionText,
  removalLabel,
} from '../../shared/view/words/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import type { Parts, Written } from '../engine/index.ts';
import { guestPagesOf, InvariantError, wholeOf, World } from '../engine/index.ts';
import type { Scenario, ScenarioCommand, ScheduleChange } from '../scenario/index.ts';
import { parsedCommand, rehearsalFrom, toWorldConfig } from '../scenario/index.ts';
import { CommandOutcomes } from './command-outcomes.ts';
import { DocumentRoom } from './document-room.ts';
import type { Standing } from './edit-history.ts';
import { owedPages, pendingWork } from '../jobs/pending-work.ts';
import { inputsOf } from '../jobs/recording.ts';
import { type BeforeCommand, RecordedWorld, type RecordedWorldOptions } from './recorded-world.ts';
import { Replay } from './replay.ts';
import { RequestDenied } from './request-denied.ts';
import type { SessionState } from './session-api.ts';
import type { MethodAnswer, MethodInput } from './session-table.ts';
import type { Submitted } from './submitted-commands.ts';
import type { JournalChanges } from './submitted-journal.ts';
import { SubmittedCommands } from './submitted-commands.ts';

/** A line of a guest's shell that has written, and goes on. */
interface OpenLine {
  readonly vm: string;
  readonly text: string;
  /** Of the world before its first write. */
  readonly before: BeforeCommand;
  readonly room: DocumentRoom;
}

type CarriedOut =
  | { readonly before: BeforeCommand; readonly rejection: null }
  | { readonly before: null; readonly rejection: Rejection };

/** What the run knows of the session's state. */
export type RunState = Omit<SessionState, 'playing' | 'ticksPerSec' | 'measuredTicksPerSec' | 'busy' | 'edition'>;

export interface SteeredRunOptions extends RecordedWorldOptions {
  readonly version: string;
}

export type SteeredRunStart =
  | { readonly run: SteeredRun; readonly problems: readonly [] }
  | { readonly run: null; readonly problems: readonly PlacementProblem[] };

export class SteeredRun {
  readonly recorded: RecordedWorld;
  readonly #version: string;
  readonly #commands: SubmittedCommands;
  readonly #outcomes = new CommandOutcomes();
  #inputs: RunState['inputs'] | null = null;
  #line: OpenLine | null = null;

  /** @param scenario one that was read without errors. */
  static create(scenario: Scenario, options: SteeredRunOptions): SteeredRunStart {
    return wholeOf(SteeredRun.createInParts(scenario, options, () => undefined));
  }

  /** As create. @param making is told how many pages of all guests are made. */
  static *createInParts(
    scenario: Scenario,
    options: SteeredRunOptions,
    making: (pages: number, ofPages: number) => void,
  ): Parts<SteeredRunStart> {
    const config = toWorldConfig(scenario);
    const ofPages = guestPagesOf(config);
    const { world, problems } = yield* World.createInParts(config, (pages) => making(pages, ofPages));
    if (world === null) return { run: null, problems };
    return { run: new SteeredRun(scenario, world, options), problems: [] };
  }

  private constructor(scenario: Scenario, world: World, options: SteeredRunOptions) {
    this.#version = options.version;
    this.#commands = new SubmittedCommands(scenario);
    this.recorded = new RecordedWorld(world, this.#commands, options);
  }

  get tick(): number {
    return this.#world.tick;
  }

  get tickMs(): number {
    return this.#commands.tickMs;
  }

  get text(): string {
    return this.#commands.text;
  }

  get scenario(): Scenario {
    return this.#commands.scenario;
  }

  /** How much was ever entered: commands, and changes of those to come. */
  get entered(): number {
    return this.#commands.entered;
  }

  /** All that another run needs to come to where this one stands. */
  standing(): Standing {
    this.endLine();
    const { scenario, text, indexes, rescheduled } = this.#commands;
    return { scenario, text, given: indexes, rescheduled, tick: this.tick };
  }

  tickOf(command: ScenarioCommand): number {
    return this.#commands.tickOf(command);
  }

  /** Indexes of the commands submitted into those of the text. */
  get given(): readonly number[] {
    return this.#commands.indexes;
  }

  /** Changes of the commands to come, as a journal keeps them. */
  get rescheduled(): JournalChanges | null {
    return this.#commands.rescheduled;
  }

  get #world(): World {
    return this.recorded.world;
  }

  /** One tick. */
  step(): void {
    while (!this.stepSome());
  }

  /** A part of a tick. @returns whether the tick is done. */
  stepSome(): boolean {
    if (!this.recorded.isInTick) this.endLine();
    return this.recorded.stepSome((world) => this.#outcomes.forecastScheduled(world));
  }

  /** @param stands nothing steps it. @returns whether `recorded.checkpointSome` should be called. */
  checkpointDue(stands: boolean): boolean {
    return this.#line === null && !this.recorded.isInTick && this.recorded.checkpointDue(stands);
  }

  // Commands

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
    const label = commandLabel(command);
    const { before, rejection } = this.#carryOut(command);
    if (before === null) return rejection;
    const { chain, laws } = before;
    this.#enter({ tick: this.tick, command, label, chain, laws });
    return null;
  }

  /** Applies it, with a checkpoint before it. */
  #carryOut(command: ScenarioCommand): CarriedOut {
    const engineCommand = this.#commands.engineCommand(command);
    const forecast = this.#world.forecast(engineCommand);
    if (forecast.rejection !== null) return { before: null, rejection: forecast.rejection };
    const before = this.recorded.beforeCommand();
    const rejection = this.#world.submit(engineCommand);
    if (rejection !== null)
      throw new InvariantError('rejection-not-forecast', { command: commandLabel(command), slug: rejection.slug });
    this.recorded.afterCommand(before);
    this.#outcomes.applied(forecast);
    return { before, rejection: null };
  }

  #enter(submitted: Submitted): void {
    this.recorded.commandEntered();
    this.#commands.enter(submitted);
  }

  // Lines of a guest's shell

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
    this.recorded.changed();
    return this.#world.writeFile(path, content);
  }

  #openLine(vm: string, text: string): OpenLine {
    const before = this.recorded.beforeCommand();
    this.#world.beginLine(vm, shortened(text));
    return { vm, text, before, room: new DocumentRoom(this.text.length, this.#commands.scenario.commands.length) };
  }

  /** What the open line has written so far becomes a command; nothing when no write has reached a file. */
  endLine(): void {
    const open = this.#line;
    if (open === null) return;
    this.#line = null;
    this.recorded.changed();
    if (this.#world.endLine() === 0) return;
    const { command } = this.#world.log.at(-1)!;
    if (command.type !== 'writeFiles') throw new InvariantError('line-command', { type: command.type });
    const entered: ScenarioCommand = { at: this.tick, ...command, writes: [...command.writes] };
    this.recorded.afterCommand(open.before);
    this.#outcomes.applied(null);
    const { chain, laws } = open.before;
    this.#enter({ tick: this.tick, command: entered, label: commandLabel(entered), chain, laws });
  }

  // Back and forth

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
      this.recorded.keepCheckpoint(this.recorded.beforeCommand());
      this.#commands.setApplied(applied + 1);
      this.#takeOverSchedule();
      return;
    }
    const { rejection } = this.#carryOut(submitted.command);
    if (rejection !== null)
      throw new InvariantError('redo-refused', { command: submitted.label, text: rejectionText(rejection) });
    this.#commands.setApplied(applied + 1);
  }

  /** A replay to before the submitted command number `applied`. */
  #replayTo(applied: number): Replay {
    const { list } = this.#commands;
    const target = list[applied]!;
    const checkpoint = this.recorded.checkpointBefore(list, applied);
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
    this.recorded.goTo(replay.world, replay.recording(), target.laws);
    this.recorded.forgetFrom(target.tick);
    this.#outcomes.goBack(replay.world.appliedCommands);
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
    this.recorded.replace(world);
    this.#outcomes.goBack(world.appliedCommands);
  }

  /** Takes a command that is still to come out of the scenario. */
  unschedule(wanted: MethodInput<'run.unschedule'>): void {
    this.endLine();
    const { command, tick } = this.#toCome(wanted);
    this.changeSchedule({ removed: [command], added: [] }, removalLabel(command, tick, this.tickMs));
  }

  /** Puts another in the place of a command that is still to come, or the same at another tick. */
  reschedule(wanted: MethodInput<'run.reschedule'>): void {
    this.endLine();
    const { command: old, tick } = this.#toCome(wanted);
    const { toTick } = wanted;
    if (toTick < this.tick) throw new RequestDenied('That time is over.');
    const { at: _at, atMs: _atMs, ...same } = old;
    const command = parsedCommand({ at: toTick, ...(wanted.command ?? same) });
    if (command === null) throw new RequestDenied('That is no command.');
    const label =
      wanted.command === null
        ? moveLabel(old, tick, toTick, this.tickMs)
        : changeLabel(command, tick, toTick, this.tickMs);
    this.changeSchedule({ removed: [old], added: [command] }, label);
  }

  #toCome(wanted: { readonly id: number; readonly tick: number; readonly text: string }) {
    const found = this.commandsToCome().find(({ id }) => id === wanted.id);
    if (found === undefined || found.tick !== wanted.tick || found.text !== wanted.text)
      throw new RequestDenied('This command is not to come any more.');
    return found;
  }

  /** Enters a compaction of each VM, one after the other from now on. */
  rehearse(): void {
    this.endLine();
    const added = rehearsalFrom(this.#commands.scenario, this.tick);
    if (added === null) throw new RequestDenied('The scenario has no room for so many commands more.');
    this.changeSchedule({ removed: [], added }, REHEARSAL_LABEL);
  }

  /** Also of a recovery: as a person made it before. */
  changeSchedule(schedule: ScheduleChange, label: string): void {
    const wrong = this.#commands.wrongAfter(schedule);
    if (wrong !== null)
      throw new RequestDenied(`Then "${commandLabel(wrong.command)}" would make no sense. ${wrong.why}`);
    const before = this.recorded.beforeCommand();
    this.recorded.keepCheckpoint(before);
    const { chain, laws } = before;
    this.#enter({ tick: this.tick, command: null, schedule, label, chain, laws });
    this.#takeOverSchedule();
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

  // What is told of it

  hashes(): { readonly tick: number; readonly hash: string; readonly chain: string } {
    this.endLine();
    return { tick: this.tick, hash: this.#world.hash(), chain: this.#world.chain };
  }

  record(): RunRecord {
    this.endLine();
    return this.recorded.record(this.#commands.scenario, this.#version);
  }

  /** @param exact the lags of this very tick; otherwise those of the last snapshot of the series will do. */
  state(exact: boolean): RunState {
    const { world, events, laws } = this.recorded;
    const { description, name } = this.#commands.scenario;
    const latest = exact ? this.recorded.present() : this.recorded.latest;
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
      commands: this.#outcomes.list(world, events, this.#commands),
      laws,
      chain: world.chain,
      inputs: (this.#inputs ??= inputsOf(world.config)),
      events: events.length,
      history: this.recorded.historyFigures(),
    };
  }
}

/** A command of the shell, over however many lines, as a scenario has room for it. */
const shortened = (text: string): string =>
  text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS - 1)}…` : text;
