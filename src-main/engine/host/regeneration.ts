/**
 * From H to a new T: which guest node stands for which host node, and the memlayout that says so. Pure functions of the
 * backing; when a layout is made and delivered is the world's business.
 *
 * The map's promises: (a) a guest node stands for at most one host node and a host node has at most one guest node of
 * its own; (b) after remap every host node that backs a page has a guest node, its own or a shared one; (c) a guest
 * node keeps its meaning while its host node backs any page, and longer while nobody needs the number.
 *
 * `ranges` are always a layout expanded over [0, nrPages): ascending, without gaps. Cost follows extents and ranges.
 */
import { assert } from '../core/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import type { Backing } from './backing.ts';
import { endOf } from './backing.ts';
import type { Distance } from './node-choice.ts';

export type HostNodeRef = { readonly host: number; readonly hostNid: number };

/** Plain data, saved by its holder. */
export type NodeMap = {
  /** Index = guest nid, one entry per possible node; null: stands for none. */
  readonly nodes: readonly (HostNodeRef | null)[];
  /** Host nodes without a guest node of their own, and the one whose number they share. Ascending hostNid. */
  readonly shared: readonly (HostNodeRef & { readonly nid: number })[];
};

/**
 * At boot, in ascending guest nid: a guest node stands for the host node that backs most of its boot pages, among those
 * that no lower guest node has claimed; ties go to the lowest host nid; none when none of its host nodes is left.
 */
export function bootNodeMap(backing: Backing, bootRanges: readonly LayoutRange[], nrNodeIds: number): NodeMap {
  const overlap = new Overlap(backing, bootRanges);
  const claimed = new Set<number>();
  const nodes: (HostNodeRef | null)[] = [];
  for (let nid = 0; nid < nrNodeIds; nid++) {
    const mine = overlap.pairs.filter((p) => p.nid === nid && !claimed.has(p.hostNid)).sort(mostPages)[0];
    if (mine !== undefined) claimed.add(mine.hostNid);
    nodes.push(mine === undefined ? null : { host: backing.host, hostNid: mine.hostNid });
  }
  return { nodes, shared: [] };
}

/**
 * The map for the backing as it is now. A host node that backs pages and has no guest node gets, in this order:
 * 1. a guest node that stands for nothing that backs a page, the pair with the most target pages in common first (ties:
 *    lowest host nid, then lowest guest nid). So a node that moves whole keeps its guest number, and so do all on a
 *    migration;
 * 2. the lowest guest nid that has never stood for anything, then the lowest whose host node backs nothing any more;
 * 3. when all numbers are in use, that of the nearest host node with one (ties: lowest host nid), recorded as shared.
 */
export function remap(
  map: NodeMap,
  backing: Backing,
  targetRanges: readonly LayoutRange[],
  distance: Distance,
): NodeMap {
  const { host } = backing;
  const overlap = new Overlap(backing, targetRanges);
  const nodes = [...map.nodes];
  const taken = new Set<number>();
  const unmapped = new Set(overlap.hostNids);
  nodes.forEach((ref, nid) => {
    if (ref !== null && ref.host === host && unmapped.delete(ref.hostNid)) taken.add(nid);
  });
  const give = (hostNid: number, nid: number): void => {
    nodes[nid] = { host, hostNid };
    taken.add(nid);
    unmapped.delete(hostNid);
  };
  for (const { hostNid, nid } of [...overlap.pairs].sort(mostPages)) {
    if (unmapped.has(hostNid) && !taken.has(nid) && nid < nodes.length) give(hostNid, nid);
  }
  const free = nodes.map((_, nid) => nid).filter((nid) => !taken.has(nid));
  const order = [...free.filter((nid) => nodes[nid] === null), ...free.filter((nid) => nodes[nid] !== null)];
  for (const hostNid of [...unmapped]) {
    const nid = order.shift();
    if (nid === undefined) break;
    give(hostNid, nid);
  }
  const owners = [...taken].map((nid) => ({ nid, hostNid: nodes[nid]!.hostNid }));
  const shared = [...unmapped].map((hostNid) => ({ host, hostNid, nid: nearest(hostNid, owners, distance) }));
  return { nodes, shared };
}

/**
 * The memlayout that says where the pages are: windows of granularityPages (a power of two), each on the guest node that
 * backs most of its valid pages; a tie goes to the node on which `targetRanges` puts the window's first page if it is
 * among them, else to the lowest nid. Windows without valid pages continue the run below (the first run begins at 0).
 * Returns maximal runs over [0, nrPages). Every host node of the backing is in the map.
 */
export function deriveLayout(
  backing: Backing,
  map: NodeMap,
  granularityPages: number,
  nrPages: number,
  targetRanges: readonly LayoutRange[],
): LayoutRange[] {
  const votes = new WindowVotes(granularityPages, targetRanges);
  const nidOf = guestNids(map, backing.host);
  for (const extent of backing.extents) {
    const nid = nidOf.get(extent.hostNid);
    assert(nid !== undefined, 'derive-unmapped-node', { host: backing.host, hostNid: extent.hostNid });
    votes.add(extent.start, endOf(extent), nid);
  }
  return votes.done(nrPages);
}

/**
 * Lag 1: valid pages whose host node is not the one that their guest node (by `ranges`) stands for. A host node that has
 * no guest node of its own, because the ids ran out, is stood for by none: its pages count whatever number they share.
 */
