/**
 * From H to a new T: which guest node represents which host node, and the memlayout that follows. Pure functions of the
 * backing; the world decides when a layout is made and delivered.
 *
 * Invariants of the node map:
 * (a) a guest node represents at most one host node, and a host node has at most one guest node of its own;
 * (b) after remap every host node that backs a page has a guest node, its own or a shared one;
 * (c) a guest node keeps its host node while that backs any page, and longer while its number is not needed.
 *
 * `ranges` are always a layout expanded over [0, nrPages): ascending, without gaps. Cost follows extents and ranges.
 */
import { assert } from '../core/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { type Backing, endOf, type HostNodeRef } from '../fleet/index.ts';

/** SLIT distance between two host nodes. */
export type HostDistance = (from: HostNodeRef, to: HostNodeRef) => number;

/** Plain data, saved by its holder. */
export type NodeMap = {
  /** Index = guest nid, one entry per possible node; null: it represents no host node. */
  readonly nodes: readonly (HostNodeRef | null)[];
  /** Host nodes without a guest node of their own, and the one whose number they share. Ascending host, then hostNid. */
  readonly shared: readonly (HostNodeRef & { readonly nid: number })[];
};

/** One number for a host node, ascending by host, then by nid. */
const keyOf = ({ host, hostNid }: HostNodeRef): number => host * 2 ** 16 + hostNid;

/**
 * At boot, in ascending guest nid: a guest node represents the host node that backs most of its boot pages, among those
 * that no lower guest node has claimed; ties go to the lowest host nid; none when none of its host nodes is left.
 */
export function bootNodeMap(backing: Backing, bootRanges: readonly LayoutRange[], nrNodeIds: number): NodeMap {
  const overlap = new Overlap(backing, bootRanges);
  const claimed = new Set<number>();
  const nodes: (HostNodeRef | null)[] = [];
  for (let nid = 0; nid < nrNodeIds; nid++) {
    const mine = overlap.pairs.filter((p) => p.nid === nid && !claimed.has(keyOf(p.node))).sort(mostPages)[0];
    if (mine !== undefined) claimed.add(keyOf(mine.node));
    nodes.push(mine?.node ?? null);
  }
  return { nodes, shared: [] };
}

/**
 * The map for the backing as it is now. A host node that backs pages and has no guest node gets, in this order:
 * 1. a guest node that represents no host node that backs a page, the pair with the most target pages in common first (ties:
 *    lowest host node, then lowest guest nid). So a node that moves whole keeps its guest number, and so do all on a
 *    migration;
 * 2. the lowest guest nid that has never stood for anything, then the lowest whose host node backs nothing any more;
 * 3. when all numbers are in use, that of the nearest host node with one (ties: lowest host node), recorded as shared.
 */
export function remap(
  map: NodeMap,
  backing: Backing,
  targetRanges: readonly LayoutRange[],
  distance: HostDistance,
): NodeMap {
  const overlap = new Overlap(backing, targetRanges);
  const nodes = [...map.nodes];
  const taken = new Set<number>();
  const unmapped = new Map(overlap.nodes.map((node) => [keyOf(node), node]));
  nodes.forEach((ref, nid) => {
    if (ref !== null && unmapped.delete(keyOf(ref))) taken.add(nid);
  });
  const assign = (node: HostNodeRef, nid: number): void => {
    nodes[nid] = node;
    taken.add(nid);
    unmapped.delete(keyOf(node));
  };
  for (const { node, nid } of [...overlap.pairs].sort(mostPages)) {
    if (unmapped.has(keyOf(node)) && !taken.has(nid) && nid < nodes.length) assign(node, nid);
  }
  const free = nodes.map((_, nid) => nid).filter((nid) => !taken.has(nid));
  const order = [...free.filter((nid) => nodes[nid] === null), ...free.filter((nid) => nodes[nid] !== null)];
  for (const node of [...unmapped.values()]) {
    const nid = order.shift();
    if (nid === undefined) break;
    assign(node, nid);
  }
  const owners = [...taken].map((nid) => ({ nid, node: nodes[nid]! }));
  const shared = [...unmapped.values()].map((node) => ({ ...node, nid: nearest(node, owners, distance) }));
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
  const nidOf = guestNids(map);
  for (const extent of backing.extents) {
    const nid = nidOf.get(keyOf(extent));
    assert(nid !== undefined, 'derive-unmapped-node', { host: extent.host, hostNid: extent.hostNid });
    votes.add(extent.start, endOf(extent), nid);
  }
  return votes.done(nrPages);
}

