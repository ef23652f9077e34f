/**
 * Where a node's huge page pools lie among its frames: at its low end, the largest pages first, each pool one run of whole,
 * aligned frames, and none between them. A rule of ours, stated once: a real pool may lie anywhere.
 */

/** Frames [frame, frame + pages) of a node: one pool. */
interface PoolFrames {
  readonly framePages: number;
  readonly frame: number;
  readonly pages: number;
}

interface Pool {
  readonly framePages: number;
  readonly frames: number;
}

/** In the order of the pools. Page sizes are powers of two, so each pool begins where the one of larger pages ends. */
export function poolFrames(pools: readonly Pool[]): readonly PoolFrames[] {
  let frame = 0;
  const placed = new Map<Pool, PoolFrames>();
  for (const pool of pools.toSorted((a, b) => b.framePages - a.framePages)) {
    const pages = pool.framePages * pool.frames;
    placed.set(pool, { framePages: pool.framePages, frame, pages });
    frame += pages;
  }
  return pools.map((pool) => placed.get(pool)!);
}

/** Pages of all pools. */
export const poolPages = (pools: readonly Pool[]): number =>
  pools.reduce((sum, { framePages, frames }) => sum + framePages * frames, 0);
