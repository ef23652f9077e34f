/**
 * The text of `numactl --hardware`, often pasted by people, → host facts. Tolerated: mail quote marks, indentation,
 * prompts and other lines around it, CPU lists and matrix rows wrapped over lines, columns out of line, rows in any
 * order, `--cpu-compress`, a missing matrix. Not guessed: a node that is announced and not described, a matrix that is
 * cut, ranges that descend; a paste that lost a line would otherwise become a smaller host.
 *
 * numactl's "MB" are MiB, cut to whole ones.
 */
import { kibFromMib } from '../../../shared/units/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { Place, Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Distances, HostFacts } from '../facts.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { printNumactlHardware } from './print.ts';
import { hostSummary } from '../summary.ts';
import { MAX_NODES, checkCpuOwners, checkHostDistances } from '../topology.ts';
import { MAX_ID, parseIdList } from '../id-list.ts';
import { admitText } from '../input.ts';

const MAX_MB = 2 ** 40;

/** The host of a `numactl --hardware` text. Never throws; errors by slug are in the diagnostics. */
export function readNumactlHardware(text: string, file: string): Read<HostFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<HostFacts>(null);
  const reader = new NumactlReader(list);
  for (let start = 0, line = 1; start < admitted.length; line++) {
    const feed = admitted.indexOf('\n', start);
    const end = feed === -1 ? admitted.length : feed;
    reader.line(admitted.slice(start, end), line);
    start = end + 1;
  }
  return list.read(reader.host());
}

/** Mail quote marks and indentation. */
const QUOTE_MARKS = /^[\s>|]+/;
const AVAILABLE = /^available:\s*(\d{1,9})\s+nodes?\b\s*(?:\(([^)]*)\))?/;
const NODE_FIELD = /^node\s+(\d{1,9})\s+(cpus|size|free):\s*(.*)$/;
const HEADER = /^node((?:\s+\d{1,9})+)$/;
const ROW = /^(\d{1,9}):\s*((?:\d{1,9}\s+)*\d{0,9})$/;
const CONTINUATION = /^[\d\s,-]+(?:\(\d+\))?$/;
const DAMAGED = /^node\s+\d+\s+\S|^available\b|^\d+:/;

/** A value and the line on which it began; `text` grows when the list is wrapped. */
interface Field {
  text: string;
  wrapped?: true;
  readonly line: number;
}

interface NodeFields {
  readonly cpus?: Field;
  readonly size?: Field;
  readonly free?: Field;
}

class NumactlReader {
  private readonly list: DiagnosticList;
  private available: { readonly count: number; readonly ids: string | null; readonly line: number } | null = null;
  private readonly nodes = new Map<number, NodeFields>();
  private header: Field | null = null;
  private readonly rows = new Map<number, Field>();
  /** What a line of bare numbers continues. */
  private last: Field | null = null;

  constructor(list: DiagnosticList) {
    this.list = list;
  }

  line(untrimmed: string, line: number): void {
    const text = untrimmed.replace(QUOTE_MARKS, '').trimEnd();
    if (text === '') return;
    if (this.last !== null && CONTINUATION.test(text)) {
      this.last.text += ` ${text}`;
      this.last.wrapped = true;
      return;
    }
    this.last = null;
    const available = AVAILABLE.exec(text);
    const field = NODE_FIELD.exec(text);
    const header = HEADER.exec(text);
    const row = this.header === null ? null : ROW.exec(text);
    if (available !== null) this.setAvailable(Number(available[1]), available[2] ?? null, line);
    else if (field !== null) this.setField(Number(field[1]), field[2] as keyof NodeFields, field[3] ?? '', line);
    else if (header !== null) this.setHeader(header[1] ?? '', line);
    else if (row !== null) this.setRow(Number(row[1]), row[2] ?? '', line);
    else if (/^No NUMA (support )?available/i.test(text)) {
      this.list.error('numa-unavailable', 'numactl found no NUMA on this host.', { line }, { found: quote(text) });
    } else if (DAMAGED.test(text)) {
      this.list.warning('line-damaged', 'A line is not understood and ignored.', { line }, { found: quote(text) });
    }
  }

  private setAvailable(count: number, ids: string | null, line: number): void {
    if (this.available !== null) this.duplicate('"available:"', this.available.line, line);
    else this.available = { count, ids, line };
  }

