/**
 * TESTS ONLY. The oracle: one entry per frame and per page, one frame moved at a time, no extents. Obviously right,
 * and slow. It does not know time: the test says when a migration ends.
 */
import type { GuestConfig } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';

const FREE = -1;
const RESERVED = -2;
/** Of no pool. */
const OUTSIDE = 0;

/** [host, nid, first frame] of a window; null: no valid page. */
type Place = readonly [number, number, number] | null;

/** Pages that one frame backs: so many from `start` on; of a pool of such pages, or of none. */
interface Window {
  readonly start: number;
  readonly framePages: number;
  readonly isPool: boolean;
}

interface NaiveGuest {
  readonly shape: readonly Window[];
  readonly valid: readonly boolean[];
  host: number;
  windows: Place[];
  /** Of windows that have no place there, null. */
  second: Place[] | null;
}

export class NaiveFleet {
  /** By host and nid: FREE, RESERVED or the guest that holds the frame. */
  readonly owner: Map<number, number[]>[];
  /** By host and nid: the page size of the pool that a frame is of; OUTSIDE. */
  readonly pool: Map<number, number[]>[];
  /** Nodes whose pools are not known: pages of any size are frames like others. */
  readonly #unknown: Set<number>[];
  readonly guests: NaiveGuest[];

  constructor(config: WorldConfig) {
    this.owner = config.hosts.map(
      (h) => new Map(h.nodes.map((n) => [n.nid, new Array<number>(n.totalPages).fill(FREE)])),
    );
    this.pool = config.hosts.map(
      (h) => new Map(h.nodes.map((n) => [n.nid, new Array<number>(n.totalPages).fill(OUTSIDE)])),
    );
    this.#unknown = config.hosts.map((h) => new Set(h.nodes.filter((n) => n.pools === undefined).map((n) => n.nid)));
    config.hosts.forEach((h, i) => {
      for (const { nid, reservedPages, pools = [] } of h.nodes) {
        // From the low end up, the largest pages first; then what the host keeps.
        let next = 0;
        for (const size of [...new Set(pools.map((each) => each.framePages))].sort((a, b) => b - a)) {
          const { frames, reservedFrames = 0 } = pools.find((each) => each.framePages === size)!;
          for (let k = 0; k < frames; k++) {
            for (let page = 0; page < size; page++) {
              this.pool[i]!.get(nid)![next] = size;
              this.owner[i]!.get(nid)![next] = k < reservedFrames ? RESERVED : FREE;
              next++;
            }
          }
        }
        this.owner[i]!.get(nid)!.fill(RESERVED, next, next + reservedPages);
      }
    });
    this.guests = config.guests.map((g) => emptyGuest(g, config));
  }

