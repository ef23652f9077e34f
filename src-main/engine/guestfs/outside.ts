/** What a file needs from outside its guest. */
import type { PfnRange } from '../../../shared/units/index.ts';
import type { WorldEvent } from '../../../shared/model/event.ts';
import type { Rejection } from '../../../shared/model/rejection.ts';

export interface Outside {
  readonly tick: number;
  /** Simulated milliseconds in a tick. */
  readonly tickMs: number;
  /** A memory block of a DIMM is plugged in, its frames taken from the host: wholly or not at all. */
  plugBlock(
    block: PfnRange,
  ): { readonly rejection: Rejection } | { readonly rejection: null; readonly events: readonly WorldEvent[] };
}