  private setField(id: number, name: keyof NodeFields, text: string, line: number): void {
    if (id > MAX_ID) {
      const detail = { found: `node ${id}`, expected: `0 to ${MAX_ID}` };
      this.list.error('node-id', 'A node id is too large.', { line }, detail);
      return;
    }
    if (!this.nodes.has(id) && this.nodes.size >= MAX_NODES) {
      const detail = { found: `node ${id}`, expected: `at most ${MAX_NODES} nodes` };
      this.list.error('too-many-nodes', 'There are too many nodes.', { line }, detail);
      return;
    }
    const fields = this.nodes.get(id) ?? {};
    const before = fields[name];
    if (before !== undefined) return this.duplicate(`node ${id} ${name}`, before.line, line);
    const field = { text, line };
    this.nodes.set(id, { ...fields, [name]: field });
    if (name === 'cpus') this.last = field;
  }

  private setHeader(text: string, line: number): void {
    if (this.header !== null) return this.duplicate('the head of the matrix', this.header.line, line);
    this.header = { text, line };
    this.last = this.header;
  }

  private setRow(id: number, text: string, line: number): void {
    const before = this.rows.get(id);
    if (before !== undefined) return this.duplicate(`row ${id} of the matrix`, before.line, line);
    const row = { text, line };
    this.rows.set(id, row);
    this.last = row;
  }

  private duplicate(what: string, firstLine: number, line: number): void {
    const hint = 'Are these two outputs in one file?';
    const found = `${what} at line ${firstLine} and line ${line}`;
    this.list.error('node-duplicate', `${what} is given twice.`, { line }, { found, expected: 'it once', hint });
  }

  host(): HostFacts {
    const ids = [...this.nodes.keys()].sort((a, b) => a - b);
    this.checkAvailable(ids);
    const owners = new Map<number, number>();
    return {
      kind: 'numactl-hardware',
      nodes: ids.map((id) => this.node(id, owners)),
      distances: this.distances(ids),
      hugepages: [],
      arch: null,
      uuid: null,
      interconnects: [],
      cpuPlaces: [],
    };
  }

  /** The announced nodes are the described ones, or the text has lost some of its lines. */
  private checkAvailable(described: readonly number[]): void {
    const { available, list } = this;
    if (available === null) {
      const expected = 'available: N nodes (…)';
      if (described.length > 0) {
        list.warning('available-missing', 'The line that counts the nodes is missing.', { line: 1 }, { expected });
      } else if (!list.hasErrors) {
        list.error('not-numactl', 'This is not the output of numactl --hardware.', { line: 1 }, { expected });
      }
      return;
    }
    const where = { line: available.line };
    const announced = available.ids === null ? null : parseIdList(available.ids, 'comma', list.idBudget);
    if (announced !== null && !announced.ok) {
      const message = `The list of nodes cannot be read at ${quote(announced.term)}: ${announced.reason}.`;
      list.error('id-list-invalid', message, where, { found: quote(available.ids ?? '') });
      return;
    }
    const listed = announced === null ? '' : ` (${idList(announced.ids)})`;
    const found = `${available.count} announced${listed}, ${described.length} described (${idList(described)})`;
    const same = announced === null || idList(announced.ids) === idList(described);
    if (same && described.length === available.count) return;
    const expected = 'every announced node described, and no other';
    list.error('node-count', 'The nodes described are not the nodes announced.', where, { found, expected });
  }

  private node(id: number, owners: Map<number, number>): HostFacts['nodes'][number] {
    const { cpus, size, free } = this.nodes.get(id) ?? {};
    const line = (cpus ?? size ?? free)?.line ?? 1;
    const path = `/node ${id}`;
    for (const [name, field] of Object.entries({ cpus, size, free })) {
      if (field !== undefined) continue;
      const expected = `node ${id} ${name}: …`;
      this.list.warning('node-incomplete', `Node ${id} has no line "${name}".`, { line, path }, { expected });
    }
    const memoryKiB = this.size(size, { line: size?.line ?? line, path: `${path}/size` });
    const freeKiB = this.size(free, { line: free?.line ?? line, path: `${path}/free` });
    if (memoryKiB !== null && freeKiB !== null && freeKiB > memoryKiB) {
      const detail = { found: `${freeKiB} KiB free of ${memoryKiB} KiB`, expected: 'free not above size' };
      const where = { line: free?.line ?? line, path: `${path}/free` };
      this.list.warning('free-above-size', `Node ${id} has more free than it has.`, where, detail);
    }
    const cpuIds = this.cpus(id, cpus, owners);
    return { id, memoryKiB, cpus: cpuIds, freeKiB, pages: [] };
  }

