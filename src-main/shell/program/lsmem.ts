/** `lsmem [-a]`, as util-linux prints it: memory blocks of sysfs, neighbours that are alike as one line unless -a. */
import { numbered, type Program, type ProgramIo, readOr } from './program.ts';

const MEMORY = '/sys/devices/system/memory';

interface Run {
  readonly first: number;
  last: number;
  readonly state: string;
  readonly removable: string;
}

export const lsmem: Program = (args, io) => {
  const all = args.length === 1 && (args[0] === '-a' || args[0] === '--all');
  const blockBytes = parseInt(readOr(io, `${MEMORY}/block_size_bytes`, '').trim(), 16);
  if ((args.length > 0 && !all) || !Number.isInteger(blockBytes)) {
    io.err(args.length > 0 ? 'usage: lsmem [-a]\n' : 'lsmem: This system does not support memory blocks\n');
    return 1;
  }
  const runs = runsOf(io, all);
  io.out(`${row('RANGE', 'SIZE', 'STATE', 'REMOVABLE', 'BLOCK')}\n`);
  for (const { first, last, state, removable } of runs) {
    const range = `${hex(first * blockBytes)}-${hex((last + 1) * blockBytes - 1)}`;
    const size = sizeText((last - first + 1) * blockBytes);
    io.out(`${row(range, size, state, removable, first === last ? String(first) : `${first}-${last}`)}\n`);
  }
  const total = (wanted: boolean): number =>
    runs.reduce((sum, run) => sum + ((run.state === 'online') === wanted ? run.last - run.first + 1 : 0), 0) *
    blockBytes;
  io.out(`\nMemory block size:  ${sizeText(blockBytes).padStart(9)}\n`);
  io.out(`Total online memory:${sizeText(total(true)).padStart(9)}\n`);
  io.out(`Total offline memory:${sizeText(total(false)).padStart(8)}\n`);
  return 0;
};

function runsOf(io: ProgramIo, all: boolean): readonly Run[] {
  const runs: Run[] = [];
  for (const block of numbered(io, MEMORY, 'memory')) {
    const state = readOr(io, `${MEMORY}/memory${block}/state`, '?').trim();
    const removable = readOr(io, `${MEMORY}/memory${block}/removable`, '0').trim() === '1' ? 'yes' : 'no';
    const before = runs.at(-1);
    const joins = !all && before?.last === block - 1 && before.state === state && before.removable === removable;
    if (joins) before.last = block;
    else runs.push({ first: block, last: block, state, removable });
  }
  return runs;
}

const row = (range: string, size: string, state: string, removable: string, block: string): string =>
  `${range.padEnd(37)} ${size.padStart(5)} ${state.padStart(6)} ${removable.padStart(9)} ${block.padStart(5)}`;

const hex = (address: number): string => `0x${address.toString(16).padStart(16, '0')}`;

function sizeText(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const rounded = Math.round(value * 10) / 10;
  return `${Number.isInteger(rounded) ? rounded : rounded.toFixed(1)}${units[unit]}`;
}
