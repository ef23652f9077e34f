/**
 * A snapshot is a header (small, JSON) and tables of typed-array columns. Two levels of detail:
 *
 * - accounts: everything that a sum, a table or the layout lanes need; its size follows ranges, nodes and VMs;
 * - blocks: the same and one row per (pageblock, guest node) of the map of actual nodes, for the guests whose pageblocks
 *   were asked for (all of them unless it was said). A guest without a row was not asked for: every guest has pages;
 *
 * Row order is part of the format (stated per table), so equal worlds give equal bytes. All counts are 4 KiB pages.
 */

import type { GuestBeyond } from '../model/beyond.ts';
import type { GuestLag } from '../model/owed.ts';
import type { CompactionRow, MigrationRow } from '../model/transfer.ts';

export type Column = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;

export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

export const SNAPSHOT_VERSION = 2;

export type SnapshotLevel = 'accounts' | 'blocks';

export interface SnapshotHeader {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly level: SnapshotLevel;
  readonly tick: number;
  readonly tickMs: number;
  readonly seed: number;
  /** Hash chain of everything that happened up to this tick, 16 hex digits. */
  readonly chain: string;
  readonly hosts: readonly HostHeader[];
  readonly guests: readonly GuestHeader[];
  readonly migrations: readonly MigrationRow[];
  readonly compactions: readonly CompactionRow[];
}

export interface HostHeader {
  readonly name: string;
  readonly nids: readonly number[];
  readonly cpus: readonly (readonly number[])[];
  readonly distances: readonly (readonly number[])[];
}

export interface GuestHeader {
  readonly name: string;
  /** Index into hosts. */
  readonly host: number;
  /** max_pfn; valid pages are fewer where there are holes. */
  readonly nrPages: number;
  readonly validPages: number;
  readonly nrNodeIds: number;
  readonly cpuNode: readonly number[];
  readonly distances: readonly (readonly number[])[];
  readonly zoneStartPfn: readonly number[];
  /** Sequence number of the memlayout in force. */
  readonly layoutSeq: number;
  readonly commits: number;
  readonly moved: { readonly sweep: number; readonly free: number; readonly drain: number };
  readonly lookups: { readonly hit: number; readonly miss: number };
  readonly lag: GuestLag;
  /** Blocks that the workload allocated, freed, and could not get, so far. */
  readonly allocs: number;
  readonly frees: number;
  readonly allocFailures: number;
  /** Whose kernel's rules it follows: '3.10' or '6.1'. */
  readonly era: string;
  /** Switches of the posted code's defects that are on, by name; none: the correct algorithm. */
  readonly defects: readonly string[];
  /** A commit crashed its kernel: it goes on, but its memlayout files hang. */
  readonly crashed: boolean;
  readonly beyond: GuestBeyond;
  /** How often CPU map and distances have changed with a layout; 0: as at boot. `cpuNode` and `distances` are of now. */
  readonly topologyGeneration: number;
  /** Further counters since boot, by name; which there are follows from what the guest is. */
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * The tables of a snapshot, by name. `guest` and `host` columns are indexes into the header's lists.
 *
 * hostNodes  (host, nid order)          host u16, nid u16, totalPages u32, freePages u32, usedPages u32, reservedPages u32
 * backing    (guest, start order)       guest u16, start u32, pages u32, host u16, hostNid u16, frame u32 (first 4 KiB host frame, counted
 *                                       within the node), copy u8 (1: a migration's second copy)
 * cells      (guest, nid, zone order)   guest u16, nid u16, zone u8, spanStart u32, spannedPages u32, presentPages u32, managedPages u32,
 *                                       freePages u32, pcpPages u32, allocatedPages u32, reservedPages u32, wmarkMin u32, wmarkLow u32,
 *                                       wmarkHigh u32, pcpBatch u32, pcpHigh u32, free0..free10 u32 (free blocks of that order);
 *                                       one row per (possible node, zone that the guest has). present, managed, pcp, allocated and reserved are
 *                                       by T, as the kernel believes them; freePages is NR_FREE_PAGES, as it believes it; span and free blocks
 *                                       by A. In a guest without defects, and without a commit under way, present = free + pcp + allocated
 *                                       + reserved in every row
 * nodes      (guest, nid order)         guest u16, nid u16, online u8, host i16 and hostNid i16 (the host node it stands for; -1 none),
 *                                       presentPages u32 (node_present_pages as believed), nrZones u8, marked u32 (pages with A here that
 *                                       have the lookup mark)
 * stranded   (guest, from, to order)    guest u16, from u16, to u16, pages u32 (in use, not pinned), pinned u32, misplaced u32 (free pages
 *                                       with A != T, which only defects leave behind); rows with any above 0
 * owed       (guest, owner, age order)  guest u16, owner u8 (index into OWED_OWNERS), age u8 (floor(log2(ticks owed + 1)), the ticks since
 *                                       the commit that gave the page the target it is owed to), pages u32, above 0: allocated and reserved
 *                                       pages with A != T. Like blocks: only at that level, and for the guests that were asked for
 * layout     (guest, start order)       guest u16, start u32, end u32, nid u16: the T map, expanded, maximal runs
 * blocks     (guest, block, nid order)  guest u16, block u32 (pageblock of 512 pages), nid u16 (actual node), freePages u16, usedPages u16
 *                                       (allocated or on a per-CPU list, not pinned), pinnedPages u16 (reserved or kernel), owedPages u16
 *                                       (of used and pinned, those with A != T). Only at level `blocks`, and there
 *                                       none for a guest whose pageblocks were not asked for: unknown, not zero
 */
export interface Snapshot {
  readonly header: SnapshotHeader;
  readonly tables: Readonly<Record<TableName, Table>>;
}

export type TableName = 'hostNodes' | 'backing' | 'cells' | 'nodes' | 'stranded' | 'layout' | 'owed' | 'blocks';
