/**
 * Compaction gathers a guest's backing on chosen host nodes: each tick it moves up to framesPerTick of the frames that
 * lie elsewhere, lowest pfn first, onto the chosen nodes in their order, each filled before the next (first fit within
 * a node). Frames that are on any chosen node already stay where they are. A target is taken before its source is
 * freed, and every frame moves whole, so stopping at any tick leaves a sound backing.
 *
 * This file moves frames; when a compaction is stalled is a question about the whole host (host-side.ts).
 */
import type { CompactionRow } from '../../../shared/model/transfer.ts';
import type { Backing, BackingExtent } from './backing.ts';
import { endOf, framesByNode } from './backing.ts';
import { dealFrames, inOrder } from './deal.ts';
import type { Host } from './host.ts';

/** Saved as it stands. */
export type Compaction = {
  readonly guest: number;
  phase: CompactionRow['phase'];
  readonly startTick: number;
  endTick: number | null;
  /** In the order in which they are filled. */
  readonly nodes: readonly number[];
  readonly framesPerTick: number;
  /** Every frame below this pfn is on a chosen node. */
  cursorPfn: number;
  /** Valid pages, padding not counted. */
  movedPages: number;
  leftPages: number;
};

export function startCompaction(
  guest: number,
  backing: Backing,
  nodes: readonly number[],
  framesPerTick: number,
  tick: number,
): Compaction {
  return {
    guest,
    phase: 'running',
    startTick: tick,
    endTick: null,
    nodes,
    framesPerTick,
    cursorPfn: 0,
    movedPages: 0,
    leftPages: pagesElsewhere(backing, nodes),
  };
}

/** Valid pages not on `nodes`. */
export function pagesElsewhere(backing: Backing, nodes: readonly number[]): number {
  let pages = 0;
  for (const [nid, held] of backing.pagesByNode()) if (!nodes.includes(nid)) pages += held;
  return pages;
}

/** One tick of moving. Returns the new backing, or the same one when nothing could be moved. */
export function moveFrames(compaction: Compaction, host: Host, backing: Backing, grain: number): Backing {
  let steps = inOrder(host, compaction.nodes, compaction.framesPerTick, grain);
  const room = steps.reduce((sum, s) => sum + s.frames, 0);
  const picked = pick(compaction, backing, grain, room);
  if (picked.length === 0) return backing;
  const frames = picked.reduce((sum, p) => sum + p.pages, 0) / grain;
  if (frames < room) steps = inOrder(host, compaction.nodes, frames, grain);
  const windows = picked.map((p) => ({ start: p.start, end: endOf(p) }));
  const moved = backing.relocated(dealFrames(host, windows, steps, grain));
  for (const [nid, extents] of framesByNode(picked)) host.frames(nid).release(extents);
  for (const { start, end } of windows) {
    const pages = backing.pagesIn(start, end);
    compaction.movedPages += pages;
    compaction.leftPages -= pages;
  }
  return moved;
}

/** The lowest `frames` frames that are not on a chosen node; moves the cursor over them. */
function pick(compaction: Compaction, backing: Backing, grain: number, frames: number): BackingExtent[] {
  const picked: BackingExtent[] = [];
  const chosen = new Set(compaction.nodes);
  let left = frames * grain;
  if (left === 0) return picked;
  for (const run of backing.wholeFrames(grain, compaction.cursorPfn)) {
    if (chosen.has(run.hostNid)) {
      compaction.cursorPfn = endOf(run);
      continue;
    }
    const pages = Math.min(left, run.pages);
    picked.push({ ...run, pages });
    compaction.cursorPfn = run.start + pages;
    left -= pages;
    if (left === 0) break;
  }
  return picked;
}
