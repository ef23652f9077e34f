/**
 * `pagectl`: single pages by hand, and the accounting, through /sys/kernel/debug/pagectl. A range A-B (inclusive) is
 * its pages, one after the other; the first that cannot be done ends it.
 */
import { errnoText } from '../host.ts';
import type { Program, ProgramIo } from './program.ts';

const PAGECTL = '/sys/kernel/debug/pagectl';
const KMSG = '/dev/kmsg';

const USAGE = `usage: pagectl alloc PFN[-PFN] [ORDER]   hold a free block, or each page of a range
       pagectl free PFN[-PFN]            free what alloc held
       pagectl pcp PFN[-PFN]             put pages on the per-CPU list of CPU 0
       pagectl show PFN                  what a page is
       pagectl accounting [--json]       the books of nodes and zones
`;

export const pagectl: Program = (args, io) => {
  const [command = '', first, second, ...more] = args;
  if (command === 'accounting' && (first === undefined || first === '--json') && second === undefined)
    return show(io, first === undefined ? 'accounting' : 'accounting.json', 'the books');
  if (command === 'show' && first !== undefined && second === undefined)
    return show(io, `page/${first}`, `pfn ${first}`);
  const orders = command === 'alloc' || command === 'free';
  if ((orders || command === 'pcp') && first !== undefined && more.length === 0 && (orders || second === undefined)) {
    const pages = pagesOf(first);
    if (pages === null || (pages.length > 1 && second === undefined) || pages.length === 1)
      return act(io, command, pages ?? [first], second);
  }
  io.err(USAGE);
  return 2;
};

/** The pages of `A-B`; null where it is no range. A single page goes to the kernel as it was typed. */
function pagesOf(text: string): readonly (number | string)[] | null {
  const found = /^(0x[0-9a-f]+|\d+)-(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (found === null) return [text];
  const [start, last] = [Number(found[1]), Number(found[2])];
  return last >= start && last - start < 2 ** 20 ? Array.from({ length: last - start + 1 }, (_, i) => start + i) : null;
}

async function act(
  io: ProgramIo,
  command: string,
  pages: readonly (number | string)[],
  order?: string,
): Promise<number> {
  for (const page of pages) {
    const errno = io.write(`${PAGECTL}/${command}`, `${page}${order === undefined ? '' : ` ${order}`}\n`);
    if (errno !== null) {
      io.err(`pagectl: ${whyNot(io, command) ?? errnoText(errno)}\n`);
      return 1;
    }
    await io.breathe();
    if (io.stopped) return 130;
  }
  return 0;
}

/** The kernel says why in its log, as its last word. */
function whyNot(io: ProgramIo, command: string): string | null {
  const log = io.files.read(KMSG);
  const last = log.ok ? log.text.trimEnd().slice(log.text.trimEnd().lastIndexOf('\n') + 1) : '';
  return new RegExp(`^[^;]*;pagectl: (${command}: .*)$`).exec(last)?.[1] ?? null;
}

function show(io: ProgramIo, file: string, what: string): number {
  const read = io.files.read(`${PAGECTL}/${file}`);
  if (read.ok) io.out(read.text);
  else io.err(`pagectl: ${what}: ${read.errno === 'ENOENT' ? 'there is no such page' : errnoText(read.errno)}\n`);
  return read.ok ? 0 : 1;
}
