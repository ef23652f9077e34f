/**
 * Which host nodes should hold a VM: the fewest that suffice; then those that leave the fewest frames to move; then the
 * least sum of distances within the set (both directions of every pair); then the lowest nids, compared one by one.
 * "Fewest nodes first" is libxl's rule (libxl_numa.c); the order after it is ours, since we also know where the
 * VM is now.
 *
 * Of a VM that is bound only the nodes that it may be on are looked at. Of another, in turn until a set suffices: the nodes
 * that it prefers, those of the CPUs that its vCPUs may use, all that have CPUs. Memory without CPUs (CXL, HBM, GPUs) is never
 * chosen unasked, unless the host has no CPUs at all.
 *
 * Exhaustive while there are at most MAX_SUBSETS sets of the fewest size. Beyond, a greedy search: from each node as a
 * start, add the node that holds most of the VM, then the nearest to the set so far, then the lowest, among those with
 * which the set can still suffice at the same size; the best of these sets by the rule above wins.
 */

import type { HomesConfig } from '../../../shared/model/config.ts';
import type { Fleet } from './fleet.ts';
import type { GuestMemory } from './guest-memory.ts';
import { heldFrames } from './held-frames.ts';
import type { FrameKind, Host } from './host.ts';

export interface Candidate {
  readonly nid: number;
  /** Frames of the VM's size that are free. */
  readonly freeFrames: number;
  /** Frames of the VM that are there already. */
  readonly heldFrames: number;
}

/** A VM whose memory is backed by frames of several kinds needs room for each. */
interface Need {
  readonly kind: FrameKind;
  readonly frames: number;
}

export interface NodeChoice {
  /** Ascending nids. */
  readonly nodes: readonly number[];
  /** False: no set suffices, and `nodes` are all that have any room. */
  readonly fits: boolean;
}

/** Sets looked at exhaustively: every size of up to 16 nodes (at most 12,870 sets) and more. */
const MAX_SUBSETS = 20_000;

type Distance = (from: number, to: number) => number;

/** The best nodes of a host for a guest, wherever it is now; all that have room when they do not suffice. Ascending. */
export const bestNodes = (fleet: Fleet, guest: number, hostIndex: number): readonly number[] =>
  choose(fleet, guest, hostIndex, fleet.guest(guest).homes).nodes;

/** The same for a guest as if it were not bound. */
export const bestUnbound = (fleet: Fleet, guest: number, hostIndex: number): NodeChoice =>
  choose(fleet, guest, hostIndex, { cpus: null, allowed: null, named: [], preferred: null });

function choose(fleet: Fleet, guest: number, hostIndex: number, homes: HomesConfig): NodeChoice {
  const { memory, backing } = fleet.guest(guest);
  const host = fleet.hosts[hostIndex]!;
  const needs = needsOf(memory);
  const held = needs.map(() => new Map<number, number>());
  for (const { area, runs } of heldFrames(backing, memory)) {
    const onNode = held[needs.findIndex(({ kind }) => isSameKind(kind, area))]!;
    for (const { host: on, hostNid, pages } of runs) {
      if (on === hostIndex) onNode.set(hostNid, (onNode.get(hostNid) ?? 0) + pages / area.framePages);
    }
  }
  const candidates = needs.map(({ kind }, i) =>
    host.nodes.map(({ nid }) => ({
      nid,
      freeFrames: host.freeFrames(nid, kind),
      heldFrames: held[i]!.get(nid) ?? 0,
    })),
  );
  let choice: NodeChoice = { nodes: [], fits: false };
  for (const nids of circles(host, homes)) {
    const within = candidates.map((ofKind) => ofKind.filter(({ nid }) => nids.has(nid)));
    choice = chooseForAll(within, needs, (a, b) => host.distance(a, b));
    if (choice.fits) break;
  }
  return choice;
}

