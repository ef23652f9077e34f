/**
 * TESTS ONLY. The oracle: one entry per frame and per page, one frame moved at a time, no extents. Obviously right,
 * and slow. It does not know time: the test says when a migration ends.
 */
import type { GuestConfig } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';

const FREE = -1;
const RESERVED = -2;

/** [host, nid, first frame] of a window; null: no valid page. */
type Place = readonly [number, number, number] | null;

interface NaiveGuest {
  readonly framePages: number;
  readonly valid: readonly boolean[];
  host: number;
  windows: Place[];
  /** Of windows that have no place there, null. */
  second: Place[] | null;
}

export class NaiveFleet {
  /** By host and nid: FREE, RESERVED or the guest that holds the frame. */
  readonly owner: Map<number, number[]>[];
  readonly guests: NaiveGuest[];

  constructor(config: WorldConfig) {
    this.owner = config.hosts.map(
      (h) =>
        new Map(
          h.nodes.map((n) => [
            n.nid,
            Array.from({ length: n.totalPages }, (_, f) => (f < n.reservedPages ? RESERVED : FREE)),
          ]),
        ),
    );
    this.guests = config.guests.map((g) => emptyGuest(g, config));
  }

  /** Strict placement only. False when it does not fit. */
  placeStrict(guest: number, nodes: readonly number[]): boolean {
    const g = this.guests[guest]!;
    return g.windows.every((_, w) => {
      if (!this.#needed(g, w)) return true;
      for (const nid of nodes) {
        const frame = this.#take(g.host, nid, g.framePages, guest);
        if (frame === null) continue;
        g.windows[w] = [g.host, nid, frame];
        return true;
      }
      return false;
    });
  }

  /** One tick of a compaction; the number of valid pages moved. */
  compact(guest: number, nodes: readonly number[], framesPerTick: number): number {
    const g = this.guests[guest]!;
    let moved = 0;
    for (let i = 0; i < framesPerTick; i++) {
      const w = g.windows.findIndex((at) => at !== null && !nodes.includes(at[1]));
      if (w < 0) break;
      let target: Place = null;
      for (const nid of nodes) {
        const frame: number | null = target === null ? this.#take(g.host, nid, g.framePages, guest) : null;
        if (frame !== null) target = [g.host, nid, frame];
      }
      if (target === null) break;
      this.#free(g.windows[w]!, g.framePages);
      g.windows[w] = target;
      moved += g.valid.slice(w * g.framePages, (w + 1) * g.framePages).filter((v) => v).length;
    }
    return moved;
  }

  elsewhere(guest: number, nodes: readonly number[]): number {
    return this.pages(guest).filter((at) => at !== null && !nodes.includes(at[1])).length;
  }

  /** Takes the second copy: frames dealt round and round, then handed out node by node. False when it does not fit. */
  startMigration(guest: number, host: number, nodes: readonly number[]): boolean {
    const g = this.guests[guest]!;
    const needed = g.windows.map((_, w) => w).filter((w) => this.#needed(g, w));
    const taken = nodes.map((): number[] => []);
    for (let left = needed.length; left > 0;) {
      const before = left;
      nodes.forEach((nid, i) => {
        const frame = left > 0 ? this.#take(host, nid, g.framePages, guest) : null;
        if (frame !== null) taken[i]!.push(frame);
        if (frame !== null) left--;
      });
      if (left !== before) continue;
      nodes.forEach((nid, i) => taken[i]!.forEach((frame) => this.#free([host, nid, frame], g.framePages)));
      return false;
    }
    const second = g.windows.map((): Place => null);
    const hands = nodes.flatMap((nid, i) => taken[i]!.map((frame): Place => [host, nid, frame]));
    needed.forEach((w, i) => (second[w] = hands[i]!));
    g.second = second;
    return true;
  }

  endMigration(guest: number, completed: boolean): void {
    const g = this.guests[guest]!;
    const second = g.second!;
    const host = second.find((at) => at !== null)![0];
    second.forEach((at, w) => {
      if (at !== null && completed) this.arrive(guest, w);
      else if (at !== null) this.#free(at, g.framePages);
    });
    g.second = null;
    if (completed) g.host = host;
  }

  /** A window lives on its place in the second copy from now on, if it has one. */
  arrive(guest: number, window: number): void {
    const g = this.guests[guest]!;
    const at = g.second?.[window] ?? null;
    if (at === null) return;
    this.#free(g.windows[window]!, g.framePages);
    g.windows[window] = at;
    g.second![window] = null;
    if (g.second!.every((place) => place === null)) g.second = null;
  }

  /** [host, nid, frame] of every pfn, null where invalid. */
  pages(guest: number): ([number, number, number] | null)[] {
    const g = this.guests[guest]!;
    return g.valid.map((valid, pfn) => {
      const at = g.windows[Math.floor(pfn / g.framePages)] ?? null;
      return valid && at !== null ? [at[0], at[1], at[2] + (pfn % g.framePages)] : null;
    });
  }

  free(host: number, nid: number): number {
    return this.owner[host]!.get(nid)!.filter((o) => o === FREE).length;
  }

  #needed(g: NaiveGuest, w: number): boolean {
    return g.valid.slice(w * g.framePages, (w + 1) * g.framePages).some((v) => v);
  }

  #take(host: number, nid: number, framePages: number, guest: number): number | null {
    const owner = this.owner[host]!.get(nid)!;
    for (let frame = 0; frame + framePages <= owner.length; frame += framePages) {
      let k = 0;
      while (k < framePages && owner[frame + k] === FREE) k++;
      if (k < framePages) continue;
      owner.fill(guest, frame, frame + framePages);
      return frame;
    }
    return null;
  }

  #free([host, nid, frame]: readonly [number, number, number], framePages: number): void {
    this.owner[host]!.get(nid)!.fill(FREE, frame, frame + framePages);
  }
}

function emptyGuest(config: GuestConfig, world: WorldConfig): NaiveGuest {
  const { nrPages, holes } = config.mm;
  const framePages = config.framePages;
  return {
    framePages,
    valid: Array.from({ length: nrPages }, (_, pfn) => !holes.some((h) => pfn >= h.start && pfn < h.end)),
    host: world.hosts.findIndex((h) => h.name === config.host),
    windows: Array.from({ length: Math.ceil(nrPages / framePages) }, () => null),
    second: null,
  };
}
