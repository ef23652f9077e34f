/**
 * Compaction gathers a guest's backing on chosen host nodes: each tick it moves up to framesPerTick of the frames that
 * lie elsewhere, lowest pfn first, onto the chosen nodes in their order, each filled before the next (first fit within
 * a node). Frames that are on any chosen node already stay where they are. A target is taken before its source is
 * freed, and every frame moves whole, so stopping at any tick leaves a sound backing.
 *
 * It is stalled when it is not done, nothing moved on its host in a tick, and nothing under way may free room there.
 */
import { type CompactionRow, isUnderWay } from '../../../shared/model/transfer.ts';
import {
  type Area,
  type Backing,
  type BackingExtent,
  endOf,
  type Fleet,
  type FleetGuest,
  inOrder,
} from '../fleet/index.ts';
import type { Surroundings, Transfer } from './transfer.ts';

/** Saved unchanged. */
export type CompactionState = {
  readonly guest: number;
  phase: CompactionRow['phase'];
  readonly startTick: number;
  endTick: number | null;
  /** In the order in which they are filled. */
  readonly nodes: readonly number[];
  /** Frames of the guest (GuestConfig.framePages); of larger pages as many as these are. */
  readonly framesPerTick: number;
  /** Every frame below this pfn is on a chosen node. */
  cursorPfn: number;
  /** Pages copied of a huge page that takes longer than a tick. Absent: none. */
  copiedPages?: number;
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
    const { leftPages } = this.state;
    if (leftPages <= budgetOf(this.state, fleet)) return true;
    return nextArea(this.state, fleet) === null;
  }

  /** A tick's frames move at once. */
  advance(_ms: number, _bytesPerSec: number, at: Surroundings): void {
    this.#movedOn = -1;
    // A page of which a part is copied is as good as moving.
    const { host } = at.fleet.guest(this.guest);
    const isAtWork = moveFrames(
      this.state,
      () => at.fleet,
      (move) => at.apply(move),
    );
    if (isAtWork) this.#movedOn = host;
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

/** Pages that may be copied in the next tick, with those of a page that is half done. */
function budgetOf({ guest, framesPerTick, copiedPages = 0 }: CompactionState, fleet: Fleet): number {
  return framesPerTick * fleet.guest(guest).memory.framePages + copiedPages;
}

/** The first area with frames elsewhere for which there is room on the chosen nodes. */
function nextArea({ guest, nodes, cursorPfn }: CompactionState, fleet: Fleet): Area | null {
  const { memory, backing, host } = fleet.guest(guest);
  const on = fleet.hosts[host]!;
  for (const area of memory.areas) {
    if (area.end <= cursorPfn || inOrder(on, nodes, 1, area).length === 0) continue;
    // Of a guest with one area something is left, or it would be done.
    if (memory.areas.length === 1 || pick(nodes, backing, area, Math.max(area.start, cursorPfn), 1).picked.length > 0)
      return area;
  }
  return null;
}

/**
 * Moves the frames of a tick, area by area, and counts them as moved. A page for which a tick is too short is copied over
 * several. False when nothing could be done.
 */
export function moveFrames(
  compaction: CompactionState,
  fleetNow: () => Fleet,
  apply: (move: Relocation) => void,
): boolean {
  let budget = budgetOf(compaction, fleetNow());
  let isAtWork = false;
  for (;;) {
    const area = nextArea(compaction, fleetNow());
    if (area === null) break;
    const frames = Math.floor(budget / area.framePages);
    if (frames === 0) {
      compaction.copiedPages = budget;
      return true;
    }
    const move = nextMove(compaction, fleetNow(), area, frames);
    if (move === null) break;
    isAtWork = true;
    budget -= move.steps.reduce((sum, step) => sum + step.frames, 0) * area.framePages;
    apply(move);
    if (fleetNow().guest(compaction.guest).memory.areas.length === 1) break;
  }
  if (isAtWork) keepCopied(compaction, fleetNow(), budget);
  return isAtWork;
}

/** What is left of a tick goes into the next huge page, if the next is one. */
function keepCopied(compaction: CompactionState, fleet: Fleet, budget: number): void {
  const { memory } = fleet.guest(compaction.guest);
  const isSlow = memory.areas.some(({ framePages }) => framePages > memory.framePages);
  if (isSlow && Number.isFinite(budget) && budget > 0 && compaction.leftPages > 0) compaction.copiedPages = budget;
  else delete compaction.copiedPages;
}

/** The frames of an area that move, counted as moved; null when none can. */
function nextMove(compaction: CompactionState, fleet: Fleet, area: Area, frames: number): Relocation | null {
  const { guest, nodes } = compaction;
  const { memory, backing, host } = fleet.guest(guest);
  const stepsOf = (most: number) => inOrder(fleet.hosts[host]!, nodes, most, area);
  let steps = stepsOf(frames);
  const room = steps.reduce((sum, s) => sum + s.frames, 0);
  const { picked, cursorPfn } = pick(nodes, backing, area, Math.max(area.start, compaction.cursorPfn), room);
  // An area that waits for room holds the cursor back.
  if (memory.areas.length === 1) compaction.cursorPfn = cursorPfn;
  if (picked.length === 0) return null;
  const moved = picked.reduce((sum, p) => sum + p.pages, 0) / area.framePages;
  if (moved < room) steps = stepsOf(moved);
  const windows = picked.map((p) => ({ start: p.start, end: endOf(p) }));
  for (const { start, end } of windows) {
    const pages = backing.pagesIn(start, end);
    compaction.movedPages += pages;
    compaction.leftPages -= pages;
  }
  return { type: 'relocate', guest, host, windows, steps };
}

/** The lowest `frames` frames of an area, from a pfn on, that are not on a chosen node; and the pfn behind them. */
function pick(
  nodes: readonly number[],
  backing: Backing,
  { framePages, end }: Area,
  fromPfn: number,
  frames: number,
): { readonly picked: readonly BackingExtent[]; readonly cursorPfn: number } {
  const picked: BackingExtent[] = [];
  const chosen = new Set(nodes);
  let cursorPfn = fromPfn;
  let left = frames * framePages;
  if (left === 0) return { picked, cursorPfn };
  for (const run of backing.wholeFrames(framePages, fromPfn, end)) {
    if (chosen.has(run.hostNid)) {
      cursorPfn = endOf(run);
      continue;
    }
    const pages = Math.min(left, run.pages);
    picked.push({ ...run, pages });
    cursorPfn = run.start + pages;
    left -= pages;
    if (left === 0) break;
  }
  return { picked, cursorPfn };
}
