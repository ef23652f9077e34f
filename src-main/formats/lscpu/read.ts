/**
 * `lscpu` in its forms → which CPUs are of which node, and where they sit: the summary, the tables of -p and -e, and both as
 * JSON. Memory and distances are not in any of them. Where a summary and a table stand in one file (as `lscpu; lscpu -p`), each
 * adds what it has; a second table has physical ids, which repeat between sockets, and is not read.
 *
 * Labels are translated in other languages: such a text is refused, with the way to an English one.
 */
import type { Place, Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byJson, byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import type { CpuPlace, HostStateFacts, NodeState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, idsOf, readOutput, recordOf } from '../output-lines.ts';
import { isObject } from '../qmp.ts';

const KIND = 'lscpu';

interface LscpuFacts extends HostStateFacts {
  readonly arch: string | null;
  readonly sockets: number | null;
  readonly threadsPerCore: number | null;
  /** How many nodes the summary says there are. */
  readonly nodeCount: number | null;
  /** CPUs of a table that are in no node. */
  readonly cpusWithoutNode: readonly number[];
  /** Columns of the first table; null where there is none. */
  readonly columns: readonly string[] | null;
  /** Every label of the summary, as printed. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Field {
  readonly label: string;
  readonly value: string;
  readonly where: Place;
}

/** Rows of -p, -e or JSON, by the names of their columns in lower case. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly cells: ReadonlyMap<string, string>; readonly where: Place }[];
}

const SUMMARY = /^([^\s:#][^:]{0,60}):\s+(.*)$/;
const NODE_LABEL = /^NUMA node(\d{1,9}) CPU\(s\)$/;
/** A label of the summary that no locale leaves as it is, and every machine has. */
const ENGLISH =
  /^(?:On-line CPU\(s\) list|Thread\(s\) per core|Core\(s\) per socket|(?:CPU )?[Ss]ocket\(s\)|NUMA node\(s\)|Model name|Vendor ID|CPU op-mode\(s\))$/;

class LscpuReader {
  readonly #list: DiagnosticList;
  readonly #nodes = new Map<number, Set<number>>();
  readonly #places = new Map<number, CpuPlace>();
  readonly #withoutNode: number[] = [];

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  facts(fields: readonly Field[], table: Table | null): LscpuFacts | null {
    const list = this.#list;
    for (const { label, value, where } of fields) {
      const node = NODE_LABEL.exec(label);
      if (node === null) continue;
      for (const cpu of idsOf(value, where, list) ?? []) this.#nodeOf(Number(node[1]), where)?.add(cpu);
      this.#nodeOf(Number(node[1]), where);
    }
    const stated = this.#nodes.size > 0;
    if (table !== null) this.#table(table, stated);
    const one = (...labels: readonly string[]): Field | undefined => fields.find(({ label }) => labels.includes(label));
    const number = (...labels: readonly string[]): number | null => {
      const field = one(...labels);
      return field === undefined || !/^\d{1,9}$/.test(field.value) ? null : Number(field.value);
    };
    const online = one('On-line CPU(s) list', 'Online CPU(s) list');
    const nodeCount = number('NUMA node(s)');
    if (stated && nodeCount !== null && nodeCount !== this.#nodes.size) {
      const detail = { found: `${this.#nodes.size} listed`, expected: `${nodeCount}, as the summary says` };
      list.warning('node-count', 'The nodes listed are not as many as stated.', { line: 1 }, detail);
    }
    return {
      kind: KIND,
      ...NO_HOST_STATE,
      nodes: [...this.#nodes]
        .sort(([a], [b]) => a - b)
        .map(([id, cpus]): NodeState => ({ ...NO_NODE_STATE, id, cpus: [...cpus].sort((a, b) => a - b) })),
      cpuCount: number('CPU(s)') ?? (table === null ? null : this.#places.size),
      onlineCpus: online === undefined ? null : idsOf(online.value, online.where, list),
      cpuPlaces: this.#withSiblings(),
      arch: one('Architecture')?.value ?? null,
      sockets: number('Socket(s)', 'CPU socket(s)'),
      threadsPerCore: number('Thread(s) per core'),
      nodeCount,
      cpusWithoutNode: [...new Set(this.#withoutNode)].sort((a, b) => a - b),
      columns: table?.columns ?? null,
      fields: recordOf(fields.slice(0, 256).map(({ label, value }) => [label, value.slice(0, 300)] as const)),
    };
  }

  #nodeOf(id: number, where: Place): Set<number> | null {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    if (!admitNode(id, this.#nodes.size, where, this.#list)) return null;
    const cpus = new Set<number>();
    this.#nodes.set(id, cpus);
    return cpus;
  }

  /** @param stated the summary has said which CPUs each node has. */
  #table({ rows }: Table, stated: boolean): void {
    for (const { cells, where } of rows) {
      const number = (name: string): number | null => {
        const text = cells.get(name) ?? '';
        return /^\d{1,9}$/.test(text) ? Number(text) : null;
      };
      const id = number('cpu');
      if (id === null || id > MAX_ID) continue;
      const place = { socket: number('socket'), die: null, cluster: number('cluster'), core: number('core') };
      this.#places.set(id, { id, ...place, siblings: null });
      const node = number('node');
      if (node === null) this.#withoutNode.push(id);
      else if (!stated) this.#nodeOf(node, where)?.add(id);
    }
  }

  /** lscpu numbers cores over the whole machine. */
  #withSiblings(): readonly CpuPlace[] {
    const byCore = new Map<number, number[]>();
    for (const { id, core } of this.#places.values())
      if (core !== null) byCore.set(core, [...(byCore.get(core) ?? []), id]);
    return [...this.#places.values()]
      .sort((a, b) => a.id - b.id)
      .map((place) => ({
        ...place,
        siblings: (place.core === null ? null : byCore.get(place.core)?.sort((a, b) => a - b)) ?? null,
      }));
  }
}

/** The last comment before the rows of -p names its columns; one of them has no name. */
const PARSABLE_HEAD = /^# ?((?:CPU|Core)(?:,[\w:/-]*)+)$/i;
const EXTENDED_HEAD =
  /^CPU(?:\s+(?:NODE|SOCKET|CORE|DRAWER|BOOK|CLUSTER|L\d\S*|ONLINE|CONFIGURED|POLARIZATION|ADDRESS|\w*MHZ\w*|SCALMHZ%|MODELNAME))+\s*$/;

function tableOf(lines: readonly OutputLine[]): Table | null {
  const at = lines.findIndex(({ text }) => PARSABLE_HEAD.test(text) || EXTENDED_HEAD.test(text));
  if (at === -1) return null;
  const head = lines[at]!.text;
  const parsable = PARSABLE_HEAD.exec(head);
  const columns = parsable === null ? head.split(/\s+/) : parsable[1]!.split(',');
  const rows: { cells: ReadonlyMap<string, string>; where: Place }[] = [];
  for (const { text, line } of lines.slice(at + 1)) {
    const values = parsable === null ? text.split(/\s+/) : text.split(',');
    if (!/^\d/.test(text) || values.length < 2) break;
    if (rows.length > MAX_ID) break;
    rows.push({ cells: new Map(columns.map((name, i) => [name.toLowerCase(), values[i] ?? ''])), where: { line } });
  }
  return { columns, rows };
}

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): LscpuFacts | null {
  const table = tableOf(lines);
  const fields = lines.flatMap(({ text, line }): readonly Field[] => {
    const match = SUMMARY.exec(text.replace(/:$/, ': '));
    return match === null ? [] : [{ label: match[1]!.trim(), value: match[2]!.trim(), where: { line } }];
  });
  if (table !== null || fields.some(({ label }) => ENGLISH.test(label)))
    return new LscpuReader(list).facts(fields, table);
  const hint = 'Run it again as: LC_ALL=C lscpu';
  const detail = { found: quote(lines[0]?.text ?? ''), expected: 'labels such as "NUMA node0 CPU(s):"', hint };
  list.error('output-translated', 'The labels of lscpu are in a language that is not read.', { line: 1 }, detail);
  return null;
}

/** `{"lscpu": [{"field", "data", "children"}]}`, nested since 2.38, or `{"cpus": [{"cpu", "node", ...}]}`. */
const holdsJson = (value: unknown): boolean =>
  isObject(value) && ((Array.isArray(value['lscpu']) && isObject(value['lscpu'][0])) || isCpuTable(value['cpus']));

const isCpuTable = (value: unknown): boolean =>
  Array.isArray(value) && isObject(value[0]) && Object.hasOwn(value[0], 'cpu') && !Object.hasOwn(value[0], 'thread-id');

function fieldsOfJson(value: unknown, depth = 0): readonly Field[] {
  if (!Array.isArray(value) || depth > 32) return [];
  return value.filter(isObject).flatMap(({ field, data, children }) => {
    const label = typeof field === 'string' ? field.replace(/:$/, '') : null;
    // A node without CPUs has null, as have labels that only group others.
    const value = typeof data === 'string' ? data.trim() : label !== null && NODE_LABEL.test(label) ? '' : null;
    const own = label === null || value === null ? [] : [{ label, value, where: { line: 1 } }];
    return [...own, ...fieldsOfJson(children, depth + 1)];
  });
}

function readJson(text: string, list: DiagnosticList): LscpuFacts | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!isObject(value)) return null;
  const rows = isCpuTable(value['cpus'])
    ? (value['cpus'] as readonly unknown[]).filter(isObject).slice(0, MAX_ID + 1)
    : null;
  const cellsOf = (row: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(row).flatMap(([name, cell]) =>
        typeof cell === 'string' || typeof cell === 'number' ? [[name.toLowerCase(), String(cell)] as const] : [],
      ),
    );
  const table =
    rows === null
      ? null
      : { columns: Object.keys(rows[0] ?? {}), rows: rows.map((row) => ({ cells: cellsOf(row), where: { line: 1 } })) };
  const fields = fieldsOfJson(value['lscpu']);
  if (table === null && !fields.some(({ label }) => ENGLISH.test(label))) {
    const hint = 'Run it again as: LC_ALL=C lscpu -J';
    const expected = 'fields such as "NUMA node0 CPU(s):"';
    list.error(
      'output-translated',
      'The fields of lscpu are in a language that is not read.',
      { line: 1 },
      { expected, hint },
    );
    return null;
  }
  return new LscpuReader(list).facts(fields, table);
}

function readLscpu(text: string, file: string): Read<LscpuFacts> {
  if (!/^\s*\{/.test(text)) return readOutput(text, file, factsOf);
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  return list.read(admitted === null ? null : readJson(admitted, list));
}

const LINES = byLine({
  // BogoMIPS is the one label that no translation changes.
  mark: /^\s*(?:# The following is the parsable format|CPU\(s\):\s{3,}\d|On-line CPU\(s\) list:|Architecture:\s{3,}|NUMA node\d+ CPU\(s\):|CPU op-mode\(s\):|BogoMIPS\s?:|# (?:CPU|Core)(?:,[\w:/-]*)+$|CPU(?:\s+(?:NODE|SOCKET|CORE|L1\S*|ONLINE))+(?:\s|$))/,
  confidence: 0.8,
  begins: /^\s*Architecture:/,
  holds: /^\s*(?:#|\d+,|\d+\s|[^\s:][^:]{0,60}\s?:(?:\s|$))/,
});
const JSON_FORM = byJson(holdsJson);

export const lscpu: Format<'host-state', LscpuFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of lscpu (CPUs of nodes)',
  mark: '"NUMA node0 CPU(s):"',
  ...LINES,
  ...JSON_FORM,
  recognise: (sample) => JSON_FORM.recognise(sample) ?? LINES.recognise(sample),
  read: readLscpu,
  summary: ({ nodes, cpuCount, cpuPlaces }) =>
    `${plural(nodes.length, 'node')}, ${plural(cpuCount ?? cpuPlaces.length, 'CPU')}`,
};
