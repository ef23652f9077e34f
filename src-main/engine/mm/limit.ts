/**
 * Constants of the guest's page allocator. Linux's names and values (3.10 era, x86_64) unless a comment says otherwise.
 */
import { MAX_GUEST_NODE_IDS, MAX_GUEST_PFN, MAX_PAGE_ORDER } from '../../../shared/model/limit.ts';

/** What a document may ask for ends where the allocator does. */
export { MAX_GUEST_PFN, MAX_PAGE_ORDER };
/** Number of orders, 0 to MAX_PAGE_ORDER. */
export const NR_PAGE_ORDERS = MAX_PAGE_ORDER + 1;
/** Pages in the largest block. Zone boundaries are multiples of it, so no block crosses one. */
export const MAX_BLOCK_PAGES = 1 << MAX_PAGE_ORDER;
/** log2 of pages in a pageblock (2 MiB). */
export const PAGEBLOCK_ORDER = 9;
export const PAGES_PER_PAGEBLOCK = 1 << PAGEBLOCK_ORDER;

/** Zone numbers. A page's zone follows from its pfn and never changes. */
export const ZONE_DMA = 0;
export const ZONE_DMA32 = 1;
export const ZONE_NORMAL = 2;
export const NR_ZONES = 3;
export const ZONE_NAMES = ['DMA', 'DMA32', 'Normal'] as const;

/** Migrate types: kept per pageblock, shared by all nodes that have pages in it. */
export const MIGRATE_UNMOVABLE = 0;
export const MIGRATE_RECLAIMABLE = 1;
export const MIGRATE_MOVABLE = 2;
export const NR_MIGRATE_TYPES = 3;

/** What is counted of allocations (numa-event.ts), by the names of zoneinfo. Nothing interleaves, so its count stays 0. */
export const NUMA_EVENTS = [
  ...(['numa_hit', 'numa_miss', 'numa_foreign'] as const),
  ...(['numa_interleave', 'numa_local', 'numa_other'] as const),
];
export const NR_NUMA_EVENTS = 6;

/** Counters of commits and frees by node (commit-stat.ts). */
export const NR_NODE_STATS = 5;

/** "No page": out of range for any pfn (just under 16 TiB). */
export const NO_PFN = 0xffffffff;
/** In the table of pageblocks: its pages belong to several nodes, ask the ranges. Also why node ids end at 254. */
export const NID_MIXED = 255;
/** Node ids are 0 to MAX_NODE_IDS - 1. */
export const MAX_NODE_IDS = MAX_GUEST_NODE_IDS;
