/**
 * Does the boot placement succeed? The placement rules are applied to counts of free frames per host node, VM by VM,
 * as the engine applies them to the frames themselves. A document is checked, imported and shown without a world:
 * counting costs nodes and VMs, frames would cost pages. The tests compare the answer with the engine's.
 *
 * The lowest free frame is taken: small VMs (4 KiB frames) fill 2 MiB frames that are broken already before they break
 * another, and use the odd pages at the end of a node last. Huge pages are taken from the pool of their size; on a host whose
 * pools are not known, from whole frames of the other memory.
 */
import type { PfnRange } from '../../shared/units/index.ts';
import { PAGES_PER_HUGE, poolPages } from '../../shared/units/index.ts';
import type { HostConfig, HugePageRange, PlacementRule } from '../../shared/model/config.ts';
import { subtractRanges } from './pfn-range.ts';

/** What of a guest matters here. */
export interface FitGuest {
  readonly framePages: number;
  /** As the engine has them. */
  readonly hugePages: readonly HugePageRange[];
  readonly holes: readonly PfnRange[];
  readonly placement: readonly PlacementRule[];
}

/** Free pages of one node. */
interface NodeRoom {
  /** Whole 2 MiB frames. */
  huge: number;
  /** Pages of broken frames below them. */
  small: number;
  /** Pages behind the last whole frame. */
  tail: number;
  /** Free pages of each pool, by page size, counted in such pages; null: no pools are known. */
  readonly pools: Map<number, number> | null;
}

/** What is taken at once; `isPool`: pages that are asked of a pool. */
interface FrameKind {
  readonly framePages: number;
  readonly isPool: boolean;
}

export interface Shortage {
  readonly rule: PlacementRule;
  readonly kind: FrameKind;
  readonly neededPages: number;
  readonly freePages: number;
  /** The node of `shares` that is too small; otherwise the rule as a whole has no room. */
  readonly nid: number | null;
}

export type HostRoom = Map<number, NodeRoom>;

/** Room on an empty host. */
export function emptyRoom(host: HostConfig): HostRoom {
  return new Map(
    host.nodes.map((node) => {
      const pools =
        node.pools === undefined
          ? null
          : new Map(
              node.pools.map(({ framePages, frames, reservedFrames = 0 }) => [framePages, frames - reservedFrames]),
            );
      // Pools lie at the low end, and what is reserved after them.
      const from = poolPages(node.pools ?? []) + node.reservedPages;
      const first = Math.ceil(from / PAGES_PER_HUGE);
      const end = Math.floor(node.totalPages / PAGES_PER_HUGE);
      const free = node.totalPages - from;
      if (end <= first) return [node.nid, { huge: 0, small: free, tail: 0, pools }];
      const small = first * PAGES_PER_HUGE - from;
      return [node.nid, { huge: end - first, small, tail: node.totalPages - end * PAGES_PER_HUGE, pools }];
    }),
  );
}

/** Free pages of each node, without those of its pools. */
export const roomByNode = (room: HostRoom): Map<number, number> =>
  new Map([...room].map(([nid, node]) => [nid, node.huge * PAGES_PER_HUGE + node.small + node.tail]));

/** Free pages of the pools of each node, by page size, counted in such pages. */
export const poolRoom = (room: HostRoom): Map<number, ReadonlyMap<number, number>> =>
  new Map([...room].map(([nid, { pools }]) => [nid, new Map(pools ?? [])]));

/** Free pages of each node, those of its pools among them. */
export const wholeRoomByNode = (room: HostRoom): Map<number, number> =>
  new Map(
    [...roomByNode(room)].map(([nid, pages]) => {
      let all = pages;
      for (const [framePages, frames] of room.get(nid)!.pools ?? []) all += framePages * frames;
      return [nid, all];
    }),
  );

/** Pages that frames of `framePages` pages outside of pools can hold on the whole host. */
export const roomPages = (room: HostRoom, framePages: number): number =>
  [...room.values()].reduce((sum, node) => sum + freeFrames(node, { framePages, isPool: false }) * framePages, 0);

/** Pages that the frames of a guest take outside of pools, with its last, partly used frame whole. */
export const guestFramePages = (guest: FitGuest): number =>
  guest.placement.reduce((sum, rule) => {
    const kind = kindOf(guest, rule);
    return kind.isPool ? sum : sum + frameCount(guest, rule, kind) * kind.framePages;
  }, 0);

/** Rules end where huge pages begin and end. */
function kindOf({ framePages, hugePages }: FitGuest, { start }: PlacementRule): FrameKind {
  const huge = hugePages.find((range) => range.start <= start && start < range.end);
  return huge === undefined ? { framePages, isPool: false } : { framePages: huge.framePages, isPool: true };
}