export function hostTargetLagPages(backing: Backing, map: NodeMap, ranges: readonly LayoutRange[]): number {
  const nidOf = guestNids({ ...map, shared: [] }, backing.host);
  let pages = 0;
  forEachOverlap(backing, ranges, (hostNid, nid, overlap) => {
    if (nidOf.get(hostNid) !== nid) pages += overlap;
  });
  return pages;
}

interface Pair {
  readonly hostNid: number;
  readonly nid: number;
  readonly pages: number;
}

const mostPages = (a: Pair, b: Pair): number => b.pages - a.pages || a.hostNid - b.hostNid || a.nid - b.nid;

/** How many pages each host node and guest node have in common. */
class Overlap {
  readonly pairs: readonly Pair[];
  /** Host nodes that back a page, ascending. */
  readonly hostNids: readonly number[];

  constructor(backing: Backing, ranges: readonly LayoutRange[]) {
    const common = new Map<number, Map<number, number>>();
    forEachOverlap(backing, ranges, (hostNid, nid, pages) => {
      let row = common.get(hostNid);
      if (row === undefined) common.set(hostNid, (row = new Map<number, number>()));
      row.set(nid, (row.get(nid) ?? 0) + pages);
    });
    this.pairs = [...common].flatMap(([hostNid, row]) => [...row].map(([nid, pages]) => ({ hostNid, nid, pages })));
    this.hostNids = [...common.keys()].sort((a, b) => a - b);
  }
}

/** Walks extents and ranges together. */
function forEachOverlap(
  backing: Backing,
  ranges: readonly LayoutRange[],
  visit: (hostNid: number, nid: number, pages: number) => void,
): void {
  let r = 0;
  for (const extent of backing.extents) {
    for (let pos = extent.start; pos < endOf(extent);) {
      while (r < ranges.length && ranges[r]!.end <= pos) r++;
      const range = ranges[r];
      assert(range !== undefined && range.start <= pos, 'layout-gap', { pfn: pos });
      const end = Math.min(endOf(extent), range.end);
      visit(extent.hostNid, range.nid, end - pos);
      pos = end;
    }
  }
}

function guestNids(map: NodeMap, host: number): Map<number, number> {
  const nids = new Map<number, number>();
  map.nodes.forEach((ref, nid) => {
    if (ref !== null && ref.host === host) nids.set(ref.hostNid, nid);
  });
  for (const s of map.shared) if (s.host === host) nids.set(s.hostNid, s.nid);
  return nids;
}

function nearest(
  hostNid: number,
  owners: readonly { readonly nid: number; readonly hostNid: number }[],
  distance: Distance,
): number {
  const sorted = [...owners].sort(
    (a, b) => distance(hostNid, a.hostNid) - distance(hostNid, b.hostNid) || a.hostNid - b.hostNid,
  );
  assert(sorted[0] !== undefined, 'remap-no-guest-node', { hostNid });
  return sorted[0].nid;
}

/** Counts one window at a time; stretches of whole windows on one node pass without being counted window by window. */
class WindowVotes {
  readonly #grain: number;
  readonly #targets: readonly LayoutRange[];
  #target = 0;
  /** The window being counted starts here. */
  #window = 0;
  readonly #pages = new Map<number, number>();
  readonly #runs: { start: number; nid: number }[] = [];

  constructor(grain: number, targets: readonly LayoutRange[]) {
    this.#grain = grain;
    this.#targets = targets;
  }

  /** Valid pages [start, end) are on `nid`; ascending calls. */
  add(start: number, end: number, nid: number): void {
    let pos = start;
    while (pos < end) {
      const window = Math.floor(pos / this.#grain) * this.#grain;
      if (window !== this.#window) this.#close(window);
      const wholeEnd = Math.floor(end / this.#grain) * this.#grain;
      if (pos === window && wholeEnd > window) {
        this.#run(window, nid);
        this.#window = wholeEnd;
        pos = wholeEnd;
      } else {
        const stop = Math.min(end, window + this.#grain);
        this.#pages.set(nid, (this.#pages.get(nid) ?? 0) + stop - pos);
        pos = stop;
      }
    }
  }

  done(nrPages: number): LayoutRange[] {
    this.#close(nrPages);
    return this.#runs.map((run, i) => ({
      start: i === 0 ? 0 : run.start,
      end: this.#runs[i + 1]?.start ?? nrPages,
      nid: run.nid,
    }));
  }

  #close(nextWindow: number): void {
    if (this.#pages.size > 0) {
      const most = Math.max(...this.#pages.values());
      const tied = [...this.#pages].filter(([, pages]) => pages === most).map(([nid]) => nid);
      const target = this.#targetNid();
      this.#run(this.#window, tied.includes(target) ? target : Math.min(...tied));
      this.#pages.clear();
    }
    this.#window = nextWindow;
  }

  #run(start: number, nid: number): void {
    if (this.#runs[this.#runs.length - 1]?.nid !== nid) this.#runs.push({ start, nid });
  }

  #targetNid(): number {
    while (this.#target < this.#targets.length && this.#targets[this.#target]!.end <= this.#window) this.#target++;
    return this.#targets[this.#target]?.nid ?? -1;
  }
}
