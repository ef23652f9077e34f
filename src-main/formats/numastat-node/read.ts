/**
 * numastat of a host: `-m` is the memory of each node by the kernel's names in MiB (called MB), `-n` the counters of the page
 * allocator in MiB, plain numastat the same in pages. The file numastat of a node in /sys has the counters of that node alone.
 *
 * HugePages_* of -m count the default page size alone.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { PAGE_SIZE_KIB } from '../../../shared/units/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { reclaimableOf } from '../host-state.ts';
import type { HostStateFacts, NodeState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { NumastatTable } from '../numastat-table.ts';
import { checkSums, kibOf, TABLE_LINE, tableOf } from '../numastat-table.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, recordOf, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { nodesSummary } from '../summary.ts';

const KIND = 'numastat-node';
const COUNTERS = ['numa_hit', 'numa_miss', 'numa_foreign', 'interleave_hit', 'local_node', 'other_node'] as const;
const PLAIN_HEAD = /^(?:node\d{1,9}\s*)+$/;
const PLAIN_ROW = /^([a-z]+_[a-z]+)((?:\s+\d{1,16})+)$/;

function hostOf(lines: readonly OutputLine[], list: DiagnosticList, origin: Origin | undefined): HostStateFacts | null {
  const title = lines.find(({ text }) => /^Per-node /.test(text))?.text;
  if (title !== undefined) return hostOfTable(tableOf(lines, list), /numastat/.test(title), list);
  const nodes = plainNodes(lines, list, origin);
  if (nodes.length === 0) return reportNothing('numastat', 'Node 0 Node 1 Total and MemTotal or Numa_Hit below', list);
  return { kind: KIND, ...NO_HOST_STATE, nodes };
}

function hostOfTable(table: NumastatTable, areCounters: boolean, list: DiagnosticList): HostStateFacts | null {
  const nodes = nodesOf(table, areCounters, list);
  if (nodes.length === 0 || table.rows.length === 0) {
    return reportNothing('numastat', 'Node 0 Node 1 Total and MemTotal or Numa_Hit below', list);
  }
  if (areCounters) return { kind: KIND, ...NO_HOST_STATE, nodes };
  const total = recordOf(
    table.rows.flatMap(({ name, total: mib }) => (mib === null ? [] : [[name, kibOf(mib)] as const])),
  );
  const memory = { memoryKiB: total['MemTotal'] ?? null, freeKiB: total['MemFree'] ?? null, memoryByNameKiB: total };
  return { kind: KIND, ...NO_HOST_STATE, nodes, ...memory };
}

function nodesOf(table: NumastatTable, areCounters: boolean, list: DiagnosticList): readonly NodeState[] {
  checkSums(table, list);
  return table.nodes.map((id) => {
    const entries = table.rows.flatMap(({ name, figures }) => {
      const mib = figures.get(id);
      return mib === undefined ? [] : [[areCounters ? name.toLowerCase() : name, kibOf(mib)] as const];
    });
    if (areCounters) {
      const pages = entries.map(([name, kib]) => [name, Math.round(kib / PAGE_SIZE_KIB)] as const);
      return { ...NO_NODE_STATE, id, counterPages: recordOf(pages) };
    }
    const memory = recordOf(entries);
    return {
      ...NO_NODE_STATE,
      id,
      memoryKiB: memory['MemTotal'] ?? null,
      freeKiB: memory['MemFree'] ?? null,
      reclaimableKiB: reclaimableOf(memory),
      memoryByNameKiB: memory,
    };
  });
}

/** Columns of plain numastat, or one node's file, which only its path tells apart. */
function plainNodes(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  origin: Origin | undefined,
): readonly NodeState[] {
  const heads = lines.filter(({ text }) => PLAIN_HEAD.test(text));
  const own = /(?:^|\/)node(\d{1,9})\/numastat\b/.exec(origin?.path ?? '')?.[1];
  if (heads.length === 0 && own === undefined) {
    const hint = 'Give the file under its path, node0/numastat, or the output of numastat.';
    list.error(
      'node-unknown',
      'The text does not say which node it is about.',
      { line: lines[0]?.line ?? 1 },
      { hint },
    );
    return [];
  }
  const nodes = new Map<number, Map<string, number>>();
  let columns = own === undefined ? [] : [Number(own)];
  let names: string[] = [];
  for (const { text, line } of lines) {
    if (PLAIN_HEAD.test(text)) {
      columns = [...text.matchAll(/\d+/g)].map(Number);
      names = [];
      continue;
    }
    const row = PLAIN_ROW.exec(text);
    if (row === null) continue;
    const figures = row[2]!.trim().split(/\s+/);
    const where = { line, path: `/${row[1]}` };
    if (figures.length !== columns.length || names.includes(row[1]!)) {
      const detail = { found: `${figures.length} figures`, expected: `${columns.length}, as the head has columns` };
      list.error('row-cut', `The row ${row[1]} is cut or given twice.`, where, detail);
      continue;
    }
    names.push(row[1]!);
    columns.forEach((node, i) => {
      if (!nodes.has(node) && !admitNode(node, nodes.size, where, list)) return;
      const counters = nodes.get(node) ?? new Map<string, number>();
      nodes.set(node, counters.set(row[1]!, Number(figures[i])));
    });
  }
  return [...nodes]
    .sort(([a], [b]) => a - b)
    .map(([id, counters]) => ({ ...NO_NODE_STATE, id, counterPages: recordOf(counters) }));
}

const readNumastatNode = (text: string, file: string, origin?: Origin): Read<HostStateFacts> =>
  readOutput(text, file, (lines, list) => hostOf(lines, list, origin));

export const numastatNode: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of numastat (memory or counters of nodes)',
  mark: '"Per-node system memory usage (in MBs)", or "node0 node1" and "numa_hit" below',
  ...byLine({
    // A row with one figure may be of a node's vmstat, so that only its path makes it numastat's.
    mark: new RegExp(
      `^\\s*(?:Per-node (?:system memory usage|numastat info) \\(in MBs\\):?|(?:${COUNTERS.join('|')})(?:\\s+\\d{1,16}){2,}|(?:node\\d{1,9}\\s+)+node\\d{1,9}|\\s{20,}node\\d{1,9})\\s*$`,
    ),
    begins: /^\s*(?:Per-node |(?:node\d{1,9}\s*)+$)/,
    confidence: 0.85,
    holds: TABLE_LINE,
  }),
  isFrom: ({ path }) => path !== null && /(?:^|\/)node\d{1,9}\/numastat$/.test(path),
  read: readNumastatNode,
  summary: ({ nodes }) => nodesSummary(nodes.map(({ id }) => ({ nid: id }))),
};
