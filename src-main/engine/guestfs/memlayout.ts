/**
 * /sys/kernel/debug/memlayout: the RFC's door for staging and committing layouts,
 * and the statistics of its author's later tree.
 *
 * (a) Ends are inclusive here and nowhere else: the exclusive ends of the engine are converted in this file.
 * (b) node, commit and clear serialise on one mutex; start and end are plain variables that all writers share.
 * (c) A layout takes its number and has its folder from the moment at which it is made, committed or not.
 * (d) A committed layout shows the ranges that took effect, expanded; its file `filled` lists the parts that were not
 *     written but filled in.
 */
import type { WorldEvent } from '../../../shared/model/event.ts';
import type { Guest, KeptLayout } from '../vm/index.ts';
import { addRange, LOG_WARNING, logOops, MAX_LAYOUT_PFN, rangeText } from '../vm/index.ts';
import { attributeText, parseAttribute } from './attribute.ts';
import {
  dir,
  type DirNode,
  type Errno,
  fail,
  type FileNode,
  type FsNode,
  link,
  ok,
  procFile,
  union,
  type WriteOutcome,
} from './node.ts';
import type { Outside } from './outside.ts';
import { globalStats, layoutStats, nodeStats } from './stats.ts';

type Attribute = 'start' | 'end' | 'node' | 'commit' | 'clear';

/** What an attribute's set function returns: 0, or 1 by the RFC's mistake, which write(2) hands on as one byte taken. */
interface SetResult {
  readonly result: 0 | 1 | Errno;
  readonly events?: readonly WorldEvent[];
}
type Set = (value: bigint) => SetResult;

export function memlayoutOf(guest: Guest, outside: Outside): DirNode {
  const door = new LayoutDoor(guest, outside);
  const { kernel, memory: mm } = guest;
  const counter = (read: () => number): FileNode => procFile(() => `${read()}\n`, 0o400);
  const attribute = (name: Attribute, mode: number, set: Set): FileNode => ({
    kind: 'file',
    mode,
    size: 0,
    read: () => attributeText(kernel.attributes[name]),
    write: (text) => door.write(name, text, set),
  });
  const fixed = dir({
    'moved-pages': counter(() => mm.moved.sweep + mm.moved.free + mm.moved.drain),
    'pfn-lookup-cache-hits': counter(() => mm.lookups.hit),
    'pfn-lookup-cache-misses': counter(() => mm.lookups.miss),
    start: attribute('start', 0o600, () => DONE),
    end: attribute('end', 0o600, () => DONE),
    node: attribute('node', 0o200, (value) => door.node(value)),
    commit: attribute('commit', 0o200, () => door.commit()),
    clear: attribute('clear', 0o200, () => door.clear()),
    stats: globalStats(guest),
    node_stats: nodeStats(guest),
  });
  return union([fixed, layoutFolders(guest)], 0o755);
}

/** `current`, and a folder for every layout that the kernel has. */
function layoutFolders(guest: Guest): DirNode {
  const { layouts } = guest.kernel;
  return {
    kind: 'dir',
    mode: 0o755,
    names: () => [
      ...['current', ...layouts.committed.map(({ seq }) => `layout.${seq}`)],
      ...(layouts.staged === null ? [] : [`layout.${layouts.staged.seq}`]),
    ],
    get: (name) => {
      if (name === 'current') return link(`layout.${layouts.inForce.seq}`);
      const seq = /^layout\.(0|[1-9]\d{0,14})$/.exec(name)?.[1];
      if (seq === undefined) return null;
      const kept = layouts.committed.find((k) => k.seq === Number(seq));
      if (kept !== undefined) return layoutFolder(guest, kept);
      const { staged } = layouts;
      if (staged === null || staged.seq !== Number(seq)) return null;
      return rangeFolder(
        () => staged.ranges.length,
        (i) => staged.ranges[i]!,
      );
    },
  };
}

function layoutFolder(guest: Guest, kept: KeptLayout): DirNode {
  const { start, nid, filled } = kept;
  const ranges = rangeFolder(
    () => nid.length,
    (i) => ({ start: start[i]!, end: start[i + 1]!, nid: nid[i]! }),
  );
  const more: Record<string, FsNode> = { ...layoutStats(guest, kept) };
  // Not in the RFC: the pages that no write assigned to a node.
  if (filled.length > 0) {
    more['filled'] = procFile(() => filled.map((r) => `${nameOf(r)}\n`).join(''), 0o400);
  }
  return union([ranges, dir(more)], 0o755);
}

