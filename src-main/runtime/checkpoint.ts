/**
 * The world before each submitted command, so that taking one back is quick.
 *
 * (a) In memory up to a bound, then in files, oldest first; beyond the bound of the files the oldest are given up. What
 *     is gone is made again by a replay, so that nothing depends on it.
 * (b) A file that cannot be written or read is as one that was given up.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { bytesOfState, type WorldState } from '../engine/index.ts';
import type { RecordingState } from '../jobs/recording.ts';
import { spilled } from './spill.ts';

export interface Checkpoint {
  readonly world: WorldState;
  readonly recording: RecordingState;
}

export interface CheckpointBounds {
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

const BOUNDS: CheckpointBounds = { memoryBytes: 256 * 2 ** 20, diskBytes: 4 * 2 ** 30 };

interface Kept {
  /** Null: in its file. */
  checkpoint: Checkpoint | null;
  bytes: number;
}

export class CheckpointStore {
  readonly #folder: string;
  readonly #bounds: CheckpointBounds;
  /** In the order in which they were put. */
  readonly #kept = new Map<number, Kept>();

  constructor(folder: string, bounds: CheckpointBounds = BOUNDS) {
    this.#folder = folder;
    this.#bounds = bounds;
  }

  /** In place of the one with this id. */
  put(id: number, checkpoint: Checkpoint): void {
    this.remove(id);
    this.#kept.set(id, { checkpoint, bytes: bytesOf(checkpoint) });
    this.#spill();
    this.#giveUp();
  }

  /** Null when it was given up. */
  get(id: number): Checkpoint | null {
    const kept = this.#kept.get(id);
    if (kept === undefined) return null;
    if (kept.checkpoint !== null) return kept.checkpoint;
    try {
      return deserialize(readFileSync(this.#file(id))) as Checkpoint;
    } catch {
      this.remove(id);
      return null;
    }
  }

  remove(id: number): void {
    if (this.#kept.get(id)?.checkpoint === null) rmSync(this.#file(id), { force: true });
    this.#kept.delete(id);
  }

  #file(id: number): string {
    return join(this.#folder, nameOf(id));
  }

  #sum(inMemory: boolean): number {
    let sum = 0;
    for (const { checkpoint, bytes } of this.#kept.values()) if ((checkpoint !== null) === inMemory) sum += bytes;
    return sum;
  }

  #spill(): void {
    let excess = this.#sum(true) - this.#bounds.memoryBytes;
    for (const [id, kept] of this.#kept) {
      if (excess <= 0) return;
      if (kept.checkpoint === null) continue;
      excess -= kept.bytes;
      const bytes = serialize(kept.checkpoint);
      if (spilled(this.#folder, nameOf(id), bytes)) {
        kept.checkpoint = null;
        kept.bytes = bytes.length;
      } else this.#kept.delete(id);
    }
  }

  #giveUp(): void {
    let excess = this.#sum(false) - this.#bounds.diskBytes;
    for (const [id, kept] of this.#kept) {
      if (excess <= 0) return;
      if (kept.checkpoint !== null) continue;
      excess -= kept.bytes;
      this.remove(id);
    }
  }
}

const nameOf = (id: number): string => `checkpoint-${id}`;

/** Near enough for a bound: the columns are all that is large. */
function bytesOf({ world, recording }: Checkpoint): number {
  const series = recording.series.tracks.reduce(
    (sum, { values, least }) => sum + values.byteLength * (least === null ? 1 : 3),
    0,
  );
  const log = world.json['log'];
  return bytesOfState(world) + series + (Array.isArray(log) ? log.length * 200 : 0);
}
