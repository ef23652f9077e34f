/**
 * ACPI's SRAT, SLIT and HMAT, from their bytes (table.ts) → what the firmware says of proximity domains. A proximity domain is not
 * yet a node: Linux numbers nodes by the order in which it meets the domains. So `nodes` is empty, and `domains` has them.
 *
 * (a) Length and checksum are held against the header: a table that is cut or damaged is an error, a wrong checksum a warning.
 * (b) Entries that are not enabled are all zeros and name domain 0: they are left out.
 * (c) Hot-pluggable ranges are room for memory, and no memory: they are listed and not counted.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Distances } from '../facts.ts';
import type { Format } from '../format.ts';
import { byBlock } from '../format.ts';
import type { HostStateFacts, Interconnect } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing } from '../output-lines.ts';
import { MAX_NODES, checkHostDistances } from '../topology.ts';
import { bytesOf } from './table.ts';

const KIND = 'acpi-table';
const HEADER_BYTES = 36;
const MAX_ENTRIES = 65_536;

interface MemoryRange {
  /** Bytes, exact up to 2^53. */
  readonly base: number;
  readonly bytes: number;
  readonly hotPluggable: boolean;
  readonly nonVolatile: boolean;
}

interface Domain {
  readonly id: number;
  /** APIC ids, or ACPI UIDs of an Arm host. */
  readonly cpus: readonly number[];
  readonly ranges: readonly MemoryRange[];
  /** Of ranges that are not hot-pluggable. */
  readonly memoryKiB: number;
}

export interface AcpiFacts extends HostStateFacts {
  readonly table: 'SRAT' | 'SLIT' | 'HMAT';
  readonly revision: number;
  readonly checksumOk: boolean;
  readonly domains: readonly Domain[];
  /** By proximity domain. */
  readonly distances: Distances | null;
  /** HMAT: initiator domain that a memory domain is attached to. */
  readonly attached: readonly { readonly memory: number; readonly initiator: number | null }[];
  readonly interconnects: readonly Interconnect[];
}

