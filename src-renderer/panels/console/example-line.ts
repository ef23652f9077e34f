/** Example lines for a guest's console, each with what it does; a click types one. */
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