/**
 * Lag 1: valid pages whose host node is not the one that their guest node (by `ranges`) represents. A host node without a
 * guest node of its own, because the ids ran out, is represented by none: its pages count whatever number they share.
 */
export function hostTargetLagPages(backing: Backing, map: NodeMap, ranges: readonly LayoutRange[]): number {
  const nidOf = guestNids({ ...map, shared: [] });
  let pages = 0;
  forEachOverlap(backing, ranges, (node, nid, overlap) => {
    if (nidOf.get(keyOf(node)) !== nid) pages += overlap;
  });
  return pages;
}

interface Pair {
  readonly node: HostNodeRef;
  readonly nid: number;
  readonly pages: number;
}

const mostPages = (a: Pair, b: Pair): number => b.pages - a.pages || keyOf(a.node) - keyOf(b.node) || a.nid - b.nid;

/** How many pages each host node and guest node have in common. */
class Overlap {
  readonly pairs: readonly Pair[];
  /** Host nodes that back a page, ascending. */
  readonly nodes: readonly HostNodeRef[];

  constructor(backing: Backing, ranges: readonly LayoutRange[]) {
    const common = new Map<number, { readonly node: HostNodeRef; readonly pages: Map<number, number> }>();
    forEachOverlap(backing, ranges, ({ host, hostNid }, nid, pages) => {
      const key = keyOf({ host, hostNid });
      let row = common.get(key);
      if (row === undefined) common.set(key, (row = { node: { host, hostNid }, pages: new Map<number, number>() }));
      row.pages.set(nid, (row.pages.get(nid) ?? 0) + pages);
    });
    const rows = [...common.values()];
    this.pairs = rows.flatMap(({ node, pages }) => [...pages].map(([nid, count]) => ({ node, nid, pages: count })));
    this.nodes = rows.map(({ node }) => node).sort((a, b) => keyOf(a) - keyOf(b));
  }
}

/** Walks extents and ranges together. */
function forEachOverlap(
  backing: Backing,
  ranges: readonly LayoutRange[],
  visit: (node: HostNodeRef, nid: number, pages: number) => void,
): void {
  let r = 0;
  for (const extent of backing.extents) {
    for (let pos = extent.start; pos < endOf(extent);) {
      while (r < ranges.length && ranges[r]!.end <= pos) r++;
      const range = ranges[r];
      assert(range !== undefined && range.start <= pos, 'layout-gap', { pfn: pos });
      const end = Math.min(endOf(extent), range.end);
      visit(extent, range.nid, end - pos);
      pos = end;
    }
  }
}

/** The guest node of each host node that has one, by keyOf. */
function guestNids(map: NodeMap): Map<number, number> {
  const nids = new Map<number, number>();
  map.nodes.forEach((ref, nid) => {
    if (ref !== null) nids.set(keyOf(ref), nid);
  });
  for (const s of map.shared) nids.set(keyOf(s), s.nid);
  return nids;
}

function nearest(
  node: HostNodeRef,
  owners: readonly { readonly nid: number; readonly node: HostNodeRef }[],
  distance: HostDistance,
): number {
  const sorted = [...owners].sort(
    (a, b) => distance(node, a.node) - distance(node, b.node) || keyOf(a.node) - keyOf(b.node),
  );
  assert(sorted[0] !== undefined, 'remap-no-guest-node', { ...node });
  return sorted[0].nid;
}

/** Counts one window at a time; stretches of whole windows on one node pass without being counted window by window. */
class WindowVotes {
  readonly #windowPages: number;
  readonly #targets: readonly LayoutRange[];
  #target = 0;
  /** The window being counted starts here. */
  #window = 0;
  readonly #pages = new Map<number, number>();
  readonly #runs: { start: number; nid: number }[] = [];

  constructor(windowPages: number, targets: readonly LayoutRange[]) {
    this.#windowPages = windowPages;
    this.#targets = targets;
  }

  /** Valid pages [start, end) are on `nid`; ascending calls. */
  add(start: number, end: number, nid: number): void {
    let pos = start;
    while (pos < end) {
      const window = Math.floor(pos / this.#windowPages) * this.#windowPages;
      if (window !== this.#window) this.#close(window);
      const wholeEnd = Math.floor(end / this.#windowPages) * this.#windowPages;
      if (pos === window && wholeEnd > window) {
        this.#run(window, nid);
        this.#window = wholeEnd;
        pos = wholeEnd;
      } else {
        const stop = Math.min(end, window + this.#windowPages);
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
