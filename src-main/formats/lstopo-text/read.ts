/**
 * `lstopo -v` and `lstopo --of console` → host facts: an indented tree of objects, then a matrix. `P#` is the id that Linux gives,
 * `L#` hwloc's own, which heads the matrix. Since hwloc 2 a node stands below what it is local to, beside its CPUs; in
 * hwloc 1 the CPUs stand below the node.
 */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Distances, HostFacts, HostNodeFacts } from '../facts.ts';
import { NO_HOST } from '../facts.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import type { CpuPlace } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing } from '../output-lines.ts';
import { withOwnCpus } from '../shared-cpus.ts';
import { hostSummary } from '../summary.ts';
import { checkHostDistances } from '../topology.ts';

const KIND = 'lstopo-text';
const OBJECT = /^(\s*)([A-Z]\w{0,30})(?:\(([^)]{1,40})\))?(?: L#(\d{1,9}))?(?: P#(\d{1,9}))?(?: \((.*)\))?$/;
const MATRIX = /^Relative latency matrix .*\bby (logical|physical|os) indexes/i;
const UNIT_KIB: Readonly<Record<string, number>> = { KB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 };

interface LstopoNodeFacts extends HostNodeFacts {
  /** hwloc's own number, by which the matrix names it. */
  readonly logical: number | null;
  readonly subtype: string | null;
}

interface LstopoFacts extends HostFacts {
  readonly nodes: readonly LstopoNodeFacts[];
}

interface TopologyObject {
  readonly type: string;
  readonly depth: number;
  readonly children: TopologyObject[];
  readonly logical: number | null;
  readonly id: number | null;
  readonly subtype: string | null;
  readonly attributes: string;
  readonly line: number;
}

/** What lstopo joins on one line with ` + ` stands one below the other. */
function objectsOf(lines: readonly OutputLine[]): {
  readonly roots: readonly TopologyObject[];
  readonly all: readonly TopologyObject[];
} {
  const roots: TopologyObject[] = [];
  const all: TopologyObject[] = [];
  const open: TopologyObject[] = [];
  for (const { text: untrimmed, line } of lines) {
    if (MATRIX.test(untrimmed.trim()) || /^depth \d+:/.test(untrimmed.trim())) break;
    let depth = untrimmed.length - untrimmed.trimStart().length;
    for (const part of untrimmed.trim().split(' + ')) {
      const match = OBJECT.exec(part);
      if (match === null) continue;
      const [, , type, subtype, logical, own, attributes = ''] = match;
      const id = own ?? /(?:^|[\s(])P#(\d{1,9})/.exec(attributes)?.[1];
      const object: TopologyObject = {
        type: type!,
        depth,
        children: [],
        logical: logical === undefined ? null : Number(logical),
        id: id === undefined ? null : Number(id),
        subtype: subtype ?? null,
        attributes,
        line,
      };
      while (open.length > 0 && open.at(-1)!.depth >= depth) open.pop();
      (open.at(-1)?.children ?? roots).push(object);
      if (open.length < 64) open.push(object);
      all.push(object);
      depth += 1;
    }
  }
  return { roots, all };
}

const below = (object: TopologyObject, type: string): readonly TopologyObject[] =>
  object.children.flatMap((child) => [...(child.type === type ? [child] : []), ...below(child, type)]);

/** Ids of the CPUs below an object; without `P#` they are not told. */
const cpusBelow = (object: TopologyObject | null): readonly number[] =>
  object === null
    ? []
    : [...new Set(below(object, 'PU').flatMap(({ id }) => (id === null || id > MAX_ID ? [] : [id])))].sort(
        (a, b) => a - b,
      );

function memoryOf({ attributes }: TopologyObject): number | null {
  const match =
    /\blocal=(\d{1,15})(KB|MB|GB|TB)?/.exec(attributes) ?? /(?:^|\s)(\d{1,12})(KB|MB|GB|TB)(?:\s|$)/.exec(attributes);
  if (match === null) return null;
  const kib = Number(match[1]) * UNIT_KIB[match[2] ?? 'KB']!;
  return kib <= Number.MAX_SAFE_INTEGER ? kib : null;
}

function placesOf(roots: readonly TopologyObject[]): readonly CpuPlace[] {
  const places = new Map<number, CpuPlace>();
  const walk = (object: TopologyObject, around: Pick<CpuPlace, 'socket' | 'die' | 'core' | 'siblings'>): void => {
    const here = {
      socket: object.type === 'Package' || object.type === 'Socket' ? object.id : around.socket,
      die: object.type === 'Die' ? object.id : around.die,
      core: object.type === 'Core' ? object.id : around.core,
      siblings: object.type === 'Core' ? cpusBelow(object) : around.siblings,
    };
    if (object.type === 'PU' && object.id !== null && object.id <= MAX_ID)
      places.set(object.id, { id: object.id, cluster: null, ...here });
    for (const child of object.children) walk(child, here);
  };
  for (const root of roots) walk(root, { socket: null, die: null, core: null, siblings: null });
  return [...places.values()].sort((a, b) => a.id - b.id);
}

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): LstopoFacts | null {
  const { roots, all } = objectsOf(lines);
  const parents = new Map(all.flatMap((object) => object.children.map((child) => [child, object] as const)));
  const found = all.filter(({ type }) => type === 'NUMANode');
  if (found.length === 0) return reportNothing('lstopo', 'NUMANode L#0 (P#0 …)', list);
  const nodes = new Map<number, TopologyObject>();
  for (const node of found) {
    const where = { line: node.line };
    // One node alone is printed without its id by some versions.
    const id = node.id ?? (found.length === 1 ? 0 : null);
    if (id === null) {
      const hint = 'Run lstopo -v, which prints P# of every object.';
      list.error('node-id', 'A node has no id.', where, { expected: 'P#…', hint });
    } else if (nodes.has(id))
      list.error('node-duplicate', `Node ${id} is given twice.`, where, { expected: 'it once' });
    else if (admitNode(id, nodes.size, where, list)) nodes.set(id, node);
  }
  const sorted = [...nodes].sort(([a], [b]) => a - b);
  const own = withOwnCpus(
    sorted.map(([id, node]) => {
      const inside = cpusBelow(node);
      const parent = parents.get(node) ?? null;
      const localCpus =
        inside.length > 0 ? inside : cpusBelow(parent?.type === 'MemCache' ? (parents.get(parent) ?? null) : parent);
      return { id, localCpus, subtype: node.subtype, latencyNs: null, where: { line: node.line } };
    }),
    list,
  );
  const facts = sorted.map(([id, node]): LstopoNodeFacts => ({
    id,
    memoryKiB: memoryOf(node),
    cpus: own.get(id) ?? [],
    freeKiB: null,
    pages: [],
    logical: node.logical,
    subtype: node.subtype,
  }));
  const machine = roots.find(({ type }) => type === 'Machine')?.attributes ?? '';
  tellRest(lines, list);
  return {
    kind: KIND,
    name: /\bHostName=(\S{1,255})/.exec(machine)?.[1] ?? null,
    ...NO_HOST,
    nodes: facts,
    distances: distancesOf(lines, sorted, list),
    arch: /\bArchitecture=(\w{1,40})/.exec(machine)?.[1] ?? null,
    cpuPlaces: placesOf(roots),
  };
}

function tellRest(lines: readonly OutputLine[], list: DiagnosticList): void {
  for (const { text, line } of lines) {
    if (!/^\s*\d+ processors not represented in topology/.test(text)) continue;
    list.note(
      'cpus-not-shown',
      'CPUs that lstopo does not show are not read.',
      { line },
      { found: quote(text.trim()) },
    );
  }
}

function distancesOf(
  lines: readonly OutputLine[],
  nodes: readonly (readonly [number, TopologyObject])[],
  list: DiagnosticList,
): Distances | null {
  const at = lines.findIndex(({ text }) => MATRIX.test(text.trim()) && /NUMANode/.test(text));
  const title = lines[at];
  if (title === undefined) return null;
  const isLogical = MATRIX.exec(title.text.trim())![1]!.toLowerCase() === 'logical';
  const idOf = (index: number): number | null =>
    isLogical ? (nodes.find(([, node]) => node.logical === index)?.[0] ?? null) : index;
  const head = /^\s*index\s+([\d\s]+)$/.exec(lines[at + 1]?.text ?? '');
  const columns = (head?.[1] ?? '')
    .trim()
    .split(/\s+/)
    .map((text) => idOf(Number(text)));
  const rows = new Map<number | null, readonly number[]>();
  for (const { text } of lines.slice(at + 2)) {
    const values = text.trim().split(/\s+/);
    if (!values.every((value) => /^\d{1,9}(?:\.\d{1,6})?$/.test(value))) break;
    // Ratios of hwloc 1: 2.100 is 21.
    const numbers = values
      .slice(1)
      .map((value) => (value.includes('.') ? Math.round(Number(value) * 10) : Number(value)));
    rows.set(idOf(Number(values[0])), numbers);
  }
  const ids = nodes.map(([id]) => id);
  const where = { line: title.line };
  if (ids.some((id) => !columns.includes(id) || rows.get(id)?.length !== columns.length)) {
    const detail = { found: quote(lines[at + 1]?.text.trim() ?? ''), expected: 'a row and a column for each node' };
    list.error('distances-incomplete', 'The distance matrix is cut.', where, detail);
    return null;
  }
  const matrix = ids.map((from) => ids.map((to) => rows.get(from)![columns.indexOf(to)]!));
  checkHostDistances({ ids, matrix }, () => where, list);
  return { ids, matrix };
}

export const lstopoText: Format<'host', LstopoFacts> = {
  id: KIND,
  role: 'host',
  name: 'the text of lstopo (a host)',
  mark: '"NUMANode L#0 (P#0 …)"',
  ...byLine({
    mark: /^\s*(?:Machine (?:P#\d+ )?\(|(?:Package|Socket|NUMANode|Group\d|L3Cache|L3)(?:\([^)]*\))? (?:L#\d+|P#\d+))/,
    confidence: 0.9,
    begins: /^Machine (?:P#\d+ )?\(/,
    holds:
      /^\s*(?:[A-Z]\w{0,30}(?:\([^)]*\))?(?: [LP]#\d+| "| \()|depth \d+:|Special depth|Relative latency|index\s|\d+(?:\s+[\d.]+)+\s*$|\d+ processors not|Topology not|Memory attribute|CPU kind)/,
  }),
  read: (text: string, file: string): Read<LstopoFacts> => readOutput(text, file, hostOf, { indented: true }),
  summary: hostSummary,
};