function needsOf({ areas }: GuestMemory): Need[] {
  const needs: { kind: FrameKind; frames: number }[] = [];
  for (const area of areas) {
    if (area.frames === 0) continue;
    const same = needs.find(({ kind }) => isSameKind(kind, area));
    if (same === undefined) needs.push({ kind: area, frames: area.frames });
    else same.frames += area.frames;
  }
  return needs;
}

const isSameKind = (a: FrameKind, b: FrameKind): boolean => a.framePages === b.framePages && a.isPool === b.isPool;

/**
 * Of a VM of several kinds of frames: the best nodes for the kind that needs the most memory, and for each further kind those
 * of them that have its room, else the best of all. A search for all kinds at once would cost more than such VMs are worth.
 */
function chooseForAll(
  candidates: readonly (readonly Candidate[])[],
  needs: readonly Need[],
  distance: Distance,
): NodeChoice {
  const order = needs
    .map((need, i) => ({ need, own: candidates[i]! }))
    .sort((a, b) => b.need.frames * b.need.kind.framePages - a.need.frames * a.need.kind.framePages);
  const chosen = new Set<number>();
  let fits = true;
  for (const { need, own } of order) {
    const among = own.filter(({ nid }) => chosen.has(nid));
    if (chosen.size > 0 && among.reduce((sum, each) => sum + roomOf(each), 0) >= need.frames) continue;
    const best = chooseNodes(own, need.frames, distance);
    fits &&= best.fits;
    for (const nid of best.nodes) chosen.add(nid);
  }
  return { nodes: [...chosen].sort((a, b) => a - b), fits };
}

/** Sets of nodes to look at in turn, each with the ones before it. */
function circles(host: Host, { allowed, preferred, cpus }: HomesConfig): ReadonlySet<number>[] {
  if (allowed !== null) return [new Set(allowed)];
  const withCpus = host.nodes.filter((node) => node.cpus.length > 0);
  const all = new Set((withCpus.length > 0 ? withCpus : host.nodes).map(({ nid }) => nid));
  const circles: ReadonlySet<number>[] = [all];
  if (cpus !== null) {
    const usable = new Set(cpus);
    circles.unshift(new Set(withCpus.filter((node) => node.cpus.some((cpu) => usable.has(cpu))).map(({ nid }) => nid)));
  }
  if (preferred !== null) {
    circles.unshift(new Set(preferred));
    return circles.map((circle) => new Set([...preferred, ...circle]));
  }
  return circles;
}

/** @param frames that the VM needs in all, at least 1. Candidates in any order; those without room are never chosen. */
export function chooseNodes(candidates: readonly Candidate[], frames: number, distance: Distance): NodeChoice {
  const roomy = candidates.filter((c) => roomOf(c) > 0).sort((a, b) => a.nid - b.nid);
  const size = fewest(roomy, frames);
  if (size === null) return { nodes: roomy.map((c) => c.nid), fits: false };
  const search = new Search(roomy, frames, size, distance);
  const best = subsets(roomy.length, size) <= MAX_SUBSETS ? search.exhaustive() : search.greedy();
  return { nodes: best.map((c) => c.nid), fits: true };
}

const roomOf = (c: Candidate): number => c.freeFrames + c.heldFrames;

/** The size of the smallest set that suffices: the roomiest nodes show it. Null when all together do not. */
function fewest(candidates: readonly Candidate[], frames: number): number | null {
  let left = frames;
  let size = 0;
  for (const room of candidates.map(roomOf).sort((a, b) => b - a)) {
    left -= room;
    size++;
    if (left <= 0) return size;
  }
  return null;
}

/** n choose k, or more than MAX_SUBSETS. */
function subsets(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) {
    count = (count * (n - i + 1)) / i;
    if (count > MAX_SUBSETS) return count;
  }
  return count;
}

