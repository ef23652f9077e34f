/** Free blocks of each node by order, over all its zones. Free pages are by A. */
import { PAGES_PER_HUGE } from '../units/index.ts';
import type { NodeRow } from './accounting.ts';

/** The first order whose blocks are 2 MiB or larger. */
export const HUGE_ORDER = Math.log2(PAGES_PER_HUGE);

export interface NodeFreeArea {
  readonly nid: number;
  /** Index = order. */
  readonly blocks: readonly number[];
  readonly freePages: number;
  /** In blocks of HUGE_ORDER and above. */
  readonly hugePages: number;
  /** The largest free block's order; null when nothing is free. */
  readonly largestOrder: number | null;
}

/** The nodes that are online, or have free pages all the same, in their order. */
export function freeAreas(nodes: readonly NodeRow[]): NodeFreeArea[] {
  return nodes
    .filter(({ online, freePages }) => online || freePages > 0)
    .map(({ nid, zones }) => {
      const orders = Math.max(0, ...zones.map(({ freeBlocks }) => freeBlocks.length));
      const blocks = Array.from({ length: orders }, (_, order) =>
        zones.reduce((sum, { freeBlocks }) => sum + (freeBlocks[order] ?? 0), 0),
      );
      const pagesFrom = (first: number): number =>
        blocks.reduce((sum, n, order) => (order < first ? sum : sum + n * 2 ** order), 0);
      const largest = blocks.findLastIndex((n) => n > 0);
      return {
        nid,
        blocks,
        freePages: pagesFrom(0),
        hugePages: pagesFrom(HUGE_ORDER),
        largestOrder: largest < 0 ? null : largest,
      };
    });
}
