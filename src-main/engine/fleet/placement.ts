/**
 * Tick 0: the placement rules of a guest are turned into frames. A guest that does not fit does not throw: the result
 * lists which rule is how many pages short on which nodes, and placement goes on, so that all problems are known at
 * once.
 *
 * Frames are given by windows (guest-memory.ts). A window that two rules share belongs to the rule of its lowest valid
 * page. Shares are counted in frames: cumulative pages are rounded up to frames, and windows that are partly padding
 * in the middle of a rule (a hole that is not a multiple of 2 MiB) count whole; a surplus or lack of frames is settled
 * at the last share.
 */
import { assert, Prng } from '../core/index.ts';
import type { GuestConfig, PlacementRule } from '../../../shared/model/config.ts';
import type { PlacementProblem } from '../../../shared/model/placement.ts';
import type { BackingExtent } from './backing.ts';
import { Backing } from './backing.ts';
import type { DealStep } from './deal.ts';
import { dealFrames, inOrder } from './deal.ts';
import type { GuestMemory } from './guest-memory.ts';
import { areaAt, clip, sizeOf, windowsOf } from './guest-memory.ts';
import type { FrameKind, Host } from './host.ts';

export interface Placed {
  /** Without the frames taken: those of the whole guest, or of what fits when there are problems. */
  readonly host: Host;
  /** Empty when there are problems. */
  readonly backing: Backing;
  readonly problems: readonly PlacementProblem[];
}

export function placeGuest(before: Host, guest: GuestConfig, memory: GuestMemory, seed: number): Placed {
  let host = before;
  const { areas, valid } = memory;
  const problems: PlacementProblem[] = [];
  const frames: BackingExtent[] = [];
  let from = 0;
  guest.placement.forEach((rule, index) => {
    // Rules end where areas do, so that a rule is in one area.
    const area = areaAt(memory, rule.start);
    const { framePages } = area;
    const pages = clip(valid, rule.start, rule.end);
    assert(areas.length === 1 || (pages.at(-1)?.end ?? 0) <= area.end, 'placement-over-areas', { index });
    const windows = windowsOf(pages, framePages, Math.max(from, area.start));
    if (windows.length === 0) return;
    from = windows[windows.length - 1]!.end;
    const cutAtEnd = sizeOf(clip(valid, from - framePages, from)) < framePages;
    const wanted = sizeOf(windows) / framePages;
    const dealt = dealOf(host, rule, wanted, area, () => {
      const prng = new Prng(seed, `placement:${guest.name}:${index}`);
      return { prng, shuffled: cutAtEnd ? wanted - 1 : wanted };
    });
    const taken = dealFrames(host, windows, dealt.steps, area);
    host = taken.host;
    for (const extent of taken.extents) frames.push(extent);
    if (dealt.short > 0) problems.push(problemOf(host, guest, index, dealt.lacking, dealt.short * framePages, area));
  });
  const covered = problems.length === 0 ? valid : [];
  return { host, backing: Backing.onFrames(frames, covered), problems };
}

interface Dealt {
  readonly steps: readonly DealStep[];
  readonly short: number;
  readonly lacking: readonly number[];
}

/** Draws for `scatter`: the first `shuffled` frames of a rule change places; a last one cut by padding stays. */
type Draw = () => { readonly prng: Prng; readonly shuffled: number };

function dealOf(host: Host, rule: PlacementRule, frames: number, kind: FrameKind, draw: Draw): Dealt {
  switch (rule.mode) {
    case 'strict':
      return ofSteps(inOrder(host, rule.nodes, frames, kind), frames, rule.nodes);
    case 'preferred': {
      const nodes = [...rule.nodes, ...byDistance(host, rule.nodes)];
      return ofSteps(inOrder(host, nodes, frames, kind), frames, nodes);
    }
    case 'interleave':
      return ofSteps(interleaved(host, rule.nodes, frames, kind), frames, rule.nodes);
    case 'shares':
      return shared(host, rule, frames, kind, draw);
  }
}

function ofSteps(steps: readonly DealStep[], frames: number, nodes: readonly number[]): Dealt {
  return { steps, short: frames - steps.reduce((sum, s) => sum + s.frames, 0), lacking: nodes };
}

/** The other nodes of the host with memory, nearest to the first of `nodes` first, ties by nid. */
function byDistance(host: Host, nodes: readonly number[]): number[] {
  const home = nodes[0];
  if (home === undefined || host.node(home) === undefined) return [];
  return host.nodes
    .map((n) => n.nid)
    .filter((nid) => !nodes.includes(nid))
    .sort((a, b) => host.distance(home, a) - host.distance(home, b) || a - b);
}

function interleaved(host: Host, nodes: readonly number[], frames: number, kind: FrameKind): DealStep[] {
  const room = new Map(nodes.map((nid) => [nid, host.freeFrames(nid, kind)]));
  const steps: DealStep[] = [];
  let skipped = 0;
  for (let i = 0; steps.length < frames && skipped < nodes.length; i = (i + 1) % nodes.length) {
    const hostNid = nodes[i]!;
    const left = room.get(hostNid)!;
    if (left === 0) skipped++;
    else {
      skipped = 0;
      room.set(hostNid, left - 1);
      steps.push({ hostNid, frames: 1 });
    }
  }
  return steps;
}

function shared(host: Host, rule: PlacementRule, frames: number, kind: FrameKind, draw: Draw): Dealt {
  const steps: DealStep[] = [];
  const lacking: number[] = [];
  let short = 0;
  let pages = 0;
  let dealt = 0;
  rule.nodes.forEach((hostNid, i) => {
    pages += rule.pages[i] ?? 0;
    const upTo = i === rule.nodes.length - 1 ? frames : Math.min(frames, Math.ceil(pages / kind.framePages));
    const earlier = steps.reduce((sum, s) => sum + (s.hostNid === hostNid ? s.frames : 0), 0);
    const here = Math.min(upTo - dealt, host.freeFrames(hostNid, kind) - earlier);
    if (here < upTo - dealt) {
      lacking.push(hostNid);
      short += upTo - dealt - here;
    }
    steps.push({ hostNid, frames: here });
    dealt = upTo;
  });
  return { steps: rule.scatter && short === 0 ? scattered(steps, draw) : steps, short, lacking };
}

/** The same frames, one step each, in an order drawn from the seed (Fisher-Yates). */
function scattered(steps: readonly DealStep[], draw: Draw): DealStep[] {
  const order = steps.flatMap((s) => Array.from({ length: s.frames }, () => ({ hostNid: s.hostNid, frames: 1 })));
  const { prng, shuffled } = draw();
  for (let i = shuffled - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    const other = order[j]!;
    order[j] = order[i]!;
    order[i] = other;
  }
  return order;
}

function problemOf(
  host: Host,
  guest: GuestConfig,
  index: number,
  lacking: readonly number[],
  shortPages: number,
  { framePages, isPool }: FrameKind,
): PlacementProblem {
  const { mode, start, end } = guest.placement[index]!;
  const where = { guest: guest.name, rule: index, mode, start, end, host: host.name, nodes: lacking };
  return { ...where, shortPages, framePages, inPool: isPool };
}
