/**
 * What each kernel era prints in /proc and /sys about memory: the names, in order, and the conventions around them.
 * Data alone: guestfs/ prints from it, and the readers of real files are tested against it.
 *
 * - 3.10: mm/vmstat.c, fs/proc/meminfo.c, drivers/base/node.c of that kernel, x86_64, SMP, NUMA, THP, compaction,
 *   hugetlbfs, memory isolation, no CMA;
 * - 6.1: as the captured guests print it (Debian's cloud kernel 6.1, x86_64).
 *
 * (a) Each list has a name once, in the kernel's order; what a guest does not count is printed as 0.
 * (b) Widths are the kernel's format strings: `%-12s %lu` and the like, given here as numbers.
 */
export interface EraFields {
  /** Every zone of the kernel, by zone index; of these the guest has the first three. */
  readonly zones: readonly string[];
  readonly zoneinfo: ZoneinfoFields;
  /** Migrate types in the order of the kernel's index: pagetypeinfo's lines and columns. `%12s ` / `%12lu ` each. */
  readonly migrateTypes: readonly string[];
  /**
   * /proc/meminfo: names in order, `Name:` padded to 16 characters, then the value in 8, then ` kB`; see the sets below
   * for those that are not.
   */
  readonly meminfo: readonly string[];
  /** /sys/devices/system/node/nodeN/meminfo: names in order; `Node N ` before, `Name:` padded to 16, value in 8, ` kB`. */
  readonly nodeMeminfo: readonly string[];
  /** /proc/vmstat: `name value`. */
  readonly vmstat: readonly string[];
  /** /sys/devices/system/node/nodeN/vmstat: `name value`. */
  readonly nodeVmstat: readonly string[];
  /** /sys/devices/system/node/: files beside the nodeN folders. */
  readonly nodeFolderFiles: readonly string[];
  /** /sys/devices/system/memory/memoryN/: files; links to nodes are besides. */
  readonly memoryBlockFiles: readonly string[];
  /** What a node's MemTotal is: pages present (the RFC's kernel) or managed. numactl's size with it. */
  readonly nodeMemTotal: 'present' | 'managed';
}

/**
 * One zone of /proc/zoneinfo. Every line begins with a line feed in the kernel; here they are lines. In order:
 *
 *     Node %d, zone %8s
 *       per-node stats                  only where nodeStats is not empty, in a node's first populated zone
 *           %-12s %lu                   each of nodeStats, 6 blanks before it
 *       pages free     %lu
 *             %-9s%lu                   each of pageLines, 8 blanks before it
 *             protection: (%lu, %lu, …) one number for each of EraFields.zones; 8 blanks before it; where protectionFirst.
 *                                       An unpopulated zone (present 0) ends here, where it is printed at all
 *         %-12s %lu                     each of zoneStats, statIndent blanks before it
 *             protection: (…)           where not protectionFirst
 *       pagesets
 *         cpu: %i
 *                   count: %i
 *                   high:  %i
 *                   batch: %i
 *       vm stats threshold: %d          one such block for each online CPU
 *       <footer label>%lu               each of footer
 */
interface ZoneinfoFields {
  /** Whether zones without present pages are printed (with the lines up to protection). */
  readonly emptyZones: boolean;
  readonly nodeStats: readonly string[];
  /** Between "pages free" and the protection line or the counters: boost, min, low, high, scanned, spanned, …. */
  readonly pageLines: readonly string[];
  readonly protectionFirst: boolean;
  readonly zoneStats: readonly string[];
  /** Blanks before a name of zoneStats. */
  readonly statIndent: number;
  /** Whole labels with their blanks; the value follows at once. */
  readonly footer: readonly {
    readonly label: string;
    readonly value: 'unreclaimable' | 'startPfn' | 'inactiveRatio';
  }[];
}

/** Of meminfo and node meminfo: values without ` kB`. In /proc/meminfo 16 for the name, then 5 wide after 3 blanks. */
export const PAGE_COUNT_FIELDS: ReadonlySet<string> = new Set([
  'HugePages_Total',
  'HugePages_Free',
  'HugePages_Rsvd',
  'HugePages_Surp',
]);

