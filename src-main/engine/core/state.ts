/**
 * Saving a part of the world for snapshot, restore and the state hash. Each part has one function that writes every
 * field in a fixed order; reading uses the same names. State that is not written does not exist: a field that can be
 * derived is left out and rebuilt on load.
 *
 * A world of many small guests is written at every checkpoint, so what a part costs beside its bytes counts:
 * - the names that a guest writes under are the same for all guests; the hash puts the guest before them (`within`);
 * - the columns of a part, about fifty and most of them a few bytes long, are bytes of one buffer. The arrays that show
 *   them are made when the part is read, which most never are.
 */
import { assert } from './assert.ts';
import { StateHash } from './hash.ts';

const COLUMN_TYPES = [Uint8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float64Array] as const;

export type StateColumn = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A part of a world written down. Column contents are copies: later steps do not change them. */
export interface StatePart {
  readonly json: Readonly<Record<string, Json>>;
  readonly columns: Readonly<Record<string, StateColumn>>;
  /** What its columns take: nearly all of it. */
  readonly bytes: number;
}

/** A whole world: what belongs to no guest, and each guest by index. States share the parts that did not change between. */
export interface WorldState extends StatePart {
  readonly guests: readonly StatePart[];
}

/** What all its columns take. */
export const bytesOfState = ({ bytes, guests }: WorldState): number =>
  guests.reduce((sum, guest) => sum + guest.bytes, bytes);

export interface StateWriter {
  json(name: string, value: Json): void;
  column(name: string, value: StateColumn): void;
  /**
   * What is remembered to be shown and decides nothing that happens: it is saved and read back, but no part of the hash,
   * which would otherwise change with the wording of a sentence.
   */
  memo(name: string, value: Json | StateColumn): void;
}

export class StateCollector implements StateWriter {
  readonly #json: Record<string, Json> = {};
  readonly #names: string[] = [];
  /** Those of the writer. */
  readonly #columns: StateColumn[] = [];
  #part: StatePart | null = null;

  json(name: string, value: Json): void {
    assert(!(name in this.#json), 'state-name-twice', { name });
    this.#json[name] = value;
  }

  column(name: string, value: StateColumn): void {
    assert(!this.#names.includes(name), 'state-name-twice', { name });
    this.#names.push(name);
    this.#columns.push(value);
  }

  memo(name: string, value: Json | StateColumn): void {
    if (isColumn(value)) this.column(name, value);
    else this.json(name, value);
  }

  /** Call it before what has written changes; a second call gives the same. */
  done(): StatePart {
    return (this.#part ??= this.#copied());
  }

  #copied(): StatePart {
    let bytes = 0;
    for (const { byteLength } of this.#columns) bytes += roundedUp(byteLength);
    const buffer = new ArrayBuffer(bytes);
    const views = COLUMN_TYPES.map((type) => new type(buffer));
    const [names, types, lengths]: [string[], number[], number[]] = [this.#names, [], []];
    let at = 0;
    for (const column of this.#columns) {
      const type = typeOf(column);
      views[type]!.set(column, at / column.BYTES_PER_ELEMENT);
      types.push(type);
      lengths.push(column.length);
      at += roundedUp(column.byteLength);
    }
    let columns: Record<string, StateColumn> | null = null;
    return {
      json: this.#json,
      bytes,
      get columns() {
        return (columns ??= columnsIn(buffer, names, types, lengths));
      },
    };
  }
}

function columnsIn(
  buffer: ArrayBuffer,
  names: readonly string[],
  types: readonly number[],
  lengths: readonly number[],
): Record<string, StateColumn> {
  const columns: Record<string, StateColumn> = {};
  let at = 0;
  names.forEach((name, i) => {
    const column = new COLUMN_TYPES[types[i]!]!(buffer, at, lengths[i]!);
    columns[name] = column;
    at += roundedUp(column.byteLength);
  });
  return columns;
}

const typeOf = (column: StateColumn): number =>
  COLUMN_TYPES.indexOf(column.constructor as (typeof COLUMN_TYPES)[number]);

/** A column of any type may begin here. */
const roundedUp = (bytes: number): number => (bytes + 7) & ~7;

/** Feeds the state to a hash without copying it. */
export class StateHasher implements StateWriter {
  readonly #hash = new StateHash();
  #prefix = '';

  /** What `write` writes has `part` before its name. */
  within(part: string, write: () => void): void {
    this.#prefix = `${part}.`;
    write();
    this.#prefix = '';
  }

  json(name: string, value: Json): void {
    this.#hash.text(this.#prefix + name);
    this.#hash.text(JSON.stringify(value));
  }

  column(name: string, value: StateColumn): void {
    this.#hash.text(this.#prefix + name);
    this.#hash.bytes(value);
  }

  memo(): void {}

  hex(): string {
    return this.#hash.hex();
  }
}

export class StateReader {
  readonly #state: StatePart;

  constructor(state: StatePart) {
    this.#state = state;
  }

  /** Whether anything was written under the name: what is empty may be left out. */
  has(name: string): boolean {
    return name in this.#state.json || name in this.#state.columns;
  }

  json<T>(name: string): T {
    const value = this.#state.json[name];
    assert(value !== undefined, 'state-name-missing', { name });
    return value as T;
  }

  /** A copy of the column, for who keeps it. */
  column<C extends StateColumn>(name: string): C {
    return this.shared<C>(name).slice() as C;
  }

  /** The column of the saved state itself, for who reads it once: it must not be changed or kept. */
  shared<C extends StateColumn>(name: string): C {
    const value = this.#state.columns[name];
    assert(value !== undefined, 'state-name-missing', { name });
    return value as C;
  }
}

const isColumn = (value: Json | StateColumn): value is StateColumn => ArrayBuffer.isView(value);
