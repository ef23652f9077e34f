/**
 * `numastat`, byte for byte as numactl 2.0.16 prints it where it is not a terminal: plain, `-n`, `-m`, `-c`, `-z`,
 * `-s`. Plain counts are pages; with any option they are MBs (2^20 bytes). A name in a node's meminfo that this
 * numastat does not know is printed on a line of its own, as the original does.
 */
import { bytesFromKib, mibFromBytes, PAGE_SIZE_BYTES } from '../../../shared/units/index.ts';
import { NODES, nodesOf, type Program, type ProgramIo, readOr } from './program.ts';

const NUMASTAT_NAMES = ['numa_hit', 'numa_miss', 'numa_foreign', 'interleave_hit', 'local_node', 'other_node'];

const MEMINFO_NAMES = [
  ...['MemTotal', 'MemFree', 'MemUsed', 'HighTotal', 'HighFree', 'LowTotal', 'LowFree', 'Active', 'Inactive'],
  ...['Active(anon)', 'Inactive(anon)', 'Active(file)', 'Inactive(file)', 'Unevictable', 'Mlocked', 'Dirty'],
  ...['Writeback', 'FilePages', 'Mapped', 'AnonPages', 'Shmem', 'KernelStack', 'PageTables', 'NFS_Unstable', 'Bounce'],
  ...['WritebackTmp', 'Slab', 'SReclaimable', 'SUnreclaim', 'AnonHugePages', 'ShmemHugePages', 'ShmemPmdMapped'],
  ...['HugePages_Total', 'HugePages_Free', 'HugePages_Surp', 'KReclaimable'],
];

const COLUMN = 16;
const LEAST_COLUMN = 4;

interface Flags {
  readonly compact: boolean;
  readonly meminfo: boolean;
  readonly numastat: boolean;
  readonly skipZeros: boolean;
  /** Column to sort by: an index into the nodes, or -1 for the total; null: unsorted. */
  readonly sortBy: number | null;
}

/** Rows by name, columns by node; undefined where a node's file does not have the name. */
interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly { readonly label: string; readonly values: readonly (number | undefined)[] }[];
  readonly digits: number | null;
}

export const numastat: Program = (args, io) => {
  const flags = flagsOf(args);
  if (typeof flags === 'string') {
    io.err(flags);
    return 1;
  }
  if (args.length === 0) {
    io.out(plain(io));
    return 0;
  }
  if (flags.numastat || !flags.meminfo) io.out(numastatInfo(io, flags));
  if (flags.meminfo) io.out(systemInfo(io, flags));
  return 0;
};

const USAGE = 'Usage: numastat [-c] [-m] [-n] [-s[<node>]] [-z]\n';
const NO_PROCESSES = 'numastat: -p <PID>|<pattern> shows a process, and this guest has none\n';

/** @returns what to say instead of running. */
function flagsOf(args: readonly string[]): Flags | string {
  const flags = { compact: false, meminfo: false, numastat: false, skipZeros: false, sortBy: null as number | null };
  for (const arg of args) {
    if (!arg.startsWith('-') || arg === '-') return NO_PROCESSES;
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i]!;
      if (letter === 'p') return NO_PROCESSES;
      else if (letter === 'c') flags.compact = true;
      else if (letter === 'm') flags.meminfo = true;
      else if (letter === 'n') flags.numastat = true;
      else if (letter === 'z') flags.skipZeros = true;
      else if (letter === 's' && /^\d*$/.test(arg.slice(i + 1))) {
        flags.sortBy = arg.length === i + 1 ? -1 : Number(arg.slice(i + 1));
        break;
      } else if (letter !== 'v') return USAGE;
    }
  }
  return flags;
}

/** Pages by node, in columns of sixteen places. */
function plain(io: ProgramIo): string {
  const ids = nodesOf(io);
  const files = ids.map((nid) => valuesOf(readOr(io, `${NODES}/node${nid}/numastat`, ''), 0));
  const rows = NUMASTAT_NAMES.map((label) => ({ label, values: files.map((file) => file.get(label)?.value) }));
  return tableText({ headers: ids.map((nid) => `node${nid}`), rows, digits: null }, null);
}

function numastatInfo(io: ProgramIo, flags: Flags): string {
  const ids = nodesOf(io);
  const files = ids.map((nid) => valuesOf(readOr(io, `${NODES}/node${nid}/numastat`, ''), 0));
  const rows = NUMASTAT_NAMES.map((name) => ({
    label: name.replace(/(^|_)[a-z]/g, (letter) => letter.toUpperCase()),
    values: withTotal(files.map((file) => mbOf(file.get(name)?.value, PAGE_SIZE_BYTES))),
  }));
  return `\nPer-node numastat info (in MBs):\n${ruled(ids, rows, flags)}`;
}