  private size(field: Field | undefined, where: Place): number | null {
    if (field === undefined || field.text === '<not available>') return null;
    const match = /^(\d{1,15})\s*MB$/.exec(field.text);
    const mb = match === null ? Number.NaN : Number(match[1]);
    if (mb <= MAX_MB) return kibFromMib(mb);
    const detail = { found: quote(field.text), expected: `N MB, up to ${MAX_MB}` };
    this.list.error('size-invalid', 'A size cannot be read.', where, detail);
    return null;
  }

  private cpus(node: number, field: Field | undefined, owners: Map<number, number>): readonly number[] {
    if (field === undefined) return [];
    const where = { line: field.line, path: `/node ${node}/cpus` };
    const count = /\((\d+)\)$/.exec(field.text);
    const ids = count === null ? field.text : field.text.slice(0, count.index);
    const found = quote(field.text);
    const result = parseIdList(ids, 'blank', this.list.idBudget);
    if (!result.ok) {
      const message = `A list of CPUs cannot be read at ${quote(result.term)}: ${result.reason}.`;
      this.list.error('id-list-invalid', message, where, { found, expected: 'ids such as 0 1 2 or 0-15 (16)' });
      return [];
    }
    if (field.wrapped && descends(ids)) {
      const expected = 'ids that ascend, as numactl prints them';
      this.list.error('number-torn', `A line end tears a number in the CPUs of node ${node}.`, where, {
        found,
        expected,
      });
      return [];
    }
    if (result.repeated.length > 0) {
      const message = `Node ${node} lists CPU ${result.repeated[0]} more than once; distinct ids are counted.`;
      this.list.warning('cpu-count', message, where, { found });
    }
    if (count !== null && Number(count[1]) !== result.ids.length) {
      const detail = { found: `${result.ids.length} CPUs`, expected: `${count[1]}, as the line says` };
      this.list.error('cpu-count', `The CPUs of node ${node} are not as many as stated.`, where, detail);
    }
    checkCpuOwners(node, result.ids, owners, where, this.list);
    return result.ids;
  }

  /** Columns by the head, rows by their labels; given out in the order of the node ids. */
  private distances(ids: readonly number[]): Distances | null {
    const { header, list } = this;
    if (header === null) return null;
    const columns = numbersOf(header.text);
    const columnOf = new Map(columns.map((id, index) => [id, index]));
    const missingColumns = ids.filter((id) => !columnOf.has(id));
    const missingRows = ids.filter((id) => !this.rows.has(id));
    if (missingColumns.length > 0 || missingRows.length > 0 || columnOf.size !== columns.length) {
      const found = `columns ${columns.join(' ')}; rows ${[...this.rows.keys()].join(' ')}`;
      const detail = { found: quote(found), expected: `a row and a column for each of ${idList(ids)}` };
      list.error('distances-incomplete', 'The distance matrix is cut.', { line: header.line }, detail);
      return null;
    }
    const rows = ids.map((id) => this.rows.get(id) ?? header);
    const values = rows.map((row) => numbersOf(row.text));
    const short = values.findIndex((row) => row.length !== columns.length);
    if (short !== -1) {
      const row = rows[short] ?? header;
      const detail = { found: quote(row.text.trim()), expected: `${columns.length} values` };
      list.error(
        'distances-incomplete',
        `Row ${ids[short]} of the distance matrix is cut.`,
        { line: row.line },
        detail,
      );
      return null;
    }
    const matrix = values.map((row) => ids.map((id) => row[columnOf.get(id) ?? -1] ?? 0));
    checkHostDistances({ ids, matrix }, (i) => ({ line: rows[i]?.line ?? header.line }), list);
    return { ids, matrix };
  }
}

/** numactl prints ids in their order: where a line end has cut one in two, one is not above the one before it. */
function descends(text: string): boolean {
  const ids = (text.match(/\d+/g) ?? []).map(Number);
  return ids.some((id, i) => i > 0 && id <= ids[i - 1]!);
}

const numbersOf = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);

export const numactlHardware: Format<'host'> = {
  id: 'numactl-hardware',
  role: 'host',
  name: 'the output of numactl --hardware (a host)',
  mark: '"available: N nodes"',
  runsInGuests: true,
  ...byLine({
    mark: /^[ \t>|]*(?:available:\s*\d+\s+nodes?\b|node\s+\d+\s+(?:cpus|size|free):|No NUMA (?:support )?available)/i,
    confidence: 0.9,
    begins: /^\s*available:/,
    holds: /^\s*(?:node\b|available\b|No (?:NUMA|distance) |\d+:|[\d\s,-]+(?:\(\d+\))?$)/,
  }),
  read: readNumactlHardware,
  summary: hostSummary,
  print: printNumactlHardware,
};
