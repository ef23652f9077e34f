import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import type { Candidate } from './node-choice.ts';
import { chooseNodes } from './node-choice.ts';

/** Every set of nodes, scored by the stated rule and compared as lists. */
function bruteForce(
  candidates: readonly Candidate[],
  frames: number,
  distance: (a: number, b: number) => number,
): number[] {
  let best: { key: number[]; nodes: number[] } | null = null;
  for (let bits = 1; bits < 1 << candidates.length; bits++) {
    const set = candidates.filter((_, i) => bits & (1 << i)).sort((a, b) => a.nid - b.nid);
    const sum = (of: (c: Candidate) => number): number => set.reduce((s, c) => s + of(c), 0);
    if (sum((c) => c.freeFrames + c.heldFrames) < frames) continue;
    const spread = sum((a) => set.reduce((s, b) => s + (a === b ? 0 : distance(a.nid, b.nid)), 0));
    const nodes = set.map((c) => c.nid);
    const key = [set.length, frames - sum((c) => c.heldFrames), spread, ...nodes];
    const differs = best === null ? 0 : key.findIndex((k, i) => k !== best!.key[i]);
    if (best === null || (differs >= 0 && key[differs]! < best.key[differs]!)) best = { key, nodes };
  }
  return best!.nodes;
}

const candidate = (nid: number, freeFrames: number, heldFrames: number): Candidate => ({ nid, freeFrames, heldFrames });
const near = (a: number, b: number): number => (a >> 1 === b >> 1 ? 12 : 20);

describe('chooseNodes', () => {
  it('counts what the VM holds already as room, and prefers one node to two', () => {
    const nodes = [candidate(0, 10, 40), candidate(1, 30, 20), candidate(16, 0, 0)];
    expect(chooseNodes(nodes, 60, near)).toEqual({ nodes: [0, 1], fits: true });
    expect(chooseNodes(nodes, 50, near)).toEqual({ nodes: [0], fits: true });
  });

  it('prefers near nodes when as much must move', () => {
    const nodes = [0, 1, 2, 3].map((nid) => candidate(nid, nid === 0 ? 5 : 30, 0));
    expect(chooseNodes(nodes, 60, near)).toEqual({ nodes: [2, 3], fits: true });
  });

  it('falls back to every node with room when none suffices', () => {
    expect(chooseNodes([candidate(17, 3, 0), candidate(0, 2, 1), candidate(1, 0, 0)], 7, near)).toEqual({
      nodes: [0, 17],
      fits: false,
    });
  });

  it('looks at every set of three of forty nodes, also where the nearest node leads astray', () => {
    const nodes = Array.from({ length: 40 }, (_, nid) => candidate(nid, 10, 0));
    // 7, 8 and 9 are near each other; each has a node of its own that is nearer, and far from the rest.
    const cluster = new Set([7, 8, 9]);
    const distance = (a: number, b: number): number => {
      if (cluster.has(a) && cluster.has(b)) return 12;
      if (Math.abs(a - b) === 20 && (cluster.has(a) || cluster.has(b))) return 11;
      return 100;
    };
    expect(chooseNodes(nodes, 25, distance)).toEqual({ nodes: [7, 8, 9], fits: true });
  });

  it.each([1, 2, 3, 4, 5])('agrees with brute force on 60 random hosts of 2 to 9 sparse nodes, seed %i', (seed) => {
    const prng = new Prng(seed, 'node-choice-test');
    for (let n = 0; n < 60; n++) {
      const size = 2 + prng.below(8);
      const nodes = Array.from({ length: size }, (_, i) =>
        candidate(i * 3 + prng.below(3), prng.below(6), prng.below(4)),
      );
      const table = Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => 11 + prng.below(4)));
      const distance = (a: number, b: number): number => table[a]![b]!;
      const room = nodes.reduce((s, c) => s + c.freeFrames + c.heldFrames, 0);
      if (room === 0) continue;
      const frames = 1 + prng.below(room);
      expect(chooseNodes(nodes, frames, distance)).toEqual({ nodes: bruteForce(nodes, frames, distance), fits: true });
    }
  });

  it('finds the fewest nodes that suffice on 128 nodes, and those near each other', () => {
    const nodes = Array.from({ length: 128 }, (_, nid) => candidate(nid, 10, nid === 77 ? 1 : 0));
    const ring = (a: number, b: number): number => 10 + Math.min((a - b + 128) % 128, (b - a + 128) % 128);
    const { nodes: chosen, fits } = chooseNodes(nodes, 81, ring);
    expect(fits).toBe(true);
    // Expect: 7 x 10 + 11 = 81, so eight nodes with 77 among them; eight neighbours on the ring.
    expect(chosen).toHaveLength(8);
    expect(chosen).toContain(77);
    expect(chosen[7]! - chosen[0]!).toBe(7);
  });

  it.each([1, 2, 3])('suffices with the fewest of 128 nodes of very different room, seed %i', (seed) => {
    const prng = new Prng(seed, 'node-choice-large-test');
    for (let n = 0; n < 20; n++) {
      const nodes = Array.from({ length: 128 }, (_, nid) =>
        candidate(nid, prng.below(1 << prng.below(10)), prng.below(3)),
      );
      const rooms = nodes.map((c) => c.freeFrames + c.heldFrames).sort((a, b) => b - a);
      const size = 5 + prng.below(40);
      const frames = rooms.slice(0, size).reduce((sum, r) => sum + r, 0) - prng.below(2);
      const { nodes: chosen } = chooseNodes(nodes, frames, near);
      const room = nodes.filter((c) => chosen.includes(c.nid)).reduce((sum, c) => sum + c.freeFrames + c.heldFrames, 0);
      expect(room).toBeGreaterThanOrEqual(frames);
      expect(chosen).toHaveLength(size);
    }
  });
});
