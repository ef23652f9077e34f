/**
 * One host as it stands: its nodes with their frames, and the distances between them. Node ids may be sparse (0, 1, 16,
 * 17); a node may have no CPUs or no memory, and then simply never has room.
 */
import { assert } from '../core/index.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { FrameSpace } from './frame.ts';

export interface HostNode {
  readonly nid: number;
  readonly frames: FrameSpace;
}

export class Host {
  readonly index: number;
  readonly name: string;
  /** In ascending nid order. */
  readonly nodes: readonly HostNode[];
  readonly #position: ReadonlyMap<number, number>;
  readonly #distances: readonly (readonly number[])[];

  readonly #config: HostConfig;

  /** @param frames of the node at an index; all free but the reserved ones unless given. */
  constructor(config: HostConfig, index: number, frames?: (position: number) => FrameSpace) {
    this.index = index;
    this.name = config.name;
    this.#config = config;
    this.nodes = config.nodes.map((n, i) => {
      return { nid: n.nid, frames: frames?.(i) ?? new FrameSpace(n.totalPages, n.reservedPages) };
    });
    this.#position = new Map(config.nodes.map((n, i) => [n.nid, i]));
    this.#distances = config.distances;
  }

  /** Another host with the same frames free. */
  copy(): Host {
    return new Host(this.#config, this.index, (position) => this.nodes[position]!.frames.copy());
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
  frames(nid: number): FrameSpace {
    return this.nodes[this.position(nid)]!.frames;
  }

  /** SLIT distance; both nodes exist. */
  distance(from: number, to: number): number {
    const distance = this.#distances[this.#position.get(from) ?? -1]?.[this.#position.get(to) ?? -1];
    assert(distance !== undefined, 'host-distance-unknown', { host: this.name, from, to });
    return distance;
  }

  /** Whole frames of `grain` pages that can be taken on a node; 0 on a node that does not exist. */
  freeFrames(nid: number, grain: number): number {
    return this.node(nid)?.frames.freeFrames(grain) ?? 0;
  }
}
