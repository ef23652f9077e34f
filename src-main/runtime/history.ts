/**
 * Recorded frames of a run, for scrubbing: snapshots at level `blocks`, as groups of one key frame and deltas, deflated.
 *
 * (a) The ticks before and after every event have a frame, however long recording takes; others as often as recording
 *     stays below RECORDING_SHARE of all other time. One exception: RecordedWorld.#recordBeforeCommand.
 * (b) There are at most `frames` of them: beyond that two neighbouring groups become one, without every second frame,
 *     oldest first. Frames beside an event go only when there are no others left. The first frame and the newest are
 *     always there.
 * (c) In memory up to a bound, then in files, a group a file, oldest first. Beyond the bound of both, groups are thinned.
 * (d) A tick at which commands were submitted has a second, amended frame: the world after them. It is the one that is
 *     shown; going back to the tick, to take a command back, drops it.
 * (e) What is recorded, and when, never changes the world; and a frame is exactly the snapshot that was taken.
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
/** Recording time that may be saved up, and owed by frames beside events. */
const MAX_SAVED_MS = 100;
const MAX_OWED_MS = 200;
const DEFLATE = { level: 1 } as const;

interface FrameKind {
  /** The tick before or after an event. */
  readonly isBesideEvent: boolean;
  /** It shows commands submitted at its tick. */
  readonly isAmended: boolean;
}

/** Frames one after the other; the first stands alone, each other is what changed since the one before. */
interface Group {
  readonly id: number;
  /** How often it was thinned. */
  readonly level: number;
  /** Of each frame, as all lists here. */
  readonly ticks: number[];
  readonly kinds: FrameKind[];
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

  /** Hash chain of the newest frame. */
  get chain(): string {
    return this.#newest?.header.chain ?? '';
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
    return [...new Set(this.#groups.flatMap(({ ticks }) => ticks))];
  }

  /** The newest frame turns out to be before an event. */
  keepNewest(): void {
    const { kinds } = this.#groups.at(-1)!;
    kinds.push({ ...kinds.pop()!, isBesideEvent: true });
  }

  /** A tick was stepped. @param happened there are events of it. Records it when it is its turn. */
  afterTick(tick: number, happened: boolean, snapshot: () => Snapshot): void {
    this.#earn();
    if (!happened && (this.#savedMs <= 0 || tick - this.last < this.#stride())) return;
    this.record({ isBesideEvent: happened, isAmended: false }, snapshot);
  }

  /** As add, counted as recording time. */
  record(kind: FrameKind, snapshot: () => Snapshot): void {
    this.#earn();
    const began = this.#lastMs;
    this.add(snapshot(), kind);
    this.#lastMs = this.#nowMs();
    this.#savedMs = Math.max(-MAX_OWED_MS, this.#savedMs - (this.#lastMs - began));
  }

  /** Time that was not spent on recording gives some of it. */
  #earn(): void {
    const now = this.#nowMs();
    this.#savedMs = Math.min(MAX_SAVED_MS, this.#savedMs + (now - this.#lastMs) * RECORDING_SHARE);
    this.#lastMs = now;
  }

  /** @param frame of a later tick than the newest, or an amended one of the same tick. */
  add(frame: Snapshot, kind: FrameKind): void {
    const open = this.#groups.at(-1);
    const { tick } = frame.header;
    if (open === undefined || open.ticks.length >= this.#bounds.groupFrames) {
      const isFirst = open === undefined;
      const kept = { ...kind, isBesideEvent: kind.isBesideEvent || isFirst };
      this.#push(this.#newGroup(this.#lowestLevel()), tick, kept, keyPart(frame), true);
    } else {
      this.#push(open, tick, kind, deltaPart(this.#newest!, frame), false);
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

  /** Frames after a tick are forgotten, and amended ones of the tick. */
  truncate(tick: number): void {
    const isGone = ({ ticks, kinds }: Group, i: number): boolean =>
      ticks[i]! > tick || (ticks[i] === tick && kinds[i]!.isAmended);
    let group = this.#groups.at(-1)!;
    if (!isGone(group, group.ticks.length - 1)) return;
    this.#looked = null;
    while (this.#groups.length > 1 && isGone(group, 0)) {
      this.#drop(this.#groups.pop()!);
      group = this.#groups.at(-1)!;
    }
    let length = group.ticks.length;
    while (length > 1 && isGone(group, length - 1)) length--;
    // It is written on: into memory with it.
    const parts = this.#partsOf(group);
    this.#drop(group);
    group.parts = parts;
    for (const list of [group.ticks, group.kinds, group.sizes, parts]) list.length = length;
    this.#memoryBytes += sum(group.sizes);
    this.#newest = this.#look(group, length - 1);
  }

  #push(group: Group, tick: number, kind: FrameKind, part: Uint8Array, opens: boolean): void {
    if (opens) this.#groups.push(group);
    group.ticks.push(tick);
    group.kinds.push(kind);
    group.sizes.push(part.length);
    group.parts!.push(part);
    this.#memoryBytes += part.length;
  }

  #newGroup(level: number): Group {
    return { id: ++this.#lastId, level, ticks: [], kinds: [], sizes: [], parts: [] };
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

  /**
   * Of the two oldest neighbouring groups that were thinned least, every second frame that is beside no event; where no
   * group has any of these, every second frame. @returns false: nothing to thin.
   */
  #thin(): boolean {
    const closed = this.#groups.slice(0, -1);
    const thinnable = closed.filter(({ kinds }) => kinds.some(({ isBesideEvent }) => !isBesideEvent));
    const among = thinnable.length > 0 ? thinnable : closed.filter(({ ticks }) => ticks.length > 1);
    const level = Math.min(...among.map((group) => group.level));
    const first = among.find((group) => group.level === level);
    if (first === undefined) return false;
    const at = this.#groups.indexOf(first);
    const next = closed[at + 1];
    const olds = next?.level === level ? [first, next] : [first];
    const frames = olds.flatMap((old) => old.ticks.map((tick, i) => ({ old, i, tick, kind: old.kinds[i]! })));
    const others = frames.filter(({ kind }) => !kind.isBesideEvent);
    const gone = new Set((others.length > 0 ? others : frames.slice(1)).filter((_, i) => i % 2 === 0));
    const kept = frames.filter((frame) => !gone.has(frame));
    let before: Snapshot | null = null;
    let group: Group | null = null;
    const groups: Group[] = [];
    for (const { old, i, tick, kind } of kept) {
      const frame = this.#look(old, i);
      const opens: boolean = group === null || group.ticks.length >= this.#bounds.groupFrames;
      if (opens) groups.push((group = this.#newGroup(level + 1)));
      this.#push(group!, tick, kind, opens ? keyPart(frame) : deltaPart(before!, frame), false);
      before = frame;
    }
    for (const old of olds) this.#drop(old);
    this.#groups.splice(at, olds.length, ...groups);
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
