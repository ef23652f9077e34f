/**
 * RVTools' sheets → hosts (vHost), VMs (vInfo), and what else is known of VMs (vCPU, vMemory).
 *
 * (a) No sheet knows NUMA nodes: a host is taken to have one for each socket, its cores and memory split equally, and that
 *     is said.
 * (b) Templates and placeholders are no VMs.
 * (c) `Memory` and `Size MiB` are MiB.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { HostFacts, HostNodeFacts, VmFacts } from '../facts.ts';
import { NO_HOST, NO_VM } from '../facts.ts';
import type { Format } from '../format.ts';
import { byBlock } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import type { VmState, VmStateFacts } from '../measured.ts';
import { NO_VM_STATE } from '../measured.ts';
import { recordOf } from '../output-lines.ts';
import { hostSummary, vmSummary } from '../summary.ts';
import { MAX_NODES } from '../topology.ts';
import type { Row } from './table.ts';
import { hasColumns, isTrue, readSheet } from './table.ts';

interface RvtoolsHost extends HostFacts {
  readonly name: string;
  readonly sockets: number;
  readonly cores: number | null;
  readonly threads: number | null;
  readonly memoryKiB: number | null;
  readonly memoryUsagePercent: number | null;
}

interface RvtoolsVm extends VmFacts {
  readonly hostName: string | null;
  readonly powerState: string | null;
}

interface RvtoolsVmState extends VmStateFacts {
  readonly vms: readonly (VmState & {
    readonly hostName: string | null;
    readonly sockets: number | null;
    readonly coresPerSocket: number | null;
    readonly memoryHotAdd: boolean | null;
    readonly consumedKiB: number | null;
    readonly template: boolean;
  })[];
}

const first = <F>(read: Read<readonly F[]>): Read<F> => ({
  value: read.value?.[0] ?? null,
  diagnostics: read.diagnostics,
});
const kibOf = (mib: number | null): number | null => (mib === null ? null : Math.round(mib * 1024));
const isTemplate = (row: Row): boolean => isTrue(row.text('Template')) || isTrue(row.text('SRM Placeholder'));

const hostsOf = (text: string, file: string): Read<readonly RvtoolsHost[]> =>
  readSheet(text, file, (rows, list) => rows.flatMap((row) => hostOf(row, list) ?? []));

function hostOf(row: Row, list: DiagnosticList): RvtoolsHost | null {
  const name = row.text('Host');
  const sockets = row.figure('# CPU');
  const where = { line: row.line };
  if (name === null || sockets === null || sockets < 1 || sockets > MAX_NODES || !Number.isInteger(sockets)) {
    list.error('host-incomplete', 'A host has no name or no number of sockets.', where, { expected: 'Host and # CPU' });
    return null;
  }
  const cores = row.figure('# Cores');
  const threads = cores === null || cores > MAX_ID ? null : cores * (isTrue(row.text('HT Active')) ? 2 : 1);
  const memoryKiB = kibOf(row.figure('# Memory'));
  const message = `${name} is taken to have ${plural(sockets, 'NUMA node')}, one for each socket, with equal parts of its memory and cores.`;
  list.warning('nodes-assumed', message, where, { hint: 'RVTools does not know nodes: esxtop and the BIOS do.' });
  const nodes = Array.from({ length: sockets }, (_, id): HostNodeFacts => ({
    id,
    memoryKiB: memoryKiB === null ? null : Math.floor(memoryKiB / sockets),
    cpus: [],
    freeKiB: null,
    pages: [],
    cpuCount: threads === null ? null : Math.floor(threads / sockets),
  }));
  const memoryUsagePercent = row.figure('Memory usage %');
  return { kind: 'rvtools-host', ...NO_HOST, name, nodes, sockets, cores, threads, memoryKiB, memoryUsagePercent };
}

const vmsOf = (text: string, file: string): Read<readonly RvtoolsVm[]> =>
  readSheet(text, file, (rows, list) => {
    const templates = rows.filter(isTemplate);
    if (templates.length > 0) {
      const found = templates
        .slice(0, 5)
        .map((row) => row.text('VM') ?? '')
        .join(', ');
      const message = `${plural(templates.length, 'template')} and placeholders are no VMs, and are left out.`;
      list.note('templates-ignored', message, { line: templates[0]!.line }, { found });
    }
    return rows.filter((row) => !isTemplate(row)).flatMap((row) => vmOf(row, list) ?? []);
  });

function vmOf(row: Row, list: DiagnosticList): RvtoolsVm | null {
  const name = row.text('VM');
  const vcpus = row.figure('CPUs');
  const memoryKiB = kibOf(row.figure('Memory'));
  const where = { line: row.line };
  if (
    name === null ||
    vcpus === null ||
    memoryKiB === null ||
    vcpus < 1 ||
    vcpus > MAX_ID ||
    !Number.isInteger(vcpus)
  ) {
    const message = 'A VM has no name, no number of CPUs, or no memory: it is left out.';
    list.warning('vm-incomplete', message, where, { expected: 'VM, CPUs and Memory' });
    return null;
  }
  const powerState = row.text('Powerstate');
  return {
    kind: 'rvtools-vm',
    name,
    ...NO_VM,
    vcpus,
    vcpusCurrent: vcpus,
    memoryKiB,
    uuid: row.text('VM UUID', 'SMBIOS UUID'),
    running: powerState === 'poweredOn',
    hostName: row.text('Host'),
    powerState,
  };
}

const statesOf = (text: string, file: string): Read<readonly RvtoolsVmState[]> =>
  readSheet(text, file, (rows) => {
    const vms = rows.flatMap((row): RvtoolsVmState['vms'] => {
      const name = row.text('VM');
      if (name === null) return [];
      const size = kibOf(row.figure('Size MiB', 'Size MB'));
      const vcpus = row.figure('CPUs');
      const consumed = kibOf(row.figure('Consumed'));
      const power = row.text('Powerstate');
      const hotAdd = row.text('Hot Add');
      return [
        {
          name,
          nameFrom: 'text',
          ...NO_VM_STATE,
          running: power === null ? null : power === 'poweredOn',
          state: power,
          maxMemoryKiB: size,
          vcpusMax: vcpus,
          hostName: row.text('Host'),
          sockets: row.figure('Sockets'),
          coresPerSocket: row.figure('Cores p/s'),
          // The sheet of CPUs has the same name for hot-adding CPUs.
          memoryHotAdd: size === null || hotAdd === null ? null : isTrue(hotAdd),
          consumedKiB: consumed,
          template: isTemplate(row),
          fields: recordOf([]),
        },
      ];
    });
    return vms.length === 0 ? [] : [{ kind: 'rvtools-vm-state', vms }];
  });

export const rvtoolsHost: Format<'host', RvtoolsHost> = {
  id: 'rvtools-host',
  role: 'host',
  name: "RVTools' sheet vHost (hosts)",
  mark: 'columns "Host", "# CPU" and "# Memory"',
  ...byBlock(hasColumns('Host', '# CPU', '# Memory')),
  read: (text, file) => first(hostsOf(text, file)),
  readAll: hostsOf,
  summary: (facts) => `${facts.name}: ${hostSummary(facts)}`,
};

export const rvtoolsVm: Format<'vm', RvtoolsVm> = {
  id: 'rvtools-vm',
  role: 'vm',
  name: "RVTools' sheet vInfo (VMs)",
  mark: 'columns "VM", "Powerstate", "CPUs" and "Memory"',
  ...byBlock(hasColumns('VM', 'Powerstate', 'CPUs', 'Memory')),
  read: (text, file) => first(vmsOf(text, file)),
  readAll: vmsOf,
  summary: vmSummary,
};

const isState = (text: string): boolean =>
  hasColumns('VM', 'Powerstate', 'CPUs', 'Cores p/s')(text) ||
  ['Size MiB', 'Size MB'].some((size) => hasColumns('VM', 'Powerstate', size, 'Consumed')(text));

export const rvtoolsVmState: Format<'vm-state', RvtoolsVmState> = {
  id: 'rvtools-vm-state',
  role: 'vm-state',
  name: "RVTools' sheet vCPU or vMemory (states of VMs)",
  mark: 'columns "VM" and "Cores p/s", or "Size MiB" and "Consumed"',
  ...byBlock(isState),
  read: (text, file) => first(statesOf(text, file)),
  summary: ({ vms }) => plural(vms.length, 'VM'),
};
