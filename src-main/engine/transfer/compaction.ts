/**
 * Compaction gathers a guest's backing on chosen host nodes: each tick it moves up to framesPerTick of the frames that
 * lie elsewhere, lowest pfn first, onto the chosen nodes in their order, each filled before the next (first fit within
 * a node). Frames that are on any chosen node already stay where they are. A target is taken before its source is
 * freed, and every frame moves whole, so stopping at any tick leaves a sound backing.
 *
 * It is stalled when it is not done, nothing moved on its host in a tick, and nothing under way may free room there.
 */
import { type CompactionRow, isUnderWay } from '../../../shared/model/transfer.ts';
import { type Backing, type BackingExtent, endOf, type Fleet, type FleetGuest, inOrder } from '../fleet/index.ts';
import type { Surroundings, Transfer } from './transfer.ts';

/** Saved unchanged. */
export type CompactionState = {
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

export class Compaction implements Transfer<CompactionRow> {
  readonly state: CompactionState;
  readonly flow = null;
  readonly cpuShare = 1;
  /** Host on which it moved frames in the last tick; -1: none. */
  #movedOn = -1;

  constructor(state: CompactionState) {
    this.state = state;
  }

  get guest(): number {
    return this.state.guest;
  }

  get isUnderWay(): boolean {
    return isUnderWay(this.state);
  }

  nextEventMs(): number {
    return Infinity;
  }

  /** Its last frames move, or there is no room for one: then it may be stalled. */
  mayReachEvent(_ms: number, _bytesPerSec: number, fleet: Fleet): boolean {
    const { nodes, framesPerTick, leftPages } = this.state;
    const { memory, host } = fleet.guest(this.guest);
    if (leftPages <= framesPerTick * memory.framePages) return true;
    return inOrder(fleet.hosts[host]!, nodes, 1, memory.framePages).length === 0;
  }

  /** A tick's frames move at once. */
  advance(_ms: number, _bytesPerSec: number, at: Surroundings): void {
    const move = nextMove(this.state, at.fleet);
    this.#movedOn = move?.host ?? -1;
    if (move !== null) at.apply(move);
  }

  endTick(at: Surroundings): void {
    if (this.state.leftPages === 0) this.#end('completed', at);
    else if (!at.mayFreeRoom(at.fleet.guest(this.guest).host)) this.#end('stalled', at);
  }

  mayFreeRoom(host: number): boolean {
    return this.#movedOn === host;
  }

  /** What has been moved stays where it is. */
  cancel(at: Surroundings): void {
    this.#end('cancelled', at);
  }

  row(fleet: Fleet): CompactionRow {
    const { guest, phase, startTick, endTick, nodes, movedPages, leftPages } = this.state;
    return { vm: fleet.guest(guest).name, phase, startTick, endTick, nodes, movedPages, leftPages };
  }

  /** It has just been started. */
  announce(at: Surroundings): void {
    const { leftPages, framesPerTick } = this.state;
    at.event('compactionStarted', this.guest, { ...this.#place(at), leftPages, framesPerTick });
  }

  #end(phase: 'completed' | 'stalled' | 'cancelled', at: Surroundings): void {
    this.state.phase = phase;
    this.state.endTick = at.tick;
    const { movedPages, leftPages } = this.state;
    at.event(END_EVENTS[phase], this.guest, { ...this.#place(at), movedPages, leftPages });
  }

  #place(at: Surroundings): { readonly host: string; readonly nodes: readonly number[] } {
    return { host: at.fleet.hostOf(this.guest).name, nodes: this.state.nodes };
  }
}

const END_EVENTS = {
  completed: 'compactionCompleted',
  stalled: 'compactionStalled',
  cancelled: 'compactionCancelled',
} as const;

export function startCompaction(
  guest: number,
  of: FleetGuest,
  nodes: readonly number[],
  framesPerTick: number,
  tick: number,
): CompactionState {
  return {
    guest,
    phase: 'running',
    startTick: tick,
    endTick: null,
    nodes,
    framesPerTick,
    cursorPfn: 0,
    movedPages: 0,
    leftPages: pagesElsewhere(of, nodes),
  };
}

/** Valid pages not on `nodes` of the host that runs the guest. */
export function pagesElsewhere({ backing, host }: FleetGuest, nodes: readonly number[]): number {
  let pages = 0;
  for (const e of backing.extents) if (e.host !== host || !nodes.includes(e.hostNid)) pages += e.pages;
  return pages;
}

type Relocation = Extract<Parameters<Fleet['apply']>[0], { type: 'relocate' }>;

/** The frames that move in a tick, counted as moved; null when none can. */
export function nextMove(compaction: CompactionState, fleet: Fleet): Relocation | null {
  const { guest, nodes, framesPerTick } = compaction;
  const { memory, backing, host } = fleet.guest(guest);
  const { framePages } = memory;
  const stepsOf = (frames: number) => inOrder(fleet.hosts[host]!, nodes, frames, framePages);
  let steps = stepsOf(framesPerTick);
  const room = steps.reduce((sum, s) => sum + s.frames, 0);
  const picked = pick(compaction, backing, framePages, room);
  if (picked.length === 0) return null;
  const frames = picked.reduce((sum, p) => sum + p.pages, 0) / framePages;
  if (frames < room) steps = stepsOf(frames);
  const windows = picked.map((p) => ({ start: p.start, end: endOf(p) }));
  for (const { start, end } of windows) {
    const pages = backing.pagesIn(start, end);
    compaction.movedPages += pages;
    compaction.leftPages -= pages;
  }
  return { type: 'relocate', guest, host, windows, steps };
}

/** The lowest `frames` frames that are not on a chosen node; moves the cursor over them. */
function pick(compaction: CompactionState, backing: Backing, framePages: number, frames: number): BackingExtent[] {
  const picked: BackingExtent[] = [];
  const chosen = new Set(compaction.nodes);
  let left = frames * framePages;
  if (left === 0) return picked;
  for (const run of backing.wholeFrames(framePages, compaction.cursorPfn)) {
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
