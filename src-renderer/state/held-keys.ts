/**
 * Keys pressed while something is being opened are meant for what comes: they are held, and pressed once it is there. They
 * go with an opening that fails or is given up.
 */
import type { Press } from './keys.ts';

/** Who presses more than this no longer knows what it will do. */
const MAX_HELD = 16;

export class HeldKeys {
  #presses: Press[] = [];

  hold({ key, ctrlKey, metaKey, shiftKey, altKey }: Press): void {
    if (this.#presses.length < MAX_HELD) this.#presses.push({ key, ctrlKey, metaKey, shiftKey, altKey });
  }

  drop(): void {
    this.#presses = [];
  }

  /** In the order in which they were pressed; none is held from now on. */
  take(): readonly Press[] {
    const presses = this.#presses;
    this.#presses = [];
    return presses;
  }
}
