/**
 * Kubernetes NodeResourceTopology (YAML or JSON) → one host for each worker node. Zones are its NUMA nodes, in any order, named
 * `node-0` or `numa-node-0`. CPUs are counted and not named; memory and costs (distances) may be absent.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Distances, HostFacts, HostNodeFacts, PagePool } from '../facts.ts';
import { NO_HOST, hugepagesOf } from '../facts.ts';
import type { Format } from '../format.ts';
import { byJsonOrBlock } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitNode } from '../output-lines.ts';
import type { JsonObject } from '../qmp.ts';
import { isObject } from '../qmp.ts';
import { hostSummary } from '../summary.ts';
import { checkHostDistances } from '../topology.ts';
import type { YamlDocument } from '../yaml-text.ts';
import { memberOf, parseYaml, quantityOf } from '../yaml-text.ts';

const KIND = 'node-resource-topology';

interface ZoneResources {
  readonly node: number;
  /** Of CPUs, what pods may have, and what is left. */
  readonly cpusAllocatable: number | null;
  readonly cpusAvailable: number | null;
  readonly memoryAvailableKiB: number | null;
}

interface NrtFacts extends HostFacts {
  readonly name: string | null;
  readonly zones: readonly ZoneResources[];
}

interface Zone {
  readonly id: number;
  readonly value: JsonObject;
}

const KIND_NAME = 'NodeResourceTopology';
const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const idOf = (name: unknown): number | null => {
  const match = typeof name === 'string' ? /(?:^|[-_])(\d{1,5})$/.exec(name) : null;
  return match === null ? null : Number(match[1]);
};

function hostOf({ value, line }: YamlDocument, list: DiagnosticList): NrtFacts | null {
  const where = { line };
  const zones = new Map<number, Zone>();
  for (const zone of objects(value['zones'])) {
    if (zone['type'] !== undefined && zone['type'] !== 'Node') continue;
    const id = idOf(zone['name']);
    if (id === null) {
      const detail = { found: quote(String(zone['name'])), expected: 'node-0' };
      list.error('node-id', 'The name of a zone has no number.', where, detail);
    } else if (zones.has(id))
      list.error('node-duplicate', `Zone ${id} is given twice.`, where, { expected: 'it once' });
    else if (admitNode(id, zones.size, where, list)) zones.set(id, { id, value: zone });
  }
  const sorted = [...zones.values()].sort((a, b) => a.id - b.id);
  if (sorted.length === 0) {
    if (!list.hasErrors)
      list.error('topology-missing', 'The topology has no zones.', where, { expected: 'zones of type Node' });
    return null;
  }
  const nodes = sorted.map(({ id, value: zone }): HostNodeFacts => ({
    id,
    memoryKiB: kibOf(resource(zone, 'memory'), 'capacity'),
    cpus: [],
    freeKiB: null,
    pages: poolsOf(zone),
    cpuCount: cpuCountOf(resource(zone, 'cpu'), where.line, list),
  }));
  const { name } = memberOf(value, 'metadata');
  return {
    kind: KIND,
    name: typeof name === 'string' ? name.slice(0, 253) : null,
    ...NO_HOST,
    nodes,
    distances: distancesOf(sorted, where.line, list),
    hugepages: hugepagesOf(nodes),
    zones: sorted.map(({ id, value: zone }) => ({
      node: id,
      cpusAllocatable: quantityOf(resource(zone, 'cpu')['allocatable']),
      cpusAvailable: quantityOf(resource(zone, 'cpu')['available']),
      memoryAvailableKiB: kibOf(resource(zone, 'memory'), 'available'),
    })),
  };
}

function cpuCountOf({ capacity }: JsonObject, line: number, list: DiagnosticList): number | null {
  const count = quantityOf(capacity);
  if (count === null || (Number.isInteger(count) && count <= MAX_ID)) return count;
  const detail = { found: quote(String(capacity)), expected: `a whole number up to ${MAX_ID}` };
  list.error('number-invalid', 'A number of CPUs cannot be.', { line }, detail);
  return null;
}

const resource = (zone: JsonObject, name: string): JsonObject =>
  objects(zone['resources']).find((each) => each['name'] === name) ?? {};

function kibOf(of: JsonObject, figure: string): number | null {
  const bytes = quantityOf(of[figure]);
  return bytes === null ? null : Math.floor(bytes / 1024);
}

/** `hugepages-2Mi`, in bytes. */
function poolsOf(zone: JsonObject): readonly PagePool[] {
  return objects(zone['resources']).flatMap((each) => {
    const size = quantityOf(/^hugepages-(\w{2,10})$/.exec(String(each['name']))?.[1]);
    const bytes = quantityOf(each['capacity']);
    return size === null || bytes === null || size < 1024
      ? []
      : [{ sizeKiB: size / 1024, count: Math.floor(bytes / size) }];
  });
}

function distancesOf(zones: readonly Zone[], line: number, list: DiagnosticList): Distances | null {
  const costs = zones.map(
    ({ value }) =>
      new Map(objects(value['costs']).map((cost) => [idOf(cost['name']), quantityOf(cost['value'])] as const)),
  );
  if (costs.every((each) => each.size === 0)) return null;
  const ids = zones.map(({ id }) => id);
  const missing = ids.filter((_, i) => ids.some((to) => typeof costs[i]!.get(to) !== 'number'));
  if (missing.length > 0) {
    const expected = 'a cost to each zone';
    list.warning(
      'distances-incomplete',
      `The costs of zone ${missing[0]} are not whole: none is read.`,
      { line },
      { expected },
    );
    return null;
  }
  const matrix = costs.map((row) => ids.map((to) => row.get(to)!));
  checkHostDistances({ ids, matrix }, () => ({ line }), list);
  return { ids, matrix };
}

/** Documents of the kind, and the items of lists. */
const documentsOf = (documents: readonly YamlDocument[]): readonly YamlDocument[] =>
  documents
    .flatMap((document) =>
      Array.isArray(document.value['items'])
        ? objects(document.value['items']).map((value) => ({ value, line: document.line }))
        : [document],
    )
    .filter(({ value }) => value['kind'] === KIND_NAME);

function readAll(text: string, file: string): Read<readonly NrtFacts[]> {
  const list = new DiagnosticList(file);
  const documents = documentsOf(parseYaml(text, list) ?? []);
  if (documents.length === 0 && !list.hasErrors) {
    const expected = `kind: ${KIND_NAME}`;
    list.error('output-empty', 'The text has no topology of a node.', { line: 1 }, { expected });
  }
  return list.read(documents.flatMap((document) => hostOf(document, list) ?? []));
}

const isTopology = (value: unknown): boolean =>
  isObject(value) &&
  (value['kind'] === KIND_NAME || objects(value['items']).some((item) => item['kind'] === KIND_NAME));

export const nodeResourceTopology: Format<'host', NrtFacts> = {
  id: KIND,
  role: 'host',
  name: 'a Kubernetes NodeResourceTopology (a host)',
  mark: '"kind: NodeResourceTopology"',
  ...byJsonOrBlock(isTopology, (text) => /^\s*(?:-\s+)?["']?kind["']?:\s*["']?NodeResourceTopology\b/m.test(text)),
  read: (text: string, file: string): Read<NrtFacts> => {
    const { value, diagnostics } = readAll(text, file);
    return { value: value?.[0] ?? null, diagnostics };
  },
  readAll,
  summary: (facts) => `${facts.name === null ? '' : `${facts.name}: `}${hostSummary(facts)}`,
};
