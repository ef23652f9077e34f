/**
 * OpenStack Nova's `numa_topology` of a compute node → host facts, as it is kept in the database: versioned objects in JSON, or
 * pasted from the mysql client. Memory is MiB, cut; pages are counted by size. Nova keeps no distances, and what it counts as
 * used is only of instances with a NUMA topology.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { HostFacts, HostNodeFacts } from '../facts.ts';
import { NO_HOST, hugepagesOf } from '../facts.ts';
import type { Format } from '../format.ts';
import { byJsonOrBlock } from '../format.ts';
import { admitText } from '../input.ts';
import type { CpuPlace } from '../measured.ts';
import { admitNode } from '../output-lines.ts';
import type { JsonObject } from '../qmp.ts';
import { AnswerFields, isObject } from '../qmp.ts';
import { parseRelaxedJson } from '../relaxed-json.ts';
import { hostSummary } from '../summary.ts';
import { checkCpuOwners } from '../topology.ts';

const KIND = 'nova-topology';

interface NovaFacts extends HostFacts {
  /** By node: CPUs that instances are pinned to, and what instances with a topology use. */
  readonly usage: readonly {
    readonly node: number;
    readonly pinnedCpus: readonly number[];
    readonly usedKiB: number | null;
  }[];
}

/** `nova_object.data` of a versioned object; the object itself where it is not versioned. */
const dataOf = (value: unknown): JsonObject => {
  if (!isObject(value)) return {};
  const data = value['nova_object.data'];
  return isObject(data) ? data : value;
};
const cellsOf = (value: unknown): readonly JsonObject[] => {
  const { cells } = dataOf(value);
  return Array.isArray(cells) ? cells.map(dataOf) : [];
};
const isTopology = (value: unknown): boolean =>
  isObject(value) &&
  (value['nova_object.name'] === 'NUMATopology' ||
    (Array.isArray(value['cells']) && cellsOf(value).some((cell) => Array.isArray(cell['mempages']))));

function hostOf(value: unknown, list: DiagnosticList): NovaFacts | null {
  const fields = new AnswerFields(list);
  const owners = new Map<number, number>();
  const nodes = new Map<number, HostNodeFacts>();
  const places: CpuPlace[] = [];
  const usage: { node: number; pinnedCpus: readonly number[]; usedKiB: number | null }[] = [];
  const where = { line: 1, path: '/cells' };
  for (const cell of cellsOf(value)) {
    const id = fields.number(cell, 'id');
    if (id === null || !Number.isInteger(id)) {
      list.error('node-id', 'A cell has no id.', where, { expected: '"id": 0' });
      continue;
    }
    if (nodes.has(id)) {
      list.error('node-duplicate', `Node ${id} is given twice.`, where, { expected: 'it once' });
      continue;
    }
    if (!admitNode(id, nodes.size, where, list)) break;
    // Since 1.4 CPUs that are shared and CPUs that are dedicated stand apart.
    const cpus = [...new Set([...fields.ids(cell, 'cpuset'), ...fields.ids(cell, 'pcpuset')])].sort((a, b) => a - b);
    checkCpuOwners(id, cpus, owners, where, list);
    const pages = Array.isArray(cell['mempages']) ? cell['mempages'].map(dataOf) : [];
    const mib = fields.number(cell, 'memory');
    const used = fields.number(cell, 'memory_usage');
    const pinned = fields.ids(cell, 'pinned_cpus');
    const strange = pinned.filter((cpu) => !cpus.includes(cpu));
    if (strange.length > 0) {
      const detail = { found: `CPUs ${idList(strange)}` };
      list.warning('cpu-pinned', `Node ${id} has CPUs pinned that it has not.`, where, detail);
    }
    usage.push({ node: id, pinnedCpus: pinned, usedKiB: used === null ? null : used * 1024 });
    nodes.set(id, {
      id,
      memoryKiB: mib === null ? null : mib * 1024,
      cpus,
      freeKiB: null,
      pages: pages.flatMap((page) => {
        const sizeKiB = fields.number(page, 'size_kb');
        const count = fields.number(page, 'total');
        return sizeKiB === null || count === null || sizeKiB === 0 ? [] : [{ sizeKiB, count }];
      }),
    });
    places.push(...placesOf(cell, cpus));
  }
  if (nodes.size === 0) {
    if (!list.hasErrors)
      list.error('topology-missing', 'The topology has no cells.', where, { expected: '"cells": [{"id": 0, …}]' });
    return null;
  }
  const sorted = [...nodes.values()].sort((a, b) => a.id - b.id);
  return {
    kind: KIND,
    ...NO_HOST,
    nodes: sorted,
    hugepages: hugepagesOf(sorted),
    cpuPlaces: places.sort((a, b) => a.id - b.id),
    usage,
  };
}

/** Lists of threads of one core; empty where a core has one. */
function placesOf(cell: JsonObject, cpus: readonly number[]): readonly CpuPlace[] {
  const { siblings } = cell;
  if (!Array.isArray(siblings)) return [];
  return siblings.flatMap((core: unknown): readonly CpuPlace[] => {
    if (!Array.isArray(core) || core.length > 64 || !core.every((cpu) => cpus.includes(cpu as number))) return [];
    const threads = [...new Set(core as number[])].sort((a, b) => a - b);
    return threads.map((id) => ({ id, socket: null, die: null, cluster: null, core: null, siblings: threads }));
  });
}

function readNova(text: string, file: string): Read<NovaFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<NovaFacts>(null);
  const value = parseRelaxedJson(admitted);
  if (value === undefined) {
    list.error('json-invalid', 'The text is not JSON, even without what a client prints around it.', { line: 1 });
    return list.read<NovaFacts>(null);
  }
  return list.read(hostOf(value, list));
}

export const novaTopology: Format<'host', NovaFacts> = {
  id: KIND,
  role: 'host',
  name: "Nova's numa_topology of a compute node (a host)",
  mark: '"nova_object.name": "NUMATopology"',
  ...byJsonOrBlock(isTopology, (text) => /"nova_object\.name"\s*:\s*"NUMATopology"/.test(text)),
  read: readNova,
  summary: hostSummary,
};
