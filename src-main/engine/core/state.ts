/**
 * Saving a part of the world for snapshot, restore and the state hash. Each part has one function that writes every
 * field in a fixed order; reading uses the same names. State that is not written does not exist: a field that can be
 * derived is left out and rebuilt on load.
 */
import { assert } from './assert.ts';
import { StateHash } from './hash.ts';

export type StateColumn = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A part of a world written down. Column contents are copies: later steps do not change them. */
export interface StatePart {
  readonly json: Readonly<Record<string, Json>>;
  readonly columns: Readonly<Record<string, StateColumn>>;
}

/** A whole world: what belongs to no guest, and each guest by index. States share the parts that did not change between. */
export interface WorldState extends StatePart {
  readonly guests: readonly StatePart[];
}

/** What its columns take: nearly all of it. */
export function bytesOfState({ guests, ...own }: WorldState): number {
  let bytes = 0;
  for (const { columns } of [own, ...guests]) for (const name in columns) bytes += columns[name]!.byteLength;
  return bytes;
}

export interface StateWriter {
  json(name: string, value: Json): void;
  column(name: string, value: StateColumn): void;
  /**
   * What is remembered to be shown and decides nothing that happens: it is saved and read back, but no part of the hash,
   * which would otherwise change with the wording of a sentence.
   */
  memo(name: string, value: Json | StateColumn): void;
}

/** Without a prototype, so that it is a hash table from the start: the names of each guest are its own. */
const dictionary = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

export class StateCollector implements StateWriter {
  readonly #json = dictionary<Json>();
  /** Those of the writer, until they are copied. */
  readonly #columns = dictionary<StateColumn>();

  json(name: string, value: Json): void {
    assert(!(name in this.#json), 'state-name-twice', { name });
    this.#json[name] = value;
  }

  column(name: string, value: StateColumn): void {
    assert(!(name in this.#columns), 'state-name-twice', { name });
    this.#columns[name] = value;
  }

  memo(name: string, value: Json | StateColumn): void {
    if (isColumn(value)) this.column(name, value);
    else this.json(name, value);
  }

  /**
   * Call it before what has written changes. All columns are copied into one buffer: a guest has about sixty, most of
   * them a few bytes long, and a buffer for each costs more than what is copied.
   */
  done(): StatePart {
    const columns = this.#columns;
    let bytes = 0;
    for (const name in columns) bytes += roundedUp(columns[name]!.byteLength);
    const buffer = new ArrayBuffer(bytes);
    let at = 0;
    for (const name in columns) {
      const column = columns[name]!;
      const copy = new (column.constructor as ColumnConstructor)(buffer, at, column.length);
      copy.set(column);
      columns[name] = copy;
      at += roundedUp(column.byteLength);
    }
    return { json: this.#json, columns };
  }
}

/** A column of any type may begin here. */
const roundedUp = (bytes: number): number => (bytes + 7) & ~7;

type ColumnConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => StateColumn;

/** Feeds the state to a hash without copying it. */
export class StateHasher implements StateWriter {
  readonly #hash = new StateHash();

  json(name: string, value: Json): void {
    this.#hash.text(name);
    this.#hash.text(JSON.stringify(value));
  }

  column(name: string, value: StateColumn): void {
    this.#hash.text(name);
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
