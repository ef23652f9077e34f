/** The whole frames behind pages of a guest, by the areas of its memory: of which kind they are. */
import type { Backing, BackingExtent } from './backing.ts';
import type { Area, GuestMemory } from './guest-memory.ts';

export interface HeldFrames {
  readonly area: Area;
  /** Whole frames, padding included, as maximal runs in ascending pfn order. */
  readonly runs: readonly BackingExtent[];
}

/** Areas without any are left out. @param backing of some pages of the guest, or all. */
export function* heldFrames(backing: Backing, { areas }: GuestMemory): Generator<HeldFrames> {
  for (const area of areas) {
    const runs = [...backing.wholeFrames(area.framePages, area.start, area.end)];
    if (runs.length > 0) yield { area, runs };
  }
}
