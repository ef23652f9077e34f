/**
 * The statistics of the RFC author's later tree: stats/ and node_stats/<nid>/, of the guest and of each layout. One file
 * a counter, decimal. Those of a layout count from its commit to that of the next.
 */
import type { Guest, KeptLayout } from '../vm/index.ts';
import { dir, type DirNode, numbered, procFile } from './node.ts';

const NAMES = ['cache-hit', 'cache-miss'] as const;

export function globalStats(guest: Guest): DirNode {
  return dir({
    [NAMES[0]]: procFile(() => `${guest.mm.lookups.hit}\n`, 0o400),
    [NAMES[1]]: procFile(() => `${guest.mm.lookups.miss}\n`, 0o400),
  });
}

export const nodeStats = (_guest: Guest): DirNode =>
  numbered(
    '',
    () => [],
    () => false,
    () => dir({}),
  );

export const layoutStats = (_guest: Guest, _layout: KeptLayout): Record<string, DirNode> => ({});