/** Of /proc/meminfo: `HardwareCorrupted: %5lu kB`, the one name that is longer than its column. */
export const HARDWARE_CORRUPTED = 'HardwareCorrupted';

/** /sys/devices/system/node/nodeN/numastat: `name value`, the same in both eras. */
export const NODE_NUMASTAT = [
  'numa_hit',
  'numa_miss',
  'numa_foreign',
  'interleave_hit',
  'local_node',
  'other_node',
] as const;

/**
 * buddyinfo, both eras, populated zones only: `Node %d, zone %8s ` then `%6lu ` for each of NR_PAGE_ORDERS orders (a
 * blank stands before the line feed). pagetypeinfo, both eras, once for each online node that has memory:
 *
 *     Page block order: %d
 *     Pages per block:  %lu
 *     (empty)
 *     "Free pages count per migrate type at order" padded to 43, a blank, then `%6d ` for each order
 *     Node %4d, zone %8s, type %12s   then a blank and `%6lu ` for each order; a line for each zone and migrate type
 *     (empty)
 *     "Number of blocks type " padded to 23, then `%12s ` for each migrate type
 *     Node %d, zone %8s               then a blank and `%12lu ` for each migrate type; a line for each zone
 */
export const PAGETYPE_HEAD = 'Free pages count per migrate type at order';
export const PAGETYPE_HEAD_CHARS = 43;
export const PAGETYPE_BLOCKS_HEAD = 'Number of blocks type ';
export const PAGETYPE_BLOCKS_HEAD_CHARS = 23;

const names = (text: string): readonly string[] => text.trim().split(/\s+/);
const forZones = (zones: readonly string[], counter: string): string[] => zones.map((zone) => `${counter}_${zone}`);

// 3.10 -----------------------------------------------------------------------------------------------------------

const OLD_ZONES = ['dma', 'dma32', 'normal', 'movable'];

const OLD_ZONE_STATS = names(`
  nr_free_pages nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_mlock nr_anon_pages
  nr_mapped nr_file_pages nr_dirty nr_writeback nr_slab_reclaimable nr_slab_unreclaimable nr_page_table_pages
  nr_kernel_stack nr_unstable nr_bounce nr_vmscan_write nr_vmscan_immediate_reclaim nr_writeback_temp nr_isolated_anon
  nr_isolated_file nr_shmem nr_dirtied nr_written numa_hit numa_miss numa_foreign numa_interleave numa_local numa_other
  nr_anon_transparent_hugepages nr_free_cma`);

const OLD_EVENTS = [
  ...names('nr_dirty_threshold nr_dirty_background_threshold pgpgin pgpgout pswpin pswpout'),
  ...forZones(OLD_ZONES, 'pgalloc'),
  ...names('pgfree pgactivate pgdeactivate pgfault pgmajfault'),
  ...forZones(OLD_ZONES, 'pgrefill'),
  ...forZones(OLD_ZONES, 'pgsteal_kswapd'),
  ...forZones(OLD_ZONES, 'pgsteal_direct'),
  ...forZones(OLD_ZONES, 'pgscan_kswapd'),
  ...forZones(OLD_ZONES, 'pgscan_direct'),
  ...names(`
    pgscan_direct_throttle zone_reclaim_failed pginodesteal slabs_scanned kswapd_inodesteal kswapd_low_wmark_hit_quickly
    kswapd_high_wmark_hit_quickly pageoutrun allocstall pgrotated numa_pte_updates numa_hint_faults
    numa_hint_faults_local numa_pages_migrated pgmigrate_success pgmigrate_fail compact_migrate_scanned
    compact_free_scanned compact_isolated compact_stall compact_fail compact_success htlb_buddy_alloc_success
    htlb_buddy_alloc_fail unevictable_pgs_culled unevictable_pgs_scanned unevictable_pgs_rescued
    unevictable_pgs_mlocked unevictable_pgs_munlocked unevictable_pgs_cleared unevictable_pgs_stranded thp_fault_alloc
    thp_fault_fallback thp_collapse_alloc thp_collapse_alloc_failed thp_split thp_zero_page_alloc
    thp_zero_page_alloc_failed`),
];

