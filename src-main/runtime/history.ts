/**
 * Recorded frames of a run, for scrubbing: snapshots at level `blocks`, as groups of one key frame and deltas, deflated.
 *
 * (a) Every tick in which something happened has a frame, others as often as recording stays below RECORDING_SHARE of all
 *     other time; a long stretch of costly ticks in which something happened is thinned likewise.
 * (b) There are at most `frames` of them: beyond that two neighbouring groups become one, of every second frame, oldest
 *     first; of two the one in which something happened is kept. The first frame and the newest are always there.
 * (c) In memory up to a bound, then in files, a group a file, oldest first. Beyond the bound of both, groups are thinned.
 * (d) What is recorded, and when, never changes the world; and a frame is exactly the snapshot that was taken.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Snapshot } from '../../shared/columns/index.ts';
import { applyDelta, decode, decodeDelta, deltaOf, encode, encodeDelta } from '../../shared/columns/index.ts';
import type { SessionState } from './session-api.ts';
import { spilled } from './spill.ts';

export interface HistoryBounds {
  readonly frames: number;
  /** A key frame and the deltas that follow it. */
  readonly groupFrames: number;
  readonly memoryBytes: number;
  /** Memory and files together. */
  readonly allBytes: number;
}

export interface HistoryOptions {
  readonly folder: string;
  readonly nowMs: () => number;
  readonly bounds?: Partial<HistoryBounds>;
}

const BOUNDS: HistoryBounds = {
  frames: 4096,
  groupFrames: 32,
  memoryBytes: 128 * 2 ** 20,
  allBytes: 2 * 2 ** 30,
};
const RECORDING_SHARE = 0.2;
/** Recording time that may be saved up, and owed by ticks in which something happened. */
const MAX_SAVED_MS = 100;
const MAX_OWED_MS = 1000;
const DEFLATE = { level: 1 } as const;

/** Frames one after the other; the first stands alone, each other is what changed since the one before. */
interface Group {
  readonly id: number;
  /** How often it was thinned. */
  readonly level: number;
  readonly ticks: number[];
  readonly happened: boolean[];
  /** Of each frame. */
  readonly sizes: number[];
  /** Null: in its file. */
  parts: Uint8Array[] | null;
}

export class History {
  readonly #folder: string;
  readonly #nowMs: () => number;
  readonly #bounds: HistoryBounds;
  readonly #groups: Group[] = [];
  #lastId = 0;
  /** The newest frame. */
  #newest: Snapshot | null = null;
  /** Recording time earned and not used, in ms. */
  #savedMs = 0;
  /** Up to when it was earned. */
  #lastMs: number;
  #memoryBytes = 0;
  #diskBytes = 0;
  /** No file could be written: all is kept in memory, thinned. */
  #diskFails = false;
  /** The last frame that was looked at. */
  #looked: { readonly group: Group; readonly index: number; readonly frame: Snapshot } | null = null;

  constructor({ folder, nowMs, bounds }: HistoryOptions) {
    this.#folder = folder;
    this.#nowMs = nowMs;
    this.#lastMs = nowMs();
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /** Tick of the newest frame; -1 when there is none. */
  get last(): number {
    return this.#groups.at(-1)?.ticks.at(-1) ?? -1;
  }

  figures(): SessionState['history'] {
    return {
      first: this.#groups[0]?.ticks[0] ?? 0,
      last: Math.max(0, this.last),
      frames: this.#frames(),
      memoryBytes: this.#memoryBytes,
      diskBytes: this.#diskBytes,
    };
  }

  /** Ticks of all frames, ascending. */
  ticks(): number[] {
    return this.#groups.flatMap(({ ticks }) => ticks);
  }

  /** A tick was stepped. Records it when it is its turn. */
  afterTick(tick: number, happened: boolean, snapshot: () => Snapshot): void {
    const began = this.#nowMs();
    this.#savedMs = Math.min(MAX_SAVED_MS, this.#savedMs + (began - this.#lastMs) * RECORDING_SHARE);
    this.#lastMs = began;
    const isTurn = happened ? this.#savedMs > -MAX_OWED_MS : this.#savedMs > 0 && tick - this.last >= this.#stride();
    if (!isTurn) return;
    this.add(snapshot(), happened);
    this.#lastMs = this.#nowMs();
    this.#savedMs -= this.#lastMs - began;
  }

  /** @param frame of a later tick than the newest. */
  add(frame: Snapshot, happened: boolean): void {
    const open = this.#groups.at(-1);
    const { tick } = frame.header;
    if (open === undefined || open.ticks.length >= this.#bounds.groupFrames) {
      this.#push(this.#newGroup(this.#lowestLevel()), tick, happened, keyPart(frame), true);
    } else {
      this.#push(open, tick, happened, deltaPart(this.#newest!, frame), false);
    }
    this.#newest = frame;
    this.#keepBounds();
  }

  /** The frame of a tick, or the last before it; the first when there is none before. */
  frameAt(tick: number): Snapshot {
    if (tick >= this.last) return this.#newest!;
    let g = this.#groups.length - 1;
    while (g > 0 && this.#groups[g]!.ticks[0]! > tick) g--;
    const group = this.#groups[g]!;
    let index = group.ticks.length - 1;
    while (index > 0 && group.ticks[index]! > tick) index--;
    return this.#look(group, index);
  }

  /** Frames after a tick are forgotten. */
  truncate(tick: number): void {
    if (this.last <= tick) return;
    this.#looked = null;
    while (this.#groups.length > 1 && this.#groups.at(-1)!.ticks[0]! > tick) this.#drop(this.#groups.pop()!);
    const group = this.#groups.at(-1)!;
    let length = group.ticks.length;
    while (length > 1 && group.ticks[length - 1]! > tick) length--;
    // It is written on: into memory with it.
    const parts = this.#partsOf(group);
    this.#drop(group);
    group.parts = parts;
    for (const list of [group.ticks, group.happened, group.sizes, parts]) list.length = length;
    this.#memoryBytes += sum(group.sizes);
    this.#newest = this.#look(group, length - 1);
  }

  #push(group: Group, tick: number, happened: boolean, part: Uint8Array, opens: boolean): void {
    if (opens) this.#groups.push(group);
    group.ticks.push(tick);
    group.happened.push(happened);
    group.sizes.push(part.length);
    group.parts!.push(part);
    this.#memoryBytes += part.length;
  }

  #newGroup(level: number): Group {
    return { id: ++this.#lastId, level, ticks: [], happened: [], sizes: [], parts: [] };
  }

  #look(group: Group, index: number): Snapshot {
    const parts = this.#partsOf(group);
    const near = this.#looked?.group === group && this.#looked.index <= index ? this.#looked : null;
    let at = near?.index ?? 0;
    let frame = near?.frame ?? frameOfKey(parts[0]!);
    while (at < index) frame = frameOfDelta(frame, parts[++at]!);
    this.#looked = { group, index, frame };
    return frame;
  }

  #frames(): number {
    return this.#groups.reduce((n, { ticks }) => n + ticks.length, 0);
  }