function systemInfo(io: ProgramIo, flags: Flags): string {
  const ids = nodesOf(io);
  const hugeBytes = bytesFromKib(
    Number(/^Hugepagesize: +(\d+) kB$/m.exec(readOr(io, '/proc/meminfo', ''))?.[1] ?? 2048),
  );
  const files = ids.map((nid) => valuesOf(readOr(io, `${NODES}/node${nid}/meminfo`, ''), 2));
  const unknown = files.flatMap((file) => [...file.keys()].filter((name) => !MEMINFO_NAMES.includes(name)));
  const rows = MEMINFO_NAMES.map((name) => ({
    label: name,
    values: withTotal(
      files.map((file) => {
        const found = file.get(name);
        if (found === undefined) return undefined;
        return mbOf(found.value, found.inKb ? bytesFromKib(1) : name.startsWith('HugePages') ? hugeBytes : 1);
      }),
    ),
  }));
  const told = unknown.map((name) => `Token ${name} not in hash table.\n`).join('');
  return `\nPer-node system memory usage (in MBs):\n${told}${ruled(ids, rows, flags)}`;
}

/** By name: the number behind it, and whether `kB` follows. @param skip words before the name. */
function valuesOf(text: string, skip: number): Map<string, { readonly value: number; readonly inKb: boolean }> {
  const values = new Map<string, { readonly value: number; readonly inKb: boolean }>();
  for (const line of text.split('\n')) {
    const words = line.split(/[ \t\r:]+/).filter((word) => word !== '');
    const [name, number, unit] = words.slice(skip);
    // atol stops at LONG_MAX: MemUsed of a node that has more free than it is large is beyond it.
    if (name !== undefined) values.set(name, { value: Math.min(Number(number ?? 0), 2 ** 63), inKb: unit === 'kB' });
  }
  return values;
}

const mbOf = (value: number | undefined, bytes: number): number | undefined =>
  value === undefined ? undefined : mibFromBytes(value * bytes);

/** The sum of those that are there behind them. */
function withTotal(values: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const there = values.filter((value) => value !== undefined);
  return [...values, there.length === 0 ? undefined : there.reduce((sum, value) => sum + value, 0)];
}

function ruled(ids: readonly number[], rows: Table['rows'], flags: Flags): string {
  const headers = [...ids.map((nid) => `Node ${nid}`), 'Total'];
  const { sortBy } = flags;
  const by = sortBy === null ? null : sortBy >= 0 && sortBy < ids.length ? sortBy : ids.length;
  const sorted = by === null ? rows : [...rows].sort((a, b) => (b.values[by] ?? 0) - (a.values[by] ?? 0));
  return tableText({ headers, rows: sorted, digits: flags.compact ? 0 : 2 }, flags);
}

function tableText({ headers, rows, digits }: Table, flags: Flags | null): string {
  const cell = (value: number | undefined): string =>
    value === undefined ? '' : digits === null ? String(value) : fixed(value, digits);
  const width = (texts: readonly string[]): number =>
    flags?.compact === true ? Math.min(COLUMN, Math.max(LEAST_COLUMN, ...texts.map((t) => t.length)) + 1) : COLUMN;
  const first = width(rows.map(({ label }) => label));
  const widths = headers.map((header, i) => width([header, ...rows.map(({ values }) => cell(values[i]))]));
  const isThere = (value: number | undefined): boolean => value !== undefined && !(flags?.skipZeros && value === 0);
  const shown = rows.filter(({ values }) => values.some(isThere));
  const columns = headers.map((_, i) => i).filter((i) => rows.some(({ values }) => isThere(values[i])));
  if (columns.length === 0) return 'Table has no non-zero data.\n';
  const line = (label: string, texts: readonly string[]): string =>
    `${label.padEnd(first)}${columns.map((i) => texts[i]!.slice(0, widths[i]!).padStart(widths[i]!)).join('')}\n`;
  const head = line('', headers);
  const rule =
    digits === null
      ? ''
      : line(
          '',
          widths.map((places) => '-'.repeat(places - 1)),
        );
  return head + rule + shown.map(({ label, values }) => line(label, values.map(cell))).join('');
}

/** C's `%.*f`: what lies exactly between two goes to the even one. */
function fixed(value: number, digits: number): string {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const below = Math.floor(scaled);
  if (scaled - below !== 0.5) return value.toFixed(digits);
  return ((below % 2 === 0 ? below : below + 1) / scale).toFixed(digits);
}