const V3_10: EraFields = {
  zones: ['DMA', 'DMA32', 'Normal', 'Movable'],
  zoneinfo: {
    emptyZones: false,
    nodeStats: [],
    pageLines: ['min', 'low', 'high', 'scanned', 'spanned', 'present', 'managed'],
    protectionFirst: false,
    zoneStats: OLD_ZONE_STATS,
    statIndent: 4,
    footer: [
      { label: '  all_unreclaimable: ', value: 'unreclaimable' },
      { label: '  start_pfn:         ', value: 'startPfn' },
      { label: '  inactive_ratio:    ', value: 'inactiveRatio' },
    ],
  },
  migrateTypes: ['Unmovable', 'Reclaimable', 'Movable', 'Reserve', 'Isolate'],
  meminfo: names(`
    MemTotal MemFree Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file)
    Unevictable Mlocked SwapTotal SwapFree Dirty Writeback AnonPages Mapped Shmem Slab SReclaimable SUnreclaim
    KernelStack PageTables NFS_Unstable Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed
    VmallocChunk HardwareCorrupted AnonHugePages HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp
    Hugepagesize DirectMap4k DirectMap2M DirectMap1G`),
  nodeMeminfo: names(`
    MemTotal MemFree MemUsed Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked
    Dirty Writeback FilePages Mapped AnonPages Shmem KernelStack PageTables NFS_Unstable Bounce WritebackTmp Slab
    SReclaimable SUnreclaim AnonHugePages HugePages_Total HugePages_Free HugePages_Surp`),
  vmstat: [...OLD_ZONE_STATS, ...OLD_EVENTS],
  nodeVmstat: OLD_ZONE_STATS,
  nodeFolderFiles: ['has_cpu', 'has_memory', 'has_normal_memory', 'online', 'possible'],
  memoryBlockFiles: ['end_phys_index', 'phys_device', 'phys_index', 'removable', 'state'],
  nodeMemTotal: 'present',
};

// 6.1 ------------------------------------------------------------------------------------------------------------

const NEW_ZONES = ['dma', 'dma32', 'normal', 'movable', 'device'];

const NEW_ZONE_STATS = names(`
  nr_free_pages nr_zone_inactive_anon nr_zone_active_anon nr_zone_inactive_file nr_zone_active_file nr_zone_unevictable
  nr_zone_write_pending nr_mlock nr_bounce nr_zspages nr_free_cma numa_hit numa_miss numa_foreign numa_interleave
  numa_local numa_other`);

const NEW_NODE_STATS = names(`
  nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable
  nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes workingset_refault_anon
  workingset_refault_file workingset_activate_anon workingset_activate_file workingset_restore_anon
  workingset_restore_file workingset_nodereclaim nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback
  nr_writeback_temp nr_shmem nr_shmem_hugepages nr_shmem_pmdmapped nr_file_hugepages nr_file_pmdmapped
  nr_anon_transparent_hugepages nr_vmscan_write nr_vmscan_immediate_reclaim nr_dirtied nr_written nr_throttled_written
  nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released nr_kernel_stack nr_page_table_pages
  nr_sec_page_table_pages nr_swapcached pgpromote_success pgpromote_candidate`);

