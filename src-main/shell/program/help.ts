/** `help`: lists the programs of the guest's shell. */
import type { Program } from './program.ts';

const TEXT = `Programs of this guest:
  numactl --hardware|--show   nodes, sizes, distances; what a process is bound to
  numastat [-m|-n|-c|-z|-s]   allocations and memory by node
  dnuma-test                  lays memory out anew: all, stripe, block (the RFC's own test)
  pagectl                     single pages by hand, and the books
  dmesg, free, lsmem          the kernel's log, memory, memory blocks
Files: /proc, /sys/devices/system/{node,memory}, /sys/kernel/debug/{memlayout,pagectl}
  cd /sys/kernel/debug/memlayout; echo 0 > start; echo 0xfff > end; echo 1 > node; echo 1 > commit
Beside these: cat ls grep sed awk sort uniq cut tr head tail wc seq find xargs tee sh ..., pipes, loops, functions.
sleep N lets N seconds of simulated time pass.
`;

export const help: Program = (_, io) => {
  io.out(TEXT);
  return 0;
};
