/** `dnuma-stats`: the numbers that the kernel keeps of its layouts, `name value` a line: of all, by node, by layout. */
import type { Program, ProgramIo } from './program.ts';

const MEMLAYOUT = '/sys/kernel/debug/memlayout';
const OF_ALL = ['moved-pages', 'pfn-lookup-cache-hits', 'pfn-lookup-cache-misses', 'stats'];

export const dnumaStats: Program = (args, io) => {
  if (args.length > 0) {
    io.err('usage: dnuma-stats\n');
    return 1;
  }
  for (const name of OF_ALL) print(io, name);
  print(io, 'node_stats');
  return 0;
};

/** A file's line, or those of all files below. */
function print(io: ProgramIo, name: string): void {
  const names = io.files.list(`${MEMLAYOUT}/${name}`);
  if (names !== null) {
    for (const each of names) print(io, `${name}/${each}`);
    return;
  }
  const read = io.files.read(`${MEMLAYOUT}/${name}`);
  if (read.ok) io.out(`${name} ${read.text.trimEnd()}\n`);
}
