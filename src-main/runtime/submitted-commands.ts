/**
 * What a person did to a scenario, and the scenario with it: its base, each command at the tick it was submitted at, and
 * each change of the commands to come. Undo takes the last one out, redo puts it back; a new one ends what could be redone.
 *
 * (a) A change of the commands to come leaves all that were applied when it was made: the same world comes of the
 *     scenario with and without it, up to the tick it was made at.
 */
import type { Command } from '../../shared/model/command.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import { engineCommand } from '../../shared/schema/command.ts';
import type { JournalChanges } from './submitted-journal.ts';
import { journalChanges } from './submitted-journal.ts';
import type { LawWatchState } from '../jobs/law-watch.ts';
import type { ScheduleChange, Scenario, ScenarioCommand } from '../scenario/index.ts';
import {
  canonicalText,
  commandPlace,
  enterCommand,
  submittedIndexes,
  tickOf,
  withScheduleChange,
  withSubmitted,
  wrongCommand,
} from '../scenario/index.ts';

/** A command that a person submitted, or a change of those to come, and what stood before it. */
export type Submitted = SubmittedNow | Rescheduled;

interface SubmittedNow extends Before {
  readonly command: ScenarioCommand;
}

interface Rescheduled extends Before {
  readonly command: null;
  readonly schedule: ScheduleChange;
}

interface Before {
  readonly tick: number;
  readonly label: string;
  /** Of the world before it. */
  readonly chain: string;
  readonly laws: LawWatchState;
}

export class SubmittedCommands {
  /** Without what was submitted. */
  #base: Scenario;
  #scenario: Scenario;
  /** Applied ones first, then those taken back, the next to be redone first. */
  readonly #list: Submitted[] = [];
  #applied = 0;
  #rescheduled: { readonly scenario: Scenario; readonly changes: JournalChanges | null } | null = null;
  #entered = 0;
  #text: { readonly scenario: Scenario; readonly text: string } | null = null;

  /** @param scenario with none submitted yet. */
  constructor(scenario: Scenario) {
    this.#base = scenario;
    this.#scenario = scenario;
  }

  /** How many were ever entered: no undo takes that back. */
  get entered(): number {
    return this.#entered;
  }

  /** With what was submitted. */
  get scenario(): Scenario {
    return this.#scenario;
  }

  get text(): string {
    if (this.#text?.scenario !== this.#scenario)
      this.#text = { scenario: this.#scenario, text: canonicalText(this.#scenario) };
    return this.#text.text;
  }

  get tickMs(): number {
    return this.#base.tickMs;
  }

  /** Indexes of the commands submitted into those of the text. */
  get indexes(): readonly number[] {
    return submittedIndexes(this.#baseOf(this.#applied), this.commands(0, this.#applied));
  }

  /** Changes of the commands to come, as a journal keeps them; null: none is applied. The same object while nothing changes. */
  get rescheduled(): JournalChanges | null {
    if (this.#rescheduled?.scenario !== this.#scenario) {
      const steps = this.#list.slice(0, this.#applied);
      this.#rescheduled = { scenario: this.#scenario, changes: journalChanges(this.#base, steps, this.#scenario) };
    }
    return this.#rescheduled.changes;
  }

  /** Applied ones first, then those taken back. */
  get list(): readonly Submitted[] {
    return this.#list;
  }

  /** How many of the list are applied. */
  get applied(): number {
    return this.#applied;
  }

  /** The last one that is applied. */
  get last(): Submitted | null {
    return this.#list[this.#applied - 1] ?? null;
  }

  get undoLabel(): string | null {
    return this.last?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.#list[this.#applied]?.label ?? null;
  }

  tickOf(command: ScenarioCommand): number {
    return tickOf(command, this.#base.tickMs);
  }

  /** The command as the scenario would have it, or why it has no place in it. */
  admit(submitted: SubmittedCommand, tick: number): ReturnType<typeof enterCommand> {
    return enterCommand(this.#baseOf(this.#applied), this.commands(0, this.#applied), submitted, tick);
  }

  /** A command that would make no sense in the scenario with this change, and why; null: none. */
  wrongAfter(schedule: ScheduleChange): ReturnType<typeof wrongCommand> {
    const base = withScheduleChange(this.#baseOf(this.#applied), schedule);
    return wrongCommand(withSubmitted(base, this.commands(0, this.#applied)));
  }

  /** The command as the world takes it. */
  engineCommand(command: ScenarioCommand): Command {
    const vm = this.#base.vms.find(({ name }) => name === command.vm)!;
    return engineCommand(command, commandPlace(vm, this.#base.tickMs));
  }

  /** The scenario with the first `count` alone. @param submitted how many of them are submitted as commands */
  scenarioOf(count: number, submitted = count): Scenario {
    return withSubmitted(this.#baseOf(count), this.commands(0, submitted));
  }

  /** It has been applied: what was taken back before can no longer be redone. */
  enter(submitted: Submitted): void {
    this.#entered++;
    this.#list.splice(this.#applied);
    this.#list.push(submitted);
    this.setApplied(this.#applied + 1);
  }

  /** An undo or redo is done: so many are applied now. */
  setApplied(count: number): void {
    this.#applied = count;
    this.#scenario = this.scenarioOf(count);
  }

  /** Commands are entered as if the scenario had always had them. */
  schedule(commands: readonly ScenarioCommand[]): void {
    this.#base = withSubmitted(this.#base, commands);
    this.#scenario = this.scenarioOf(this.#applied);
  }

  rename(name: string): void {
    this.#base = { ...this.#base, name };
    this.#scenario = { ...this.#scenario, name };
  }

  /** The commands submitted, of this part of the list. */
  commands(from: number, to: number): ScenarioCommand[] {
    return this.#list.slice(from, to).flatMap(({ command }) => command ?? []);
  }

  /** Without what was submitted, with the first `count` of the list as far as they change the commands to come. */
  #baseOf(count: number): Scenario {
    return this.#list
      .slice(0, count)
      .reduce((base, each) => (each.command === null ? withScheduleChange(base, each.schedule) : base), this.#base);
  }
}
