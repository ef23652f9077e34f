/**
 * The exact pages of what is on screen, asked for when a page is a pixel wide or more. What came stays until something
 * else comes, so that a pan or a tick does not flicker; it says of which tick it is.
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
  readonly #latest: Latest<Wish>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection) {
    this.#latest = new Latest(async ({ vm, range }) => {
      const pages = range.end - range.start;
      const { output, payload } = await connection.ask('view.tiles', { vm, fromPfn: range.start, pages });
      this.known = { vm, tick: output.tick, tiles: readTiles(payload, output.fromPfn, output.pages) };
    });
  }

  /** Asks soon; a later wish replaces one that has not been asked for. */
  want(vm: string, range: PfnRange): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#latest.wish({ vm, range }), WAIT_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.known = null;
  }
}