const NEW_EVENTS = [
  ...names('nr_dirty_threshold nr_dirty_background_threshold pgpgin pgpgout pswpin pswpout'),
  ...forZones(NEW_ZONES, 'pgalloc'),
  ...forZones(NEW_ZONES, 'allocstall'),
  ...forZones(NEW_ZONES, 'pgskip'),
  ...names(`
    pgfree pgactivate pgdeactivate pglazyfree pgfault pgmajfault pglazyfreed pgrefill pgreuse pgsteal_kswapd
    pgsteal_direct pgdemote_kswapd pgdemote_direct pgscan_kswapd pgscan_direct pgscan_direct_throttle pgscan_anon
    pgscan_file pgsteal_anon pgsteal_file zone_reclaim_failed pginodesteal slabs_scanned kswapd_inodesteal
    kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly pageoutrun pgrotated drop_pagecache drop_slab oom_kill
    numa_pte_updates numa_huge_pte_updates numa_hint_faults numa_hint_faults_local numa_pages_migrated
    pgmigrate_success pgmigrate_fail thp_migration_success thp_migration_fail thp_migration_split
    compact_migrate_scanned compact_free_scanned compact_isolated compact_stall compact_fail compact_success
    compact_daemon_wake compact_daemon_migrate_scanned compact_daemon_free_scanned htlb_buddy_alloc_success
    htlb_buddy_alloc_fail unevictable_pgs_culled unevictable_pgs_scanned unevictable_pgs_rescued
    unevictable_pgs_mlocked unevictable_pgs_munlocked unevictable_pgs_cleared unevictable_pgs_stranded thp_fault_alloc
    thp_fault_fallback thp_fault_fallback_charge thp_collapse_alloc thp_collapse_alloc_failed thp_file_alloc
    thp_file_fallback thp_file_fallback_charge thp_file_mapped thp_split_page thp_split_page_failed
    thp_deferred_split_page thp_split_pmd thp_scan_exceed_none_pte thp_scan_exceed_swap_pte thp_scan_exceed_share_pte
    thp_split_pud thp_zero_page_alloc thp_zero_page_alloc_failed thp_swpout thp_swpout_fallback balloon_inflate
    balloon_deflate balloon_migrate swap_ra swap_ra_hit ksm_swpin_copy cow_ksm direct_map_level2_splits
    direct_map_level3_splits nr_unstable`),
];

const V6_1: EraFields = {
  zones: ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'],
  zoneinfo: {
    emptyZones: true,
    nodeStats: NEW_NODE_STATS,
    pageLines: ['boost', 'min', 'low', 'high', 'spanned', 'present', 'managed', 'cma'],
    protectionFirst: true,
    zoneStats: NEW_ZONE_STATS,
    statIndent: 6,
    footer: [
      { label: '  node_unreclaimable:  ', value: 'unreclaimable' },
      { label: '  start_pfn:           ', value: 'startPfn' },
    ],
  },
  migrateTypes: ['Unmovable', 'Movable', 'Reclaimable', 'HighAtomic', 'Isolate'],
  meminfo: names(`
    MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file)
    Inactive(file) Unevictable Mlocked SwapTotal SwapFree Dirty Writeback AnonPages Mapped Shmem KReclaimable Slab
    SReclaimable SUnreclaim KernelStack PageTables SecPageTables NFS_Unstable Bounce WritebackTmp CommitLimit
    Committed_AS VmallocTotal VmallocUsed VmallocChunk Percpu AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages
    FilePmdMapped HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp Hugepagesize Hugetlb DirectMap4k
    DirectMap2M DirectMap1G`),
  nodeMeminfo: names(`
    MemTotal MemFree MemUsed SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file)
    Unevictable Mlocked Dirty Writeback FilePages Mapped AnonPages Shmem KernelStack PageTables SecPageTables
    NFS_Unstable Bounce WritebackTmp KReclaimable Slab SReclaimable SUnreclaim AnonHugePages ShmemHugePages
    ShmemPmdMapped FileHugePages FilePmdMapped HugePages_Total HugePages_Free HugePages_Surp`),
  vmstat: [...NEW_ZONE_STATS, ...NEW_NODE_STATS, ...NEW_EVENTS],
  nodeVmstat: [...NEW_ZONE_STATS, ...NEW_NODE_STATS],
  nodeFolderFiles: ['has_cpu', 'has_generic_initiator', 'has_memory', 'has_normal_memory', 'online', 'possible'],
  memoryBlockFiles: ['phys_device', 'phys_index', 'removable', 'state', 'valid_zones'],
  nodeMemTotal: 'managed',
};

export const ERA_FIELDS: Readonly<Record<'3.10' | '6.1', EraFields>> = { '3.10': V3_10, '6.1': V6_1 };
