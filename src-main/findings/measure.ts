/** Commands that tell what a check lacks, by how its need begins. */

const MEMORY = 'numastat -p <pid of its QEMU>';

const MEASURES: readonly (readonly [beginning: string, command: string])[] = [
  ['where the memory of running VMs', MEMORY],
  ['where the memory of each cell', 'cat /proc/<pid of its QEMU>/numa_maps'],
  ['the free memory of each node', 'numactl --hardware'],
  ['distances', 'numactl --hardware'],
  ['huge page pools', 'virsh freepages --all'],
  ['which CPUs are threads', 'virsh capabilities'],
  ['which CPUs are isolated', 'cat /proc/cmdline'],
  ['the node of passed-through devices', 'virsh nodedev-dumpxml <device>'],
  ['numa_balancing', 'sysctl kernel.numa_balancing'],
  ['KSM', 'grep -H "" /sys/kernel/mm/ksm/{run,merge_across_nodes,pages_sharing}'],
  ['the number of sockets', 'virsh capabilities'],
  ['free blocks by order', 'cat /proc/buddyinfo'],
  ['dirty rate', 'virsh domdirtyrate-calc <vm> --seconds 1'],
];

/** Null where no command is known. */
export const measureOf = (needs: string): string | null =>
  MEASURES.find(([beginning]) => needs.startsWith(beginning))?.[1] ?? null;