/** Little-endian numbers at offsets; undefined bytes are 0, since the length was checked. */
class View {
  readonly #bytes: readonly number[];

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  number(at: number, width: number): number {
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + (this.#bytes[at + i] ?? 0);
    return value;
  }

  text(at: number, width: number): string {
    return String.fromCharCode(...this.#bytes.slice(at, at + width));
  }

  get sum(): number {
    return this.#bytes.reduce((sum, byte) => (sum + byte) % 256, 0);
  }
}

const NOTHING: Pick<AcpiFacts, 'domains' | 'distances' | 'attached' | 'interconnects'> = {
  domains: [],
  distances: null,
  attached: [],
  interconnects: [],
};

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): AcpiFacts | null {
  const raw = lines.findIndex(({ text }) => /^\s*Raw Table Data/.test(text));
  const found = bytesOf(raw === -1 ? lines : lines.slice(raw + 1));
  if (found === null || found.bytes.length < HEADER_BYTES)
    return reportNothing('an ACPI table', 'its bytes in hexadecimal, as hexdump -C or iasl -d print them', list);
  const where = { line: found.line };
  const whole = new View(found.bytes);
  const table = whole.text(0, 4);
  if (table !== 'SRAT' && table !== 'SLIT' && table !== 'HMAT') {
    list.error('acpi-table', 'This is no table of NUMA.', where, { expected: 'SRAT, SLIT or HMAT' });
    return null;
  }
  const length = whole.number(4, 4);
  if (length > whole.length || length < HEADER_BYTES) {
    const detail = { found: `${whole.length} bytes`, expected: `${length}, as its header says` };
    list.error('acpi-cut', 'The table is cut.', where, detail);
    return null;
  }
  if (length < whole.length) {
    const detail = { found: `${whole.length} bytes`, expected: `${length}, as its header says` };
    list.warning('acpi-behind', 'There is more than the table; that is not read.', where, detail);
  }
  const view = new View(found.bytes.slice(0, length));
  const checksumOk = view.sum === 0;
  if (!checksumOk) {
    const detail = { found: `a sum of ${view.sum}`, expected: '0' };
    list.warning('acpi-checksum', 'The checksum of the table is wrong: a byte of it was changed.', where, detail);
  }
  const read = { SRAT: srat, SLIT: slit, HMAT: hmat }[table];
  const facts = read(view, list, found.line);
  return facts === null
    ? null
    : { kind: KIND, ...NO_HOST_STATE, table, revision: view.number(8, 1), checksumOk, ...facts };
}

type TableFacts = typeof NOTHING;

/** Entries with type and length at their beginning. */
function entriesOf(
  view: View,
  from: number,
  width: 1 | 2,
  list: DiagnosticList,
  line: number,
): readonly { readonly type: number; readonly at: number; readonly length: number }[] {
  const entries: { type: number; at: number; length: number }[] = [];
  // Of HMAT's structures the length has four bytes, behind two that are reserved.
  const [lengthAt, lengthWidth] = width === 1 ? [1, 1] : [4, 4];
  for (let at = from; at + lengthAt + lengthWidth <= view.length && entries.length < MAX_ENTRIES;) {
    const length = view.number(at + lengthAt, lengthWidth);
    if (length < lengthAt + lengthWidth || at + length > view.length) {
      const detail = { found: `an entry of ${length} bytes at ${at}`, expected: `at most ${view.length - at}` };
      list.error('acpi-cut', 'An entry of the table is cut.', { line }, detail);
      break;
    }
    entries.push({ type: view.number(at, width), at, length });
    at += length;
  }
  return entries;
}

const ENABLED = 1;
const HOT_PLUGGABLE = 2;
const NON_VOLATILE = 4;
const has = (flags: number, bit: number): boolean => Math.floor(flags / bit) % 2 === 1;

function srat(view: View, list: DiagnosticList, line: number): TableFacts | null {
  const domains = new Map<number, { cpus: Set<number>; ranges: MemoryRange[] }>();
  const domainOf = (id: number): { cpus: Set<number>; ranges: MemoryRange[] } => {
    const known = domains.get(id) ?? { cpus: new Set<number>(), ranges: [] };
    domains.set(id, known);
    return known;
  };
  const others = new Set<number>();
  for (const { type, at, length } of entriesOf(view, 48, 1, list, line)) {
    if (domains.size > MAX_NODES) break;
    if (type === 0 && length >= 16 && has(view.number(at + 4, 4), ENABLED)) {
      const domain = view.number(at + 2, 1) + view.number(at + 9, 3) * 256;
      domainOf(domain).cpus.add(view.number(at + 3, 1));
    } else if (type === 2 && length >= 24 && has(view.number(at + 12, 4), ENABLED))
      domainOf(view.number(at + 4, 4)).cpus.add(view.number(at + 8, 4));
    else if (type === 3 && length >= 18 && has(view.number(at + 10, 4), ENABLED))
      domainOf(view.number(at + 2, 4)).cpus.add(view.number(at + 6, 4));
    else if (type === 1 && length >= 40 && has(view.number(at + 28, 4), ENABLED)) {
      const flags = view.number(at + 28, 4);
      domainOf(view.number(at + 2, 4)).ranges.push({
        base: view.number(at + 8, 8),
        bytes: view.number(at + 16, 8),
        hotPluggable: has(flags, HOT_PLUGGABLE),
        nonVolatile: has(flags, NON_VOLATILE),
      });
    } else if (type > 3) others.add(type);
  }
  if (others.size > 0) {
    const found = `subtables of type ${[...others].slice(0, 8).join(', ')}`;
    list.note('acpi-subtables', 'Initiators without CPUs and other subtables are not read.', { line }, { found });
  }
  if (domains.size > MAX_NODES) {
    const detail = { expected: `at most ${MAX_NODES} domains` };
    list.error('too-many-nodes', 'There are too many proximity domains.', { line }, detail);
    return null;
  }
  return {
    ...NOTHING,
    domains: [...domains]
      .sort(([a], [b]) => a - b)
      .map(([id, { cpus, ranges }]) => ({
        id,
        cpus: [...cpus].sort((a, b) => a - b),
        ranges,
        memoryKiB: ranges.reduce(
          (sum, { bytes, hotPluggable }) => sum + (hotPluggable ? 0 : Math.floor(bytes / 1024)),
          0,
        ),
      })),
  };
}

function slit(view: View, list: DiagnosticList, line: number): TableFacts | null {
  const localities = view.number(HEADER_BYTES, 8);
  const first = HEADER_BYTES + 8;
  if (localities > MAX_NODES || first + localities ** 2 > view.length) {
    const detail = {
      found: `${localities} localities in ${view.length} bytes`,
      expected: `at most ${MAX_NODES}, each with a row`,
    };
    list.error('acpi-cut', 'The matrix of the table is cut.', { line }, detail);
    return null;
  }
  const ids = Array.from({ length: localities }, (_, i) => i);
  const matrix = ids.map((from) => ids.map((to) => view.number(first + from * localities + to, 1)));
  checkHostDistances({ ids, matrix }, () => ({ line }), list);
  return { ...NOTHING, distances: { ids, matrix } };
}

/** What a value of HMAT is about, by its data type. */
const DATA_TYPES = ['access', 'read', 'write', 'access', 'read', 'write'] as const;
const LATENCY_TYPES = 3;
const NO_ENTRY = 0xffff;
const PS_PER_NS = 1000;
/** HMAT counts MB/s; Linux takes them for MiB/s. */
const KIB_PER_MIB = 1024;

function hmat(view: View, list: DiagnosticList, line: number): TableFacts | null {
  const attached: { memory: number; initiator: number | null }[] = [];
  const interconnects: Interconnect[] = [];
  for (const { type, at, length } of entriesOf(view, 40, 2, list, line)) {
    if (type === 0 && length >= 40) {
      const hasInitiator = has(view.number(at + 8, 2), 1);
      attached.push({ memory: view.number(at + 16, 4), initiator: hasInitiator ? view.number(at + 12, 4) : null });
    }
    if (type !== 1 || length < 32) continue;
    const dataType = view.number(at + 9, 1);
    const cache = view.number(at + 8, 1) % 16;
    const initiators = view.number(at + 12, 4);
    const targets = view.number(at + 16, 4);
    const base = view.number(at + 24, 8);
    const lists = at + 32;
    const values = lists + 4 * (initiators + targets);
    if (
      dataType >= DATA_TYPES.length ||
      initiators > MAX_NODES ||
      targets > MAX_NODES ||
      values + 2 * initiators * targets > at + length
    ) {
      const detail = { found: `${initiators} initiators and ${targets} targets in ${length} bytes` };
      list.error('acpi-cut', 'A structure of the table is cut.', { line }, detail);
      return null;
    }
    for (let i = 0; i < initiators; i++) {
      for (let t = 0; t < targets; t++) {
        const entry = view.number(values + 2 * (i * targets + t), 2);
        if (entry === NO_ENTRY || entry === 0) continue;
        const figure = entry * base;
        const isLatency = dataType < LATENCY_TYPES;
        interconnects.push({
          initiator: view.number(lists + 4 * i, 4),
          target: view.number(lists + 4 * (initiators + t), 4),
          cache: cache === 0 ? null : cache,
          type: DATA_TYPES[dataType]!,
          latencyNs: isLatency ? figure / PS_PER_NS : null,
          bandwidthKibPerSec: isLatency ? null : figure * KIB_PER_MIB,
        });
      }
    }
  }
  return { ...NOTHING, attached, interconnects };
}

const SIGNATURE = '(?:53 ?52 ?41 ?54|53 ?4c ?49 ?54|48 ?4d ?41 ?54)';
/** A line of bytes that begins with a signature, or what iasl prints before it. */
const BLOCK = new RegExp(
  `^\\s*(?:0+(?::\\s*|\\s+))?${SIGNATURE}(?: [\\da-f]{2}){4}|^\\s*(?:0+(?::\\s*|\\s+))?${SIGNATURE}(?: ?[\\da-f]{4}){2}|^\\s*\\[000h[^\\n]{0,60}Signature : "(?:SRAT|SLIT|HMAT)"`,
  'im',
);

export const acpiTable: Format<'host-state', AcpiFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'an ACPI table (SRAT, SLIT or HMAT)',
  mark: 'the bytes of a table that begins with SRAT, SLIT or HMAT',
  ...byBlock((text) => BLOCK.test(text)),
  read: (text: string, file: string): Read<AcpiFacts> => readOutput(text, file, factsOf, { indented: true }),
  summary: ({ table, domains, distances, interconnects }) =>
    `${table}: ${domains.length > 0 ? plural(domains.length, 'proximity domain') : distances === null ? plural(interconnects.length, 'figure') : `${distances.ids.length} localities`}`,
};
