/**
 * The exact pages of what is on screen, asked for when a page is a pixel wide or more. An answer stays until the
 * next one, so that a pan or a tick does not flicker; it has the tick it is of.
 */
import { Latest } from '../../canvas/latest.ts';
import { readTiles } from '../../../shared/columns/tile.ts';
import type { Tiles } from '../../../shared/columns/tile.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import type { Connection } from '../../state/connection.ts';

export interface KnownPages {
  readonly vm: string;
  readonly tick: number;
  readonly tiles: Tiles;
}

interface Wish {
  readonly vm: string;
  readonly range: PfnRange;
}

const WAIT_MS = 60;

export class ExactPages {
  known = $state.raw<KnownPages | null>(null);
  /** From a wish until the pages of the last one have come. */
  busy = $state(false);
  readonly #latest: Latest<Wish>;
  #last: Wish | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection) {
    this.#latest = new Latest(async (wish) => {
      const { vm, range } = wish;
      try {
        const pages = range.end - range.start;
        const { output, payload } = await connection.ask('view.tiles', { vm, fromPfn: range.start, pages });
        this.known = { vm, tick: output.tick, tiles: readTiles(payload, output.fromPfn, output.pages) };
      } finally {
        if (wish === this.#last) this.busy = false;
      }
    });
  }

  /** Asks soon; a later wish replaces one that has not been asked for. */
  want(vm: string, range: PfnRange): void {
    clearTimeout(this.#timer);
    const wish = { vm, range };
    this.#last = wish;
    this.busy = true;
    this.#timer = setTimeout(() => this.#latest.wish(wish), WAIT_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#last = null;
    this.busy = false;
    this.known = null;
  }
}
