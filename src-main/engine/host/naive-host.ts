/**
 * The oracle of the tests: one entry per frame and per page, one frame moved at a time, no extents. Obviously right and
 * slow. It does not know time: the test tells it when a migration ends.
 */
import type { GuestConfig } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';

const FREE = -1;
const RESERVED = -2;

interface NaiveGuest {
  readonly grain: number;
  readonly valid: readonly boolean[];
  host: number;
  /** [nid, first frame] by window; null: no valid page. */
  windows: ([number, number] | null)[];
  second: { host: number; windows: ([number, number] | null)[] } | null;
}

export class NaiveHosts {
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
        const frame = this.#take(g.host, nid, g.grain, guest);
        if (frame === null) continue;
        g.windows[w] = [nid, frame];
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
      const w = g.windows.findIndex((at) => at !== null && !nodes.includes(at[0]));
      if (w < 0) break;
      let target: [number, number] | null = null;
      for (const nid of nodes) {
        const frame: number | null = target === null ? this.#take(g.host, nid, g.grain, guest) : null;
        if (frame !== null) target = [nid, frame];
      }
      if (target === null) break;
      this.#free(g.host, g.windows[w]!, g.grain);
      g.windows[w] = target;
      moved += g.valid.slice(w * g.grain, (w + 1) * g.grain).filter((v) => v).length;
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
        const frame = left > 0 ? this.#take(host, nid, g.grain, guest) : null;
        if (frame !== null) taken[i]!.push(frame);
        if (frame !== null) left--;
      });
      if (left !== before) continue;
      nodes.forEach((nid, i) => taken[i]!.forEach((frame) => this.#free(host, [nid, frame], g.grain)));
      return false;
    }
    const windows = g.windows.map((): [number, number] | null => null);
    const hands = nodes.flatMap((nid, i) => taken[i]!.map((frame): [number, number] => [nid, frame]));
    needed.forEach((w, i) => (windows[w] = hands[i]!));
    g.second = { host, windows };
    return true;
  }

  endMigration(guest: number, completed: boolean): void {
    const g = this.guests[guest]!;
    const second = g.second!;
    const [goneHost, gone] = completed ? [g.host, g.windows] : [second.host, second.windows];
    for (const at of gone) if (at !== null) this.#free(goneHost, at, g.grain);
    if (completed) [g.host, g.windows] = [second.host, second.windows];
    g.second = null;
  }

  /** [host, nid, frame] of every pfn, null where invalid. */
  pages(guest: number): ([number, number, number] | null)[] {
    const g = this.guests[guest]!;
    return g.valid.map((valid, pfn) => {
      const at = g.windows[Math.floor(pfn / g.grain)] ?? null;
      return valid && at !== null ? [g.host, at[0], at[1] + (pfn % g.grain)] : null;
    });
  }

  free(host: number, nid: number): number {
    return this.owner[host]!.get(nid)!.filter((o) => o === FREE).length;
  }

  #needed(g: NaiveGuest, w: number): boolean {
    return g.valid.slice(w * g.grain, (w + 1) * g.grain).some((v) => v);
  }

  #take(host: number, nid: number, grain: number, guest: number): number | null {
    const owner = this.owner[host]!.get(nid)!;
    for (let frame = 0; frame + grain <= owner.length; frame += grain) {
      let k = 0;
      while (k < grain && owner[frame + k] === FREE) k++;
      if (k < grain) continue;
      owner.fill(guest, frame, frame + grain);
      return frame;
    }
    return null;
  }

  #free(host: number, [nid, frame]: readonly [number, number], grain: number): void {
    this.owner[host]!.get(nid)!.fill(FREE, frame, frame + grain);
  }
}

function emptyGuest(config: GuestConfig, world: WorldConfig): NaiveGuest {
  const { nrPages, holes } = config.mm;
  const grain = config.framePages;
  return {
    grain,
    valid: Array.from({ length: nrPages }, (_, pfn) => !holes.some((h) => pfn >= h.start && pfn < h.end)),
    host: world.hosts.findIndex((h) => h.name === config.host),
    windows: Array.from({ length: Math.ceil(nrPages / grain) }, () => null),
    second: null,
  };
}