class Search {
  /** Ascending nid, so sets met earlier have the lower nids and stay on a tie. */
  readonly #candidates: readonly Candidate[];
  readonly #frames: number;
  readonly #size: number;
  readonly #distance: Distance;
  #best: readonly Candidate[] | null = null;
  #bestHeld = 0;
  #bestSpread = 0;

  constructor(candidates: readonly Candidate[], frames: number, size: number, distance: Distance) {
    this.#candidates = candidates;
    this.#frames = frames;
    this.#size = size;
    this.#distance = distance;
  }

  exhaustive(): readonly Candidate[] {
    const set: Candidate[] = [];
    const extend = (from: number): void => {
      if (set.length === this.#size) {
        this.#offer(set);
        return;
      }
      for (let i = from; i <= this.#candidates.length - (this.#size - set.length); i++) {
        set.push(this.#candidates[i]!);
        extend(i + 1);
        set.pop();
      }
    };
    extend(0);
    return this.#best!;
  }

  greedy(): readonly Candidate[] {
    for (const start of this.#candidates) {
      const set = this.#grow(start);
      if (set !== null) this.#offer(set.sort((a, b) => a.nid - b.nid));
    }
    return this.#best!;
  }

  #offer(set: readonly Candidate[]): void {
    if (set.reduce((sum, c) => sum + roomOf(c), 0) < this.#frames) return;
    const held = set.reduce((sum, c) => sum + c.heldFrames, 0);
    const spread = this.#spread(set);
    const better =
      this.#best === null ||
      (held !== this.#bestHeld
        ? held > this.#bestHeld
        : spread !== this.#bestSpread
          ? spread < this.#bestSpread
          : lower(set, this.#best));
    if (!better) return;
    this.#best = [...set];
    this.#bestHeld = held;
    this.#bestSpread = spread;
  }

  #spread(set: readonly Candidate[]): number {
    let sum = 0;
    for (const a of set) for (const b of set) if (a !== b) sum += this.#distance(a.nid, b.nid);
    return sum;
  }

  /** Null when no set of the fewest size, two or more, with `start` suffices. */
  #grow(start: Candidate): Candidate[] | null {
    const set = [start];
    let room = roomOf(start);
    const byRoom = this.#candidates.filter((c) => c !== start).sort((a, b) => roomOf(b) - roomOf(a));
    const reach = new Map<Candidate, number>(byRoom.map((c) => [c, this.#there(start, c)]));
    while (set.length < this.#size) {
      // With the roomiest others in the places after this one, does the set still suffice?
      const rest = byRoom.slice(0, this.#size - set.length).map(roomOf);
      const restRoom = rest.reduce((sum, r) => sum + r, 0);
      const leastOfRest = rest[rest.length - 1] ?? 0;
      let next: Candidate | null = null;
      byRoom.forEach((c, rank) => {
        const best = rank < rest.length ? restRoom : restRoom - leastOfRest + roomOf(c);
        if (room + best < this.#frames) return;
        if (next === null || this.#preferred(c, next, reach)) next = c;
      });
      if (next === null) return null;
      const added: Candidate = next;
      set.push(added);
      room += roomOf(added);
      byRoom.splice(byRoom.indexOf(added), 1);
      for (const c of byRoom) reach.set(c, reach.get(c)! + this.#there(added, c));
    }
    return set;
  }

  #preferred(a: Candidate, b: Candidate, reach: ReadonlyMap<Candidate, number>): boolean {
    if (a.heldFrames !== b.heldFrames) return a.heldFrames > b.heldFrames;
    const nearer = reach.get(a)! - reach.get(b)!;
    return nearer !== 0 ? nearer < 0 : a.nid < b.nid;
  }

  #there(a: Candidate, b: Candidate): number {
    return this.#distance(a.nid, b.nid) + this.#distance(b.nid, a.nid);
  }
}

function lower(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  const i = a.findIndex((c, k) => c.nid !== b[k]!.nid);
  return i >= 0 && a[i]!.nid < b[i]!.nid;
}