/** Takes the guest's frames out of `room`, or says what was short; then `room` is left part-taken. */
export function placeGuest(guest: FitGuest, host: HostConfig, room: HostRoom): Shortage | null {
  for (const rule of guest.placement) {
    const shortage = placeRule(guest, host, rule, room);
    if (shortage !== null) return shortage;
  }
  return null;
}

function placeRule(guest: FitGuest, host: HostConfig, rule: PlacementRule, room: HostRoom): Shortage | null {
  const kind = kindOf(guest, rule);
  const { framePages } = kind;
  const short = (needed: number, free: number, nid: number | null): Shortage => ({
    rule,
    kind,
    neededPages: needed * framePages,
    freePages: free * framePages,
    nid,
  });
  if (rule.mode === 'shares') {
    for (let i = 0; i < rule.nodes.length; i++) {
      const nid = rule.nodes[i]!;
      const frames = Math.ceil(rule.pages[i]! / framePages);
      const free = freeFrames(room.get(nid), kind);
      if (frames > free) return short(frames, free, nid);
      takeFrames(room.get(nid), frames, kind);
    }
    return null;
  }
  const nids = rule.mode === 'preferred' ? preferredOrder(host, rule.nodes) : rule.nodes;
  const free = nids.map((nid) => freeFrames(room.get(nid), kind));
  const needed = frameCount(guest, rule, kind);
  const total = free.reduce((a, b) => a + b, 0);
  if (needed > total) return short(needed, total, null);
  const taken = rule.mode === 'interleave' ? dealEvenly(needed, free) : fillInOrder(needed, free);
  nids.forEach((nid, i) => takeFrames(room.get(nid), taken[i]!, kind));
  return null;
}

/** Frames behind the pages of a rule that exist. Rules begin at frame borders and holes are whole frames. */
function frameCount(guest: FitGuest, rule: PlacementRule, { framePages }: FrameKind): number {
  return subtractRanges(rule, guest.holes).reduce(
    (sum, run) => sum + Math.ceil(run.end / framePages) - Math.floor(run.start / framePages),
    0,
  );
}

function freeFrames(room: NodeRoom | undefined, { framePages, isPool }: FrameKind): number {
  if (room === undefined) return 0;
  if (isPool && room.pools !== null) return room.pools.get(framePages) ?? 0;
  if (framePages === 1) return room.huge * PAGES_PER_HUGE + room.small + room.tail;
  // Of larger frames than 2 MiB the engine may find fewer that are aligned.
  return Math.floor((room.huge * PAGES_PER_HUGE) / framePages);
}

function takeFrames(room: NodeRoom | undefined, frames: number, { framePages, isPool }: FrameKind): void {
  if (room === undefined) return;
  if (isPool && room.pools !== null) {
    room.pools.set(framePages, (room.pools.get(framePages) ?? 0) - frames);
    return;
  }
  if (framePages !== 1) {
    room.huge -= Math.ceil((frames * framePages) / PAGES_PER_HUGE);
    return;
  }
  const broken = Math.min(room.huge, Math.ceil(Math.max(0, frames - room.small) / PAGES_PER_HUGE));
  const left = room.small + broken * PAGES_PER_HUGE - frames;
  room.huge -= broken;
  room.small = Math.max(0, left);
  room.tail += Math.min(0, left);
}

/** `nodes`, then the others by distance from the first of them. */
function preferredOrder(host: HostConfig, nodes: readonly number[]): number[] {
  const row = host.distances[host.nodes.findIndex((node) => node.nid === nodes[0])] ?? [];
  const others = host.nodes
    .map((node, i) => ({ nid: node.nid, distance: row[i] ?? 0 }))
    .filter((node) => !nodes.includes(node.nid))
    .sort((a, b) => a.distance - b.distance || a.nid - b.nid);
  return [...nodes, ...others.map((node) => node.nid)];
}

function fillInOrder(frames: number, free: readonly number[]): number[] {
  let left = frames;
  return free.map((room) => {
    const take = Math.min(left, room);
    left -= take;
    return take;
  });
}

/** Round-robin that skips what is full, in steps of whole rounds. */
function dealEvenly(frames: number, free: readonly number[]): number[] {
  const taken = free.map(() => 0);
  let left = frames;
  while (left > 0) {
    const open = free.map((_, i) => i).filter((i) => taken[i]! < free[i]!);
    if (open.length === 0) break;
    const smallest = Math.min(...open.map((i) => free[i]! - taken[i]!));
    const rounds = Math.min(smallest, Math.floor(left / open.length));
    if (rounds === 0) {
      for (const i of open.slice(0, left)) taken[i]!++;
      break;
    }
    for (const i of open) taken[i]! += rounds;
    left -= rounds * open.length;
  }
  return taken;
}
