/** What a file needs from outside its guest. */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { Refusal } from '../host/index.ts';

export interface Outside {
  readonly tick: number;
  /** Simulated milliseconds in a tick. */
  readonly tickMs: number;
  /** The host backs more pages of the guest with frames, wholly or not at all. */
  plug(pages: PfnRange): Refusal | null;
}
