/** `free [-b|-k|-m]`, as procps prints it from /proc/meminfo. */
import { bytesFromKib, mibFromKib } from '../../../shared/units/index.ts';
import { type Program, readOr } from './program.ts';

const FROM_KIB: Readonly<Record<string, (kib: number) => number>> = {
  '-b': bytesFromKib,
  '-k': (kib) => kib,
  '-m': mibFromKib,
};
const HEAD = '               total        used        free      shared  buff/cache   available\n';

export const free: Program = (args, io) => {
  const inUnit = FROM_KIB[args[0] ?? '-k'];
  if (inUnit === undefined || args.length > 1) {
    io.err('usage: free [-b|-k|-m]\n');
    return 1;
  }
  const meminfo = readOr(io, '/proc/meminfo', '');
  const kb = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0);
  const cell = (value: number): string => String(Math.floor(inUnit(value))).padStart(12);
  const total = kb('MemTotal');
  const unused = kb('MemFree');
  const cache = kb('Buffers') + kb('Cached') + kb('SReclaimable');
  // The kernel of the RFC does not say what is available: free and cache then.
  const available = /^MemAvailable:/m.test(meminfo) ? kb('MemAvailable') : unused + cache;
  const used = Math.max(0, total - unused - cache);
  io.out(`${HEAD}Mem:    ${[total, used, unused, kb('Shmem'), cache, available].map(cell).join('')}\n`);
  io.out(`Swap:   ${[kb('SwapTotal'), kb('SwapTotal') - kb('SwapFree'), kb('SwapFree')].map(cell).join('')}\n`);
  return 0;
};
