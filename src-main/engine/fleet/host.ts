/**
 * One host: its nodes with their frames, and the distances between them. A value: a host with other frames is another
 * Host. Node ids may be sparse (0, 1, 16, 17); a node may have no CPUs or no memory, and then simply never
 * has room.
 */
import { assert } from '../core/index.ts';
import type { HostConfig, HugePagePool } from '../../../shared/model/config.ts';
import { NodeFrames } from './node-frames.ts';

export interface HostNode {
  readonly nid: number;
  /** Empty: memory alone, which is used when it is named. */
  readonly cpus: readonly number[];
  readonly frames: NodeFrames;
  /**
   * What of its memory the host has set aside as huge pages, by page size. Figures beside the frames, not a part of
   * their sums: no guest takes from a pool, and none is kept off one.
   */
  readonly pools: readonly HugePagePool[];
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
    const own = nodes.map(({ nid, cpus, totalPages, reservedPages, pools = [] }): HostNode => {
      return { nid, cpus, frames: NodeFrames.unused(totalPages, reservedPages), pools };
    });
    return new Host({ index, name, nodes: own }, new Map(nodes.map((n, i) => [n.nid, i])), distances);
  }

  /** The same host with other frames on one of its nodes. */
  withFrames(nid: number, frames: NodeFrames): Host {
    const { index, name } = this;
    const position = this.position(nid);
    const nodes = this.nodes.with(position, { ...this.nodes[position]!, frames });
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

  /** The frames of a node that is known to exist. */
  frames(nid: number): NodeFrames {
    return this.nodes[this.position(nid)]!.frames;
  }

  /** SLIT distance; both nodes exist. */
  distance(from: number, to: number): number {
    const distance = this.#distances[this.#position.get(from) ?? -1]?.[this.#position.get(to) ?? -1];
    assert(distance !== undefined, 'host-distance-unknown', { host: this.name, from, to });
    return distance;
  }

  /** Whole frames of `framePages` pages that can be taken on a node; 0 on a node that does not exist. */
  freeFrames(nid: number, framePages: number): number {
    return this.node(nid)?.frames.freeFrames(framePages) ?? 0;
  }
}