  /** Of the closed groups; the newest may still grow. */
  #lowestLevel(): number {
    const closed = this.#groups.slice(0, -1);
    return closed.reduce((level, group) => Math.min(level, group.level), closed[0]?.level ?? 0);
  }

  /** Ticks between two frames while nothing happens. */
  #stride(): number {
    return 2 ** this.#lowestLevel();
  }

  #keepBounds(): void {
    if (this.#frames() > this.#bounds.frames) this.#thin();
    this.#spill();
    const limit = this.#diskFails ? this.#bounds.memoryBytes : this.#bounds.allBytes;
    while (this.#memoryBytes + this.#diskBytes > limit && this.#thin());
  }

  /** Of the two oldest neighbouring groups that were thinned least, every second frame. @returns false: nothing to thin. */
  #thin(): boolean {
    const closed = this.#groups.length - 1;
    const level = this.#lowestLevel();
    const at = this.#groups.findIndex((group, i) => i < closed && group.level === level);
    if (at < 0) return false;
    const two = at + 1 < closed && this.#groups[at + 1]!.level === level;
    const olds = this.#groups.slice(at, two ? at + 2 : at + 1);
    if (sum(olds.map(({ ticks }) => ticks.length)) < 2) return false;
    const group = this.#newGroup(level + 1);
    const frames = olds.flatMap((old) => old.ticks.map((tick, i) => ({ old, i, tick, happened: old.happened[i]! })));
    let before: Snapshot | null = null;
    for (let i = 0; i < frames.length; i += 2) {
      const [one, other] = [frames[i]!, frames[i + 1]];
      const takesOther = other?.happened === true && !one.happened && one.tick !== this.#groups[0]!.ticks[0];
      const { old, i: index, tick, happened } = takesOther ? other : one;
      const frame = this.#look(old, index);
      this.#push(group, tick, happened, before === null ? keyPart(frame) : deltaPart(before, frame), false);
      before = frame;
    }
    for (const old of olds) this.#drop(old);
    this.#groups.splice(at, olds.length, group);
    this.#looked = null;
    return true;
  }

  #file(group: Group): string {
    return join(this.#folder, nameOf(group));
  }

  /** Oldest first, but for the newest group. */
  #spill(): void {
    for (let i = 0; i < this.#groups.length - 1 && this.#memoryBytes > this.#bounds.memoryBytes; i++) {
      const group = this.#groups[i]!;
      if (group.parts === null || this.#diskFails) continue;
      if (!spilled(this.#folder, nameOf(group), Buffer.concat(group.parts))) {
        this.#diskFails = true;
        return;
      }
      group.parts = null;
      this.#memoryBytes -= sum(group.sizes);
      this.#diskBytes += sum(group.sizes);
    }
  }

  #partsOf(group: Group): Uint8Array[] {
    if (group.parts !== null) return group.parts;
    const bytes = readFileSync(this.#file(group));
    let at = 0;
    return group.sizes.map((size) => bytes.subarray(at, (at += size)));
  }

  /** What a group takes is given back; its file is removed. */
  #drop(group: Group): void {
    if (group.parts !== null) {
      this.#memoryBytes -= sum(group.sizes);
      return;
    }
    this.#diskBytes -= sum(group.sizes);
    rmSync(this.#file(group), { force: true });
  }
}

const nameOf = ({ id }: Group): string => `frames-${id}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const keyPart = (frame: Snapshot): Uint8Array => deflateRawSync(new Uint8Array(encode(frame)), DEFLATE);
const deltaPart = (previous: Snapshot, frame: Snapshot): Uint8Array =>
  deflateRawSync(encodeDelta(deltaOf(previous, frame)), DEFLATE);

function frameOfKey(part: Uint8Array): Snapshot {
  const { value, diagnostics } = decode(new Uint8Array(inflateRawSync(part)).buffer);
  if (value === null) throw new Error(`A recorded frame cannot be read: ${diagnostics[0]!.message}`);
  return value;
}

const frameOfDelta = (previous: Snapshot, part: Uint8Array): Snapshot =>
  applyDelta(previous, decodeDelta(new Uint8Array(inflateRawSync(part))));
