/**
 * What undo and redo go back to over changes of the document by hand: the document as it was, and where its run stood.
 *
 * (a) Each change begins a run of its own; commands are undone within it, and only then the change itself.
 * (b) What was taken back can be made again until something else is entered.
 */
import type { Scenario } from '../scenario/index.ts';
import type { SessionJournal } from './session-api.ts';

/** A run, and the way back to where it stands. */
export interface Standing extends SessionJournal {
  /** With all that was submitted; `text` is its own. */
  readonly scenario: Scenario;
}

interface Step {
  readonly label: string;
  readonly standing: Standing;
}

export class EditHistory {
  readonly #past: Step[] = [];
  #future: Step[] = [];
  /** How much had been entered into the run when the last step was taken back; more ends what can be made again. */
  #enteredThen = 0;

  get undoLabel(): string | null {
    return this.#past.at(-1)?.label ?? null;
  }

  redoLabel(entered: number): string | null {
    return entered === this.#enteredThen ? (this.#future.at(-1)?.label ?? null) : null;
  }

  /** @param standing of the run before the change. */
  made(label: string, standing: Standing): void {
    this.#past.push({ label, standing });
    this.#future = [];
  }

  /** @param now where the run stands that is left. @returns what to go to; there is one. */
  back(now: Standing): Standing {
    const { label, standing } = this.#past.pop()!;
    this.#future.push({ label, standing: now });
    return standing;
  }

  forth(now: Standing): Standing {
    const { label, standing } = this.#future.pop()!;
    this.#past.push({ label, standing: now });
    return standing;
  }

  /** The run has come to where it once stood. */
  arrived(entered: number): void {
    this.#enteredThen = entered;
  }
}
