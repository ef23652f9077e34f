/**
 * What an RFC guest keeps besides the columns of every guest: README.md of this folder says what each of them means.
 * `mm.rfc` is null for a guest without any of the defects, which then neither keeps nor computes anything of it.
 *
 * (a) mm.zones.present, managed and free stay true: the sums of the layout and of the lists. What the kernel *counts*
 *     is here, and every part of the guest that reads a counter reads it here.
 * (b) misplaced, misplacedOut and misplacedIn count free pages with A != T at every moment, also inside a commit.
 * (c) flag is one bit a page, index pfn; pages that do not exist have none set.
 */
import type { RfcSwitches } from '../../../../shared/model/config.ts';

export interface RfcState {
  readonly switches: RfcSwitches;
  /** PG_lookup_node. Words of 32 pages. */
  readonly flag: Int32Array;
  /** Index nid. */
  readonly nrZones: Uint8Array;
  readonly nodePresent: Uint32Array;
  /** As the kernel counts them; by zone. */
  readonly present: Uint32Array;
  readonly managed: Uint32Array;
  /** Pages on the zone's lists that NR_FREE_PAGES does not count; by zone. */
  readonly freeLeak: Uint32Array;
  /** Free pages, index A * nrNodeIds + T, and the same by zone: on its lists and not its own, its own and on others'. */
  readonly misplaced: Uint32Array;
  readonly misplacedOut: Uint32Array;
  readonly misplacedIn: Uint32Array;
  /** 1 once a page has been on the zone: the kernel rebuilt all zonelists for the first one; by zone. */
  readonly populated: Uint8Array;
  /** Nodes that each memory block is linked under, one bit a node (memory-block.ts); only with sysfsStale. */
  readonly links: Int32Array;
  readonly counters: RfcCounters;
}

/** Since boot. */
export interface RfcCounters {
  /** Blocks that reached beyond their range when the walking sweep came to move or cut them. */
  straddles: number;
  /** Marks that a concurrent flag update undid. */
  flagsLost: number;
  /** Lookups of flagged pages that turned out to be on the right node. */
  lookupsRight: number;
}