/** The file name of a range: pfns in hex, the end inclusive. */
const nameOf = ({ start, end }: { readonly start: number; readonly end: number }): string =>
  `${start.toString(16).padStart(5, '0')}-${(end - 1).toString(16).padStart(5, '0')}`;

interface NodeRange {
  readonly start: number;
  readonly end: number;
  readonly nid: number;
}

/** A file for each of ascending ranges, which says its node. */
function rangeFolder(count: () => number, range: (i: number) => NodeRange): DirNode {
  return {
    kind: 'dir',
    mode: 0o755,
    names: () => Array.from({ length: count() }, (_, i) => nameOf(range(i))),
    get: (name) => {
      const first = /^([0-9a-f]{5,8})-[0-9a-f]{5,8}$/.exec(name)?.[1];
      if (first === undefined) return null;
      const pfn = parseInt(first, 16);
      let low = 0;
      let high = count() - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (range(middle).end > pfn) high = middle;
        else low = middle + 1;
      }
      if (low > high || nameOf(range(low)) !== name) return null;
      const { nid } = range(low);
      return procFile(() => `${nid}\n`, 0o400);
    },
  };
}

/** What writing to the attributes does. */
class LayoutDoor {
  readonly #guest: Guest;
  readonly #outside: Outside;

  constructor(guest: Guest, outside: Outside) {
    this.#guest = guest;
    this.#outside = outside;
  }

  write(name: Attribute, text: string, set: Set): WriteOutcome {
    const { kernel, config } = this.#guest;
    const value = parseAttribute(text, config.mm.profile.era);
    if (value === null) return fail('EINVAL');
    if (kernel.mutexHeld && name !== 'start' && name !== 'end') return fail('hangs');
    const { result, events } = set(value);
    if (result === 1) return ok(1, events);
    if (result !== 0) return fail(result, events);
    kernel.attributes[name] = name === 'node' ? BigInt.asUintN(32, value) : value;
    return ok(text.length, events);
  }

  #warn(text: string): void {
    this.#guest.kernel.log.print(this.#outside.tick, LOG_WARNING, `memlayout: ${text}`);
  }

  /** Adds [start, end] to the staged layout, which is made when there is none, whatever comes of the rest. */
  node(value: bigint): SetResult {
    const { kernel, memory: mm, config } = this.#guest;
    const { attributes } = kernel;
    const staged = kernel.layouts.stage();
    const nid = Number(BigInt.asUintN(32, value));
    if (nid >= mm.state.nrNodeIds) {
      this.#warn(`node ${nid} is none of the ${mm.state.nrNodeIds} possible ones`);
      return { result: 'EINVAL' };
    }
    const { start, end } = attributes;
    if (start > end) {
      this.#warn(`start 0x${start.toString(16)} is above end 0x${end.toString(16)}`);
      return { result: 'EINVAL' };
    }
    if (end >= BigInt(MAX_LAYOUT_PFN)) {
      this.#warn(`end 0x${end.toString(16)} is beyond all physical memory`);
      return { result: 'EINVAL' };
    }
    const range = { start: Number(start), end: Number(end) + 1, nid };
    const inTheWay = addRange(staged, range);
    if (inTheWay !== null) {
      this.#warn(`tried to embed ${rangeText(range)} inside ${rangeText(inTheWay)}`);
      return { result: config.mm.profile.rfc.overlapSilent ? 1 : 'EEXIST' };
    }
    attributes.start = attributes.end = 0n;
    return DONE;
  }

  commit(): SetResult {
    const { kernel, config } = this.#guest;
    const { staged } = kernel.layouts;
    if (staged === null) return DONE;
    // The kernel would sleep on memlayout_lock; here no time passes until the write returns.
    if (this.#guest.committing !== null) return { result: 'EBUSY' };
    if (staged.ranges.length > 0) return { result: 0, events: this.#guest.commitStaged(this.#outside.tick) };
    if (!config.mm.profile.rfc.emptyCommitCrash) {
      this.#warn(`layout.${staged.seq} has no ranges`);
      return { result: 'EINVAL' };
    }
    logOops(kernel.log, config.mm, staged.seq, this.#outside.tick);
    kernel.mutexHeld = true;
    return { result: 'killed' };
  }

  clear(): SetResult {
    this.#guest.kernel.layouts.clear();
    return DONE;
  }
}

const DONE: SetResult = { result: 0 };
