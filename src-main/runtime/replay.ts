/** A replay: from a checkpoint or the beginning to where the run once was, in a world of its own. */
import type { Command } from '../../shared/model/command.ts';
import type { Parts } from '../engine/index.ts';
import { InvariantError, World } from '../engine/index.ts';
import { Recording } from '../jobs/recording.ts';
import type { Scenario } from '../scenario/index.ts';
import { toWorldConfig } from '../scenario/index.ts';
import type { Checkpoint } from './checkpoint.ts';

interface ReplayTarget {
  /** How many submitted commands are applied when it is done. */
  readonly applied: number;
  readonly tick: number;
  readonly chain: string;
  /** Submitted commands on the way. */
  readonly todo: readonly { readonly tick: number; readonly command: Command }[];
}

/** A world of its own on the way to where the run once was, recorded as the run was. */
export class Replay {
  readonly #target: ReplayTarget;
  readonly #recording: Recording;
  readonly world: World;
  #done = 0;
  /** The tick that is under way. */
  #tick: Parts<void> | null = null;

  /** @param scenario that of the checkpoint. @param checkpoint null: from the beginning. */
  constructor(scenario: Scenario, checkpoint: Checkpoint | null, target: ReplayTarget) {
    this.#target = target;
    const config = toWorldConfig(scenario);
    this.world = checkpoint === null ? World.create(config).world! : World.restore(config, checkpoint.world);
    this.#recording = new Recording(this.world, undefined, checkpoint?.recording);
  }

  get applied(): number {
    return this.#target.applied;
  }

  get tick(): number {
    return this.world.tick;
  }

  get toTick(): number {
    return this.#target.tick;
  }

  /** A part of a tick, or a command, further. @returns whether there is more to do. */
  advance(): boolean {
    const next = this.#target.todo[this.#done];
    if (next?.tick === this.world.tick) {
      this.#done++;
      const rejection = this.world.submit(next.command);
      if (rejection !== null) throw new InvariantError('replay-rejected', { tick: next.tick, slug: rejection.slug });
      this.#recording.afterCommand();
    } else if (this.world.tick < this.#target.tick) {
      this.#tick ??= this.world.stepInParts();
      if (this.#tick.next().done !== true) return true;
      this.#tick = null;
      this.#recording.afterTick();
    }
    return this.#done < this.#target.todo.length || this.world.tick < this.#target.tick;
  }

  /** What was recorded up to here. */
  recording(): Checkpoint['recording'] {
    return this.#recording.save();
  }
}
