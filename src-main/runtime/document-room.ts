/**
 * How much more a document can hold, so that what a shell writes can be saved and read again: a program that writes
 * without end fills the document as it would fill a disk.
 */
import { MAX_COMMANDS, MAX_TEXT_CHARS, MAX_VALUES, MAX_WRITES } from '../../shared/model/limit.ts';

/** Kept free for the commands still to come, and because values are estimated. */
const USABLE = 0.9;
/** Of a canonical text: no value takes less on the average. */
const CHARS_PER_VALUE = 8;
/** `          { "path": "", "text": "" },` and the line break. */
const WRITE_CHARS = 40;
/** An object and two texts. */
const WRITE_VALUES = 3;

export class DocumentRoom {
  #chars: number;
  #writes: number;

  constructor(textChars: number, commands: number) {
    this.#chars = commands >= MAX_COMMANDS ? 0 : MAX_TEXT_CHARS * USABLE - textChars;
    this.#writes = Math.min(MAX_WRITES, (MAX_VALUES * USABLE - textChars / CHARS_PER_VALUE) / WRITE_VALUES);
  }

  /** @returns whether there is room for the write, which then is taken. */
  take(path: string, text: string): boolean {
    const chars = WRITE_CHARS + JSON.stringify(path).length + JSON.stringify(text).length;
    if (chars > this.#chars || this.#writes < 1) return false;
    this.#chars -= chars;
    this.#writes--;
    return true;
  }
}
