/** Takes host frames and gives them to windows of guest memory, in pfn order. Frames are taken nowhere else. */
import type { PfnRange } from '../../../shared/units/index.ts';
import { assert } from '../core/index.ts';
import type { BackingExtent } from './backing.ts';
import { ExtentRun } from './backing.ts';
import type { Area } from './guest-memory.ts';
import type { FrameExtent } from './node-frames.ts';
import type { FrameKind, Host } from './host.ts';

/** The next `frames` windows get frames of node `hostNid`. */
export interface DealStep {
  readonly hostNid: number;
  readonly frames: number;
}

/**
 * Takes the frames of `steps` (each node's lowest first) and deals them to the windows in that order. The windows hold
 * at least that many frames; those left over get none.
 * @returns extents: whole frames in ascending pfn order. host: without them.
 */
export function dealFrames(
  host: Host,
  windows: readonly PfnRange[],
  steps: readonly DealStep[],
  kind: FrameKind,
): { readonly extents: readonly BackingExtent[]; readonly host: Host } {
  const { framePages } = kind;
  const totals = new Map<number, number>();
  for (const { hostNid, frames } of steps) totals.set(hostNid, (totals.get(hostNid) ?? 0) + frames);
  let after = host;
  const hands = new Map<number, Hand>();
  for (const [nid, frames] of totals) {
    const { taken, rest } = host.frames(nid, kind).take(frames, framePages);
    hands.set(nid, new Hand(taken));
    after = after.withFrames(nid, rest, kind);
  }
  const run = new ExtentRun();
  let w = 0;
  let pos = windows[0]?.start ?? 0;
  for (const { hostNid, frames } of steps) {
    for (let left = frames * framePages; left > 0;) {
      if (windows[w] !== undefined && pos === windows[w]!.end) pos = windows[++w]?.start ?? 0;
      const window = windows[w];
      assert(window !== undefined, 'deal-beyond-windows', { left });
      const { frame, pages } = hands.get(hostNid)!.next(Math.min(left, window.end - pos));
      run.push({ start: pos, pages, host: host.index, hostNid, frame });
      pos += pages;
      left -= pages;
    }
  }
  return { extents: run.extents, host: after };
}

/** `frames` frames over the nodes in the given order, each filled before the next. Sums to less when room is short. */
export function inOrder(host: Host, nodes: readonly number[], frames: number, kind: FrameKind): DealStep[] {
  const steps: DealStep[] = [];
  let left = frames;
  for (const hostNid of new Set(nodes)) {
    const here = left === 0 ? 0 : Math.min(left, host.freeFrames(hostNid, kind));
    if (here > 0) steps.push({ hostNid, frames: here });
    left -= here;
  }
  return steps;
}

/**
 * `frames` frames in one run per node, as evenly as the nodes' room allows: as if dealt round and round until a node is
 * full, so odd frames go to the earlier nodes with room. Sums to less when room is short. Distinct nodes.
 */
export function evenly(host: Host, nodes: readonly number[], frames: number, kind: FrameKind): DealStep[] {
  const room = nodes.map((nid) => host.freeFrames(nid, kind));
  const dealt = (rounds: number): number => room.reduce((sum, r) => sum + Math.min(r, rounds), 0);
  let rounds = 0;
  for (let most = frames; rounds < most;) {
    const middle = Math.ceil((rounds + most) / 2);
    if (dealt(middle) <= frames) rounds = middle;
    else most = middle - 1;
  }
  let odd = frames - dealt(rounds);
  const steps = nodes.map((hostNid, i) => {
    const extra = odd > 0 && room[i]! > rounds ? 1 : 0;
    odd -= extra;
    return { hostNid, frames: Math.min(room[i]!, rounds) + extra };
  });
  return steps.filter((s) => s.frames > 0);
}

/** Deals the frames of a whole guest, area by area, each as `evenly` does. `shortPages`: for which there is no room. */
export function evenlyFor(
  host: Host,
  nodes: readonly number[],
  areas: readonly Area[],
): { readonly steps: readonly DealStep[]; readonly shortPages: number } {
  const steps: DealStep[] = [];
  let shortPages = 0;
  let left = host;
  for (const area of areas) {
    const dealt = evenly(left, nodes, area.frames, area);
    const frames = dealt.reduce((sum, step) => sum + step.frames, 0);
    shortPages += (area.frames - frames) * area.framePages;
    if (areas.length > 1) left = dealFrames(left, area.windows, dealt, area).host;
    steps.push(...dealt);
  }
  return { steps, shortPages };
}

/** Taken frames, handed out from the low end. */
class Hand {
  readonly #extents: readonly FrameExtent[];
  #at = 0;
  #used = 0;

  constructor(extents: readonly FrameExtent[]) {
    this.#extents = extents;
  }

  next(mostPages: number): FrameExtent {
    const extent = this.#extents[this.#at]!;
    const frame = extent.frame + this.#used;
    const pages = Math.min(mostPages, extent.pages - this.#used);
    this.#used += pages;
    if (this.#used === extent.pages) {
      this.#at++;
      this.#used = 0;
    }
    return { frame, pages };
  }
}
