/** What it costs to move pages between the nodes of a host, and how long the kernel takes to look at them. */

/** Time of moving n pages: a fixed part and a part a page. Two measured points make the line. */
export interface PageMoveModel {
  readonly machine: string;
  readonly pageBytes: number;
  readonly baseUs: number;
  readonly perPageUs: number;
}

const line = (machine: string, pageBytes: number, n0: number, us0: number, n1: number, us1: number): PageMoveModel => {
  const perPageUs = (us1 - us0) / (n1 - n0);
  return { machine, pageBytes, baseUs: us0 - n0 * perPageUs, perPageUs };
};

/** Linux commit 88aaa2a1d732. */
export const PAGE_MOVES = {
  x86: line('2 sockets E5-2640 v3', 4096, 1, 62.47, 512, 1987.38),
  power8: line('2 sockets POWER8', 65_536, 1, 49.3, 256, 2543.65),
} as const;

/** One page of 2 MiB of the same machine. */
export const HUGE_PAGE_MOVE_US = 658.54;

export const movePagesUs = ({ baseUs, perPageUs }: PageMoveModel, pages: number): number => baseUs + pages * perPageUs;

/** EPYC of Zen 3, two sockets, Linux 7.0-rc2 (2026): GB/s (10^9) by page size. */
const MOVES_2026: Readonly<Record<string, number>> = {
  '4K': 3.55,
  '16K': 5.66,
  '64K': 6.16,
  '256K': 7.12,
  '1M': 6.93,
  '2M': 10.88,
};
export const movePageUs2026 = (size: keyof typeof MOVES_2026, bytes: number): number =>
  bytes / (MOVES_2026[size]! * 1000);

/** perf's own compaction of so many pages: 2.444505743 s (Linux commit 84e5d89a777c). */
const COMPACTION_US_PER_PAGE = 2_444_505.743 / 357_738;
export const compactionSeconds = (pages: number): number => (pages * COMPACTION_US_PER_PAGE) / 1e6;

/** The kernel scans at most so fast (fair.c): windows of 2,560 MiB a second. One pass finds what is to move. */
const NUMA_SCAN_MIB_PER_SEC = 2560;
export const balancingPassSeconds = (mib: number): number => Math.max(1, mib / NUMA_SCAN_MIB_PER_SEC);