  /** Strict placement only. False when it does not fit. */
  placeStrict(guest: number, nodes: readonly number[]): boolean {
    const g = this.guests[guest]!;
    return g.windows.every((_, w) => {
      if (!this.#needed(g, w)) return true;
      for (const nid of nodes) {
        const frame = this.#take(g.host, nid, g.shape[w]!, guest);
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
        const frame: number | null = target === null ? this.#take(g.host, nid, g.shape[w]!, guest) : null;
        if (frame !== null) target = [g.host, nid, frame];
      }
      if (target === null) break;
      this.#free(g.windows[w]!, g.shape[w]!.framePages);
      g.windows[w] = target;
      moved += this.#validIn(g, w).filter((v) => v).length;
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
    const second = g.windows.map((): Place => null);
    // One run of windows of a kind after the other.
    for (let from = 0; from < needed.length;) {
      const kind = g.shape[needed[from]!]!;
      let to = from;
      while (to < needed.length && sameKind(g.shape[needed[to]!]!, kind)) to++;
      const run = needed.slice(from, to);
      const taken = nodes.map((): number[] => []);
      for (let left = run.length; left > 0;) {
        const before = left;
        nodes.forEach((nid, i) => {
          const frame = left > 0 ? this.#take(host, nid, kind, guest) : null;
          if (frame !== null) taken[i]!.push(frame);
          if (frame !== null) left--;
        });
        if (left !== before) continue;
        nodes.forEach((nid, i) => taken[i]!.forEach((frame) => this.#free([host, nid, frame], kind.framePages)));
        second.forEach((at, w) => {
          if (at !== null) this.#free(at, g.shape[w]!.framePages);
        });
        return false;
      }
      const hands = nodes.flatMap((nid, i) => taken[i]!.map((frame): Place => [host, nid, frame]));
      run.forEach((w, i) => (second[w] = hands[i]!));
      from = to;
    }
    g.second = second;
    return true;
  }

  endMigration(guest: number, completed: boolean): void {
    const g = this.guests[guest]!;
    const second = g.second!;
    const host = second.find((at) => at !== null)![0];
    second.forEach((at, w) => {
      if (at !== null && completed) this.arrive(guest, w);
      else if (at !== null) this.#free(at, g.shape[w]!.framePages);
    });
    g.second = null;
    if (completed) g.host = host;
  }

  /** A window lives on its place in the second copy from now on, if it has one. */
  arrive(guest: number, window: number): void {
    const g = this.guests[guest]!;
    const at = g.second?.[window] ?? null;
    if (at === null) return;
    this.#free(g.windows[window]!, g.shape[window]!.framePages);
    g.windows[window] = at;
    g.second![window] = null;
    if (g.second!.every((place) => place === null)) g.second = null;
  }

  /** [host, nid, frame] of every pfn, null where invalid. */
  pages(guest: number): ([number, number, number] | null)[] {
    const g = this.guests[guest]!;
    return g.valid.map((valid, pfn) => {
      const w = g.shape.findLastIndex(({ start }) => start <= pfn);
      const at = g.windows[w] ?? null;
      return valid && at !== null ? [at[0], at[1], at[2] + pfn - g.shape[w]!.start] : null;
    });
  }

  free(host: number, nid: number, pool: number = OUTSIDE): number {
    const of = this.pool[host]!.get(nid)!;
    return this.owner[host]!.get(nid)!.filter((o, frame) => o === FREE && of[frame] === pool).length;
  }

  #validIn(g: NaiveGuest, w: number): readonly boolean[] {
    const { start, framePages } = g.shape[w]!;
    return g.valid.slice(start, start + framePages);
  }

  #needed(g: NaiveGuest, w: number): boolean {
    return this.#validIn(g, w).some((v) => v);
  }

  #take(host: number, nid: number, { framePages, isPool }: Window, guest: number): number | null {
    const owner = this.owner[host]!.get(nid)!;
    const pool = this.pool[host]!.get(nid)!;
    const wanted = isPool && !this.#unknown[host]!.has(nid) ? framePages : OUTSIDE;
    for (let frame = 0; frame + framePages <= owner.length; frame += framePages) {
      let k = 0;
      while (k < framePages && owner[frame + k] === FREE && pool[frame + k] === wanted) k++;
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

const sameKind = (a: Window, b: Window): boolean => a.framePages === b.framePages && a.isPool === b.isPool;

function emptyGuest(config: GuestConfig, world: WorldConfig): NaiveGuest {
  const { nrPages, holes } = config.mm;
  const shape: Window[] = [];
  for (let start = 0; start < nrPages;) {
    const huge = (config.hugePages ?? []).find((range) => range.start <= start && start < range.end);
    const framePages = huge?.framePages ?? config.framePages;
    shape.push({ start, framePages, isPool: huge !== undefined });
    start += framePages;
  }
  return {
    shape,
    valid: Array.from({ length: nrPages }, (_, pfn) => !holes.some((h) => pfn >= h.start && pfn < h.end)),
    host: world.hosts.findIndex((h) => h.name === config.host),
    windows: shape.map(() => null),
    second: null,
  };
}
