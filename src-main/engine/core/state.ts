/**
 * How a part of the world is written down whole, for snapshot, restore and the state hash. Each part has one function
 * that writes every field in a fixed order; reading uses the same names. What is not written does not exist: a field
 * that can be derived is rebuilt on load and left out.
 */
import { assert } from './assert.ts';
import { StateHash } from './hash.ts';

export type StateColumn = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A whole world written down. Column contents are copies: later steps do not change them. */
export interface WorldState {
  readonly json: Readonly<Record<string, Json>>;
  readonly columns: Readonly<Record<string, StateColumn>>;
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

export class StateCollector implements StateWriter {
  readonly #json: Record<string, Json> = {};
  readonly #columns: Record<string, StateColumn> = {};

  json(name: string, value: Json): void {
    assert(!(name in this.#json), 'state-name-twice', { name });
    this.#json[name] = value;
  }

  column(name: string, value: StateColumn): void {
    assert(!(name in this.#columns), 'state-name-twice', { name });
    this.#columns[name] = value.slice();
  }

  memo(name: string, value: Json | StateColumn): void {
    if (isColumn(value)) this.column(name, value);
    else this.json(name, value);
  }

  done(): WorldState {
    return { json: this.#json, columns: this.#columns };
  }
}

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
  readonly #state: WorldState;

  constructor(state: WorldState) {
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

  /** A copy of the column. */
  column<C extends StateColumn>(name: string): C {
    const value = this.#state.columns[name];
    assert(value !== undefined, 'state-name-missing', { name });
    return value.slice() as C;
  }
}

const isColumn = (value: Json | StateColumn): value is StateColumn => ArrayBuffer.isView(value);
