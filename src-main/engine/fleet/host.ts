/**
 * One host: its nodes with their frames, and the distances between them. A value: a host with other frames is another
 * Host. Node ids may be sparse (0, 1, 16, 17); a node may have no CPUs or no memory, and then simply never
 * has room.
 */
import { assert } from '../core/index.ts';
import type { HostConfig, HostNodeConfig } from '../../../shared/model/config.ts';
import { poolFrames, poolPages } from '../../../shared/units/index.ts';
import { type FrameExtent, NodeFrames } from './node-frames.ts';

/** What is taken at once: frames of so many pages, from the pool of that size or from what lies outside of the pools. */
export interface FrameKind {
  readonly framePages: number;
  readonly isPool: boolean;
}

const PLAIN: FrameKind = { framePages: 1, isPool: false };
/** Of what lies outside of the pools. */
export const plainFrames = (framePages: number): FrameKind => ({ framePages, isPool: false });

export interface HostNode {
  readonly nid: number;
  /** Empty: memory alone, which is used when it is named. */
  readonly cpus: readonly number[];
  /** Outside of the pools. */
  readonly frames: NodeFrames;
  /** What the host has set aside as huge pages, by page size; null: not known. */
  readonly pools: readonly NodePool[] | null;
}

interface NodePool {
  readonly framePages: number;
  /** All of its frames: [frame, frame + pages). */
  readonly extent: FrameExtent;
  readonly frames: NodeFrames;
}

/** Pages of a node, with those in its pools. */
interface NodeFigures {
  readonly totalPages: number;
  /** Outside of the pools. */
  readonly freePages: number;
  /** By guests. */
  readonly usedPages: number;
  /** By the host and others. */
  readonly reservedPages: number;
  /** In pools, and free. */
  readonly poolFreePages: number;
}

export function figuresOf({ frames, pools }: HostNode): NodeFigures {
  const sum = (of: (each: NodeFrames) => number): number =>
    (pools ?? []).reduce((pages, pool) => pages + of(pool.frames), 0);
  return {
    totalPages: frames.totalPages,
    freePages: frames.freePages,
    usedPages: frames.usedPages + sum((each) => each.usedPages),
    reservedPages: frames.reservedPages + sum((each) => each.reservedPages),
    poolFreePages: sum((each) => each.freePages),
  };
}

export class Host {
  readonly index: number;
  readonly name: string;
  /** In ascending nid order. */
  readonly nodes: readonly HostNode[];
  readonly #position: ReadonlyMap<number, number>;
  readonly #distances: readonly (readonly number[])[];

  private constructor(
    { index, name, nodes }: Pick<Host, 'index' | 'name' | 'nodes'>,
    position: ReadonlyMap<number, number>,
    distances: readonly (readonly number[])[],
  ) {
    this.index = index;
    this.name = name;
    this.nodes = nodes;
    this.#position = position;
    this.#distances = distances;
  }

  /** With all frames free but the reserved ones. */
  static unused({ name, nodes, distances }: HostConfig, index: number): Host {
    const own = nodes.map(unusedNode);
    return new Host({ index, name, nodes: own }, new Map(nodes.map((n, i) => [n.nid, i])), distances);
  }

  /** The same host with other frames on one of its nodes: those that `frames` gives for the same kind. */
  withFrames(nid: number, frames: NodeFrames, kind: FrameKind = PLAIN): Host {
    const { index, name } = this;
    const position = this.position(nid);
    const node = this.nodes[position]!;
    const pool = poolOf(node, kind);
    const changed =
      pool === null
        ? { ...node, frames }
        : { ...node, pools: node.pools!.map((each) => (each === pool ? { ...each, frames } : each)) };
    const nodes = this.nodes.with(position, changed);
    return new Host({ index, name, nodes }, this.#position, this.#distances);
  }

  /** Undefined when the host has no such node. */
  node(nid: number): HostNode | undefined {
    const position = this.#position.get(nid);
    return position === undefined ? undefined : this.nodes[position];
  }

  /** Index in `nodes` of a node that is known to exist. */
  position(nid: number): number {
    const position = this.#position.get(nid);
    assert(position !== undefined, 'host-node-unknown', { host: this.name, nid });
    return position;
  }

  /** The frames of a node that is known to exist, of which pages of this kind are taken. */
  frames(nid: number, kind: FrameKind = PLAIN): NodeFrames {
    const node = this.nodes[this.position(nid)]!;
    return (poolOf(node, kind) ?? node).frames;
  }

  /** SLIT distance; both nodes exist. */
  distance(from: number, to: number): number {
    const distance = this.#distances[this.#position.get(from) ?? -1]?.[this.#position.get(to) ?? -1];
    assert(distance !== undefined, 'host-distance-unknown', { host: this.name, from, to });
    return distance;
  }

  /** Frames of a kind that can be taken on a node; 0 on a node that does not exist. */
  freeFrames(nid: number, kind: FrameKind): number {
    const node = this.node(nid);
    if (node === undefined || lacksPool(node, kind)) return 0;
    return (poolOf(node, kind) ?? node).frames.freeFrames(kind.framePages);
  }
}

function unusedNode({ nid, cpus, totalPages, reservedPages, pools }: HostNodeConfig): HostNode {
  if (pools === undefined) return { nid, cpus, frames: NodeFrames.unused(totalPages, reservedPages), pools: null };
  const placed = poolFrames(pools);
  return {
    nid,
    cpus,
    frames: NodeFrames.unused(totalPages, reservedPages, poolPages(pools)),
    pools: pools.map(({ framePages, reservedFrames = 0 }, i) => {
      const extent = { frame: placed[i]!.frame, pages: placed[i]!.pages };
      return { framePages, extent, frames: NodeFrames.pool(totalPages, extent, reservedFrames * framePages) };
    }),
  };
}

/** The pool of a node that pages of this kind are taken from; null: they are taken from what lies outside of the pools. */
const poolOf = ({ pools }: HostNode, { framePages, isPool }: FrameKind): NodePool | null =>
  isPool ? (pools?.find((pool) => pool.framePages === framePages) ?? null) : null;

/** Its pools are known, and there is none of this size. */
const lacksPool = (node: HostNode, kind: FrameKind): boolean =>
  kind.isPool && node.pools !== null && poolOf(node, kind) === null;
