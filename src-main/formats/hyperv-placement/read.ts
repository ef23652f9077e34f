/**
 * Hyper-V's `Get-VMHostNumaNodeStatus | ConvertTo-Json` → how much memory of each VM lies on each node. MB are MiB. It fails where NUMA
 * spanning is on, so that its absence says nothing. Made from its documented properties; no capture was at hand.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { KibOnNode, PlacementFacts, ProcessPlacement } from '../measured.ts';
import type { AnswerFields } from '../qmp.ts';
import { isObject, readAnswer } from '../qmp.ts';

const KIND = 'hyperv-placement';
const RESOLUTION_KIB = 1024;

const isStatus = (value: unknown): boolean =>
  isObject(value) && 'NodeId' in value && 'MemoryUsed' in value && 'VMName' in value;
const holds = (value: unknown): boolean => isStatus(value) || (Array.isArray(value) && isStatus(value[0]));

function placementOf(answer: unknown, fields: AnswerFields): PlacementFacts {
  const byVm = new Map<string, KibOnNode[]>();
  for (const row of (Array.isArray(answer) ? answer : [answer]).filter(isObject).slice(0, 100_000)) {
    const vm = fields.text(row, 'VMName');
    const node = fields.number(row, 'NodeId');
    const mib = fields.number(row, 'MemoryUsed');
    if (vm === null || node === null || mib === null || row['IsDeleted'] === true) continue;
    byVm.set(vm, [...(byVm.get(vm) ?? []), { node, kib: mib * 1024 }]);
  }
  const processes = [...byVm].map(([vm, byNode]): ProcessPlacement => {
    const sorted = byNode.sort((a, b) => a.node - b.node);
    return {
      pid: null,
      command: null,
      vm,
      byNode: sorted,
      totalKiB: sorted.reduce((sum, { kib }) => sum + kib, 0),
      ramByNode: sorted,
      ramBlocks: [],
      pages: [],
      ranges: null,
      byKind: {},
    };
  });
  return {
    kind: KIND,
    nodes: [...new Set([...byVm.values()].flat().map(({ node }) => node))].sort((a, b) => a - b),
    processes,
    resolutionKiB: RESOLUTION_KIB,
    totalByNode: null,
    totalKiB: null,
    hugeUnderstated: false,
  };
}

export const hypervPlacement: Format<'placement'> = {
  id: KIND,
  role: 'placement',
  name: "Hyper-V's Get-VMHostNumaNodeStatus (memory of VMs by node)",
  mark: '"NodeId", "VMName" and "MemoryUsed"',
  ...byJson(holds),
  read: (text: string, file: string): Read<PlacementFacts> => readAnswer(text, file, placementOf),
  summary: ({ processes }) => plural(processes.length, 'VM'),
};
