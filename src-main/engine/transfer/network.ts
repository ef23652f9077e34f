/**
 * The links between hosts, and the path that data takes over them: fewest links, then widest (the narrowest link of
 * the path has the most capacity), then the lowest link indexes of the scenario, compared one by one. A link carries
 * both directions at once, and they share its capacity.
 */
import type { LinkConfig } from '../../../shared/model/config.ts';
import { type Flow, maxMinShares } from './max-min.ts';

export interface Path {
  /** Indexes into the links, from the first host on. */
  readonly links: readonly number[];
  /** Of its narrowest link. */
  readonly bytesPerSec: number;
  /** Of all its links, one way. */
  readonly latencyMs: number;
}

export class Network {
  readonly #links: readonly LinkConfig[];

  constructor(links: readonly LinkConfig[]) {
    this.#links = links;
  }

  /** Null when no links join the hosts. */
  path(from: string, to: string): Path | null {
    const hops = this.#hopsTo(to);
    if (from === to || !hops.has(from)) return null;
    const widths = this.#widths(to, hops);
    const bytesPerSec = widths.get(from)!;
    const links: number[] = [];
    for (let host = from; host !== to;) {
      // The first link on a shortest way that is wide enough, to a host from which the rest is.
      const next = this.#links.findIndex((link) => {
        const there = otherEnd(link, host);
        return (
          there !== null &&
          hops.get(there) === hops.get(host)! - 1 &&
          Math.min(link.bytesPerSec, widths.get(there)!) >= bytesPerSec
        );
      });
      links.push(next);
      host = otherEnd(this.#links[next]!, host)!;
    }
    const latencyMs = links.reduce((sum, link) => sum + (this.#links[link]!.latencyMs ?? 0), 0);
    return { links, bytesPerSec, latencyMs };
  }

  /** What each of the flows gets, in bytes a second. */
  shares(flows: readonly Flow[]): number[] {
    return maxMinShares(
      this.#links.map((link) => link.bytesPerSec),
      flows,
    );
  }

  /** Fewest links from each host that is joined to `to`. */
  #hopsTo(to: string): Map<string, number> {
    const hops = new Map([[to, 0]]);
    const queue = [to];
    for (const host of queue) {
      for (const link of this.#links) {
        const there = otherEnd(link, host);
        if (there === null || hops.has(there)) continue;
        hops.set(there, hops.get(host)! + 1);
        queue.push(there);
      }
    }
    return hops;
  }

  /** Capacity of the widest of the shortest ways from each host to `to`. */
  #widths(to: string, hops: ReadonlyMap<string, number>): Map<string, number> {
    const widths = new Map([[to, Infinity]]);
    // In the order of `hops`: a host comes after all that are nearer.
    for (const [host, distance] of hops) {
      if (host === to) continue;
      let width = 0;
      for (const link of this.#links) {
        const there = otherEnd(link, host);
        if (there === null || hops.get(there) !== distance - 1) continue;
        width = Math.max(width, Math.min(link.bytesPerSec, widths.get(there)!));
      }
      widths.set(host, width);
    }
    return widths;
  }
}

/** The host at the other end of a link; null when the link does not end at this one. */
function otherEnd({ hosts: [a, b] }: LinkConfig, host: string): string | null {
  if (a === host) return b;
  return b === host ? a : null;
}
