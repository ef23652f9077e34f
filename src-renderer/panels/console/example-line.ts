/** Lines for who is new to a guest's console: each is typed by a click, and what it does is said beside it. */
export interface ExampleLine {
  readonly line: string;
  readonly does: string;
}

export const EXAMPLE_LINES: readonly ExampleLine[] = [
  { line: 'numactl --hardware', does: 'nodes, their sizes and free memory, as the guest believes them' },
  { line: 'dnuma-test s 0 2 128', does: 'commits a layout: stripes of 128 pages over nodes 0 to 2' },
  { line: 'cat /proc/buddyinfo', does: 'free blocks of each node and zone, by order' },
  { line: 'ls /sys/kernel/debug/memlayout', does: "the RFC's own files: stage, commit and read layouts" },
  { line: 'pagectl accounting', does: 'the exact counters of each node and zone' },
  { line: 'dmesg', does: 'what the kernel has said' },
];
