/** /sys/devices/system/node and /sys/devices/system/cpu. A node has a folder once it is online. */
import { ERA_FIELDS, NODE_NUMASTAT } from '../mm/era-fields.ts';
import { memoryBlockLinks, nrMemoryBlocks } from '../mm/memory-block.ts';
import type { Mm } from '../mm/mm.ts';
import { memoryNodes, onlineNodes } from './kernel-counters.ts';
import { nodeMeminfo } from './meminfo.ts';
import { dir, type DirNode, type FsNode, link, numbered, sysFile, union } from './node.ts';
import { listText, maskText } from './text.ts';
import { nodeStat, statLines } from './vm-stat.ts';

const LOCAL_DISTANCE = 10;

/** CPUs of a node, ascending. */
const cpusOf = (mm: Mm, nid: number): number[] =>
  mm.topology.cpuNode.flatMap((node, cpu) => (node === nid ? [cpu] : []));

export function sysNode(mm: Mm): DirNode {
  const { nodeFolderFiles } = ERA_FIELDS[mm.config.profile.era];
  const possible = Array.from({ length: mm.nrNodeIds }, (_, nid) => nid);
  const lists: Readonly<Record<string, () => readonly number[]>> = {
    has_cpu: () => possible.filter((nid) => mm.topology.cpuNode.includes(nid)),
    has_generic_initiator: () => [],
    has_memory: () => memoryNodes(mm),
    has_normal_memory: () => memoryNodes(mm),
    online: () => onlineNodes(mm),
    possible: () => possible,
  };
  const files = nodeFolderFiles.map((name) => [name, sysFile(() => `${listText(lists[name]?.() ?? [])}\n`)] as const);
  const nodes = numbered(
    'node',
    () => onlineNodes(mm),
    (nid) => mm.online[nid] === 1,
    (nid) => nodeFolder(mm, nid),
  );
  return union([dir(Object.fromEntries(files)), nodes], 0o755);
}

function nodeFolder(mm: Mm, nid: number): DirNode {
  const { nodeVmstat } = ERA_FIELDS[mm.config.profile.era];
  const files: Record<string, FsNode> = {
    cpulist: sysFile(() => `${listText(cpusOf(mm, nid))}\n`),
    cpumap: sysFile(() => `${maskText(cpusOf(mm, nid), mm.nrCpus)}\n`),
    distance: sysFile(() => distances(mm, nid)),
    hugepages: hugepages(mm),
    meminfo: sysFile(() => nodeMeminfo(mm, nid)),
    numastat: sysFile(() => numastat(mm, nid)),
    vmstat: sysFile(() => statLines(nodeVmstat, (name) => nodeStat(mm, nid, name))),
  };
  const cpus = numbered(
    'cpu',
    () => cpusOf(mm, nid),
    (cpu) => mm.topology.cpuNode[cpu] === nid,
    (cpu) => link(`../../cpu/cpu${cpu}`),
  );
  const blocks = numbered(
    'memory',
    () => blocksOf(mm, nid),
    (block) => block < nrMemoryBlocks(mm) && memoryBlockLinks(mm, block).includes(nid),
    (block) => link(`../../memory/memory${block}`),
  );
  return union([dir(files), cpus, blocks], 0o755);
}

/** Memory blocks linked under a node, ascending. */
function* blocksOf(mm: Mm, nid: number): Iterable<number> {
  for (let block = 0; block < nrMemoryBlocks(mm); block++) {
    if (memoryBlockLinks(mm, block).includes(nid)) yield block;
  }
}

/** To each online node. */
function distances(mm: Mm, nid: number): string {
  const row = mm.topology.distances[nid] ?? [];
  return `${onlineNodes(mm)
    .map((to) => row[to] ?? LOCAL_DISTANCE)
    .join(' ')}\n`;
}

/** Names differ from those of zoneinfo for the same counters. */
const EVENT_OF: Readonly<Record<(typeof NODE_NUMASTAT)[number], string>> = {
  numa_hit: 'numa_hit',
  numa_miss: 'numa_miss',
  numa_foreign: 'numa_foreign',
  interleave_hit: 'numa_interleave',
  local_node: 'numa_local',
  other_node: 'numa_other',
};

const numastat = (mm: Mm, nid: number): string =>
  statLines(NODE_NUMASTAT, (name) => nodeStat(mm, nid, EVENT_OF[name as (typeof NODE_NUMASTAT)[number]]));

/** Pools of huge pages that an administrator can reserve; always empty here. */
function hugepages(mm: Mm): DirNode {
  const zero = sysFile(() => '0\n');
  const pool: Record<string, FsNode> = { free_hugepages: zero, nr_hugepages: zero, surplus_hugepages: zero };
  if (mm.config.profile.era === '3.10') return dir({ 'hugepages-2048kB': dir(pool, 0o755) }, 0o755);
  const gigantic = { demote_size: sysFile(() => '2048kB\n'), ...pool };
  return dir({ 'hugepages-1048576kB': dir(gigantic, 0o755), 'hugepages-2048kB': dir(pool, 0o755) }, 0o755);
}

export function sysCpu(mm: Mm): DirNode {
  const all = Array.from({ length: mm.nrCpus }, (_, cpu) => cpu);
  const list = sysFile(() => `${listText(all)}\n`);
  const cpus = numbered(
    'cpu',
    () => all,
    (cpu) => cpu < mm.nrCpus,
    (cpu) => cpuFolder(mm, cpu),
  );
  return union([dir({ online: list, possible: list, present: list }), cpus], 0o755);
}

function cpuFolder(mm: Mm, cpu: number): DirNode {
  return numbered(
    'node',
    () => [mm.topology.cpuNode[cpu]!],
    (nid) => mm.topology.cpuNode[cpu] === nid,
    (nid) => link(`../../node/node${nid}`),
  );
}
