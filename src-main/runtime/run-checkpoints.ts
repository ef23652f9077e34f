/**
 * The checkpoints of a steered run: when one is taken, and from which a replay begins.
 *
 * (a) Of a small world one is taken before every command. Of a large one that would take seconds (1,024 VMs of 64 MiB:
 *     0.5 to 1 s and 116 MB), so no command waits for one: it is taken in parts while the world stands still, and while
 *     it is stepped only when the ticks since the last took REPLAY_FACTOR times as long as a checkpoint does. So
 *     checkpoints take at most a fifth of the time, and a replay steps for no longer than a few checkpoints take.
 * (b) A checkpoint is of a position: a tick, and how many of the submitted commands are applied. Every way from the
 *     beginning to a position is the same, so it stays right until other commands are submitted before it.
 * (c) The world must not change between two parts: if it does, what was taken so far is dropped.
 */
import type { Parts, WorldState } from '../engine/index.ts';
import type { Checkpoint, CheckpointBounds } from './checkpoint.ts';
import { CheckpointStore } from './checkpoint.ts';

/** How much stepping a checkpoint may be worth. */
const REPLAY_FACTOR = 4;

export interface Position {
  readonly tick: number;
  /** Submitted commands. */
  readonly applied: number;
}

/** What a checkpoint is taken of. */
export interface CheckpointSource {
  readonly world: { state(): WorldState; stateInParts(): Parts<WorldState> };
  readonly recording: { save(): Checkpoint['recording'] };
}

export interface RunCheckpointOptions {
  readonly folder: string;
  readonly bounds?: CheckpointBounds | undefined;
  readonly nowMs: () => number;
  /** Whether one takes so long that no command should wait for it. */
  readonly isDear: boolean;
}

interface Kept extends Position {
  readonly id: number;
}

interface Saving extends Position {
  readonly parts: Parts<WorldState>;
  ms: number;
}

export class RunCheckpoints {
  readonly #store: CheckpointStore;
  readonly #nowMs: () => number;
  readonly isDear: boolean;
  #kept: readonly Kept[] = [];
  #lastId = 0;
  #saving: Saving | null = null;
  /** What the last one took, and the ticks stepped since. */
  #costMs = 0;
  #steppedMs = 0;

  constructor({ folder, bounds, nowMs, isDear }: RunCheckpointOptions) {
    this.#store = new CheckpointStore(folder, bounds);
    this.#nowMs = nowMs;
    this.isDear = isDear;
  }

  /** Before a command: taken now where that is cheap. @returns what to put once the command has taken effect. */
  beforeCommand({ world, recording }: CheckpointSource): Checkpoint | null {
    return this.isDear ? null : { world: world.state(), recording: recording.save() };
  }

  put(position: Position, checkpoint: Checkpoint): void {
    this.#drop((kept) => kept.tick === position.tick && kept.applied === position.applied);
    const id = ++this.#lastId;
    this.#kept = [...this.#kept, { id, tick: position.tick, applied: position.applied }];
    this.#store.put(id, checkpoint);
  }

  /** @param stands nothing steps the world. @returns whether `some` should be called before anything else happens. */
  isDue({ tick, applied }: Position, stands: boolean): boolean {
    if (!this.isDear || this.#kept.some((kept) => kept.tick === tick && kept.applied === applied)) return false;
    return stands || this.#steppedMs >= REPLAY_FACTOR * this.#costMs;
  }

  /** Some milliseconds of the checkpoint that is due. */
  some(position: Position, { world, recording }: CheckpointSource): void {
    const { tick, applied } = position;
    if (this.#saving?.tick !== tick || this.#saving.applied !== applied)
      this.#saving = { tick, applied, parts: world.stateInParts(), ms: 0 };
    const began = this.#nowMs();
    const { done, value } = this.#saving.parts.next();
    if (done === true) this.put(position, { world: value, recording: recording.save() });
    this.#saving.ms += this.#nowMs() - began;
    if (done !== true) return;
    this.#costMs = this.#saving.ms;
    this.#steppedMs = 0;
    this.#saving = null;
  }

  /** The world changed: what was taken of it so far is of another one. */
  worldChanged(): void {
    this.#saving = null;
  }

  stepped(ms: number): void {
    this.#steppedMs += ms;
  }

  /** A new command took effect: those that others had led to after it are gone. @param applied before it. */
  commandEntered(applied: number): void {
    this.#drop((kept) => kept.applied > applied);
  }

  /** The last one on the way to before the submitted command number `applied`; null: only the beginning is left. */
  before(given: readonly { readonly tick: number }[], applied: number): (Position & Checkpoint) | null {
    const onTheWay = this.#kept
      .filter((kept) => kept.applied <= applied && kept.tick <= given[kept.applied]!.tick)
      .sort((a, b) => b.applied - a.applied || b.tick - a.tick);
    for (const { id, tick, applied: before } of onTheWay) {
      const checkpoint = this.#store.get(id);
      if (checkpoint !== null) return { ...checkpoint, tick, applied: before };
    }
    return null;
  }

  #drop(isGone: (kept: Kept) => boolean): void {
    for (const kept of this.#kept) if (isGone(kept)) this.#store.remove(kept.id);
    this.#kept = this.#kept.filter((kept) => !isGone(kept));
  }
}
