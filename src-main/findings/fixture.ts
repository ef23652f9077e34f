/**
 * TESTS ONLY. Hosts and VMs in a short form, MiB throughout, and the scenario that states the same. It is the form of the cases
 * that were worked out by hand; every key that is left out is not known, but pools, which are none.
 */
import { COMMANDS } from '../../shared/model/command.ts';
import { kibFromMib } from '../../shared/units/index.ts';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { scenarioSchema, withoutUnplaceable } from '../scenario/index.ts';
import type { MigrationFacts } from './facts.ts';

export interface World {
  readonly host: WorldHost;
  readonly vms: readonly WorldVm[];
  readonly migration?: {
    readonly vm: string;
    readonly to: WorldHost;
    /** MiB/s. */
    readonly link?: number;
    readonly dirty?: number;
    readonly wss?: number;
    readonly downtimeMs?: number;
  };
}

export interface WorldHost {
  readonly nodes: readonly {
    readonly id: number;
    readonly cpus: string;
    readonly mem: number;
    readonly free?: number;
    readonly avail?: number;
    readonly pools?: Readonly<Record<string, { readonly total: number; readonly free?: number }>>;
    readonly blocks?: readonly number[];
  }[];
  readonly distances?: readonly (readonly number[])[];
  readonly sockets?: number;
  /** CPU n and CPU n + siblingStep are threads of one core. */
  readonly siblingStep?: number;
  readonly isolated?: string;
  readonly numa_balancing?: number;
  readonly numad?: boolean;
  readonly ksm?: { readonly run: number; readonly merge_across_nodes: number; readonly shared?: number };
  readonly overcommit_hugepages?: boolean;
}

type PerNode = Readonly<Record<string, number>>;

export interface WorldVm {
  readonly name: string;
  readonly mem: number;
  readonly vcpus: number;
  readonly running?: boolean;
  readonly cpuset?: string;
  readonly vcpupin?: Readonly<Record<string, string>>;
  readonly emulatorpin?: string;
  readonly vcpuCpus?: Readonly<Record<string, number>>;
  readonly numatune?: { readonly mode: Mode; readonly nodeset: string };
  readonly memnode?: readonly { readonly cell: number; readonly mode: Mode; readonly nodeset: string }[];
  readonly cells?: readonly {
    readonly id: number;
    readonly cpus: string;
    readonly mem: number;
    readonly distances?: PerNode;
  }[];
  readonly hugepages?: readonly { readonly kib: number; readonly cells?: readonly number[] }[];
  readonly measured?: PerNode;
  readonly measuredCells?: Readonly<Record<string, PerNode>>;
  readonly devices?: readonly { readonly type: string; readonly node: number }[];
  readonly topology?: { readonly sockets: number; readonly cores: number; readonly threads: number };
  readonly arch?: string;
  readonly hypervisor?: 'kvm' | 'esxi' | 'hyper-v';
  readonly cpuHotAdd?: boolean;
  readonly dynamicMemory?: boolean;
  readonly realtime?: boolean;
  readonly maxVcpus?: number;
}

type Mode = 'strict' | 'preferred' | 'interleave' | 'restrictive';
type HostInput = ScenarioInput['hosts'][number];
type VmInput = NonNullable<ScenarioInput['vms']>[number];

const ids = (list: string): number[] =>
  list === ''
    ? []
    : list.split(',').flatMap((term) => {
        const [first, last] = term.split('-').map(Number) as [number, number | undefined];
        return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i);
      });

/** Leaves out what is undefined, as the schema has no word for it. */
const stated = <T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;

function hostInput(name: string, host: WorldHost): HostInput {
  const cpus = host.nodes.flatMap((node) => ids(node.cpus));
  const step = host.siblingStep;
  const cores = step === undefined ? undefined : cpus.filter((cpu) => cpu < step).map((cpu) => `${cpu},${cpu + step}`);
  return {
    name,
    nodes: host.nodes.map((node) =>
      stated({
        nid: node.id,
        cpus: node.cpus,
        memoryMiB: node.mem,
        freeKiB: node.free === undefined ? undefined : kibFromMib(node.free),
        availableKiB: node.avail === undefined ? undefined : kibFromMib(node.avail),
        freeBlocks: node.blocks === undefined ? undefined : [...node.blocks],
        hugepages: Object.entries(node.pools ?? {}).map(([kib, { total, free }]) =>
          stated({ sizeKiB: Number(kib), count: total, free }),
        ),
      }),
    ),
    distances:
      host.distances === undefined
        ? null
        : { ids: host.nodes.map((node) => node.id), matrix: host.distances.map((row) => [...row]) },
    system: stated({
      sockets: host.sockets,
      cores,
      isolatedCpus: host.isolated,
      numaBalancing: host.numa_balancing === undefined ? undefined : host.numa_balancing === 1,
      numad: host.numad,
      overcommitsHugepages: host.overcommit_hugepages,
      ksm:
        host.ksm === undefined
          ? undefined
          : stated({
              run: host.ksm.run === 1,
              mergeAcrossNodes: host.ksm.merge_across_nodes === 1,
              sharedKiB: host.ksm.shared === undefined ? undefined : kibFromMib(host.ksm.shared),
            }),
    }),
  };
}

const byNode = (measured: PerNode) =>
  Object.entries(measured).map(([node, mib]) => ({ node: Number(node), memoryKiB: kibFromMib(mib) }));

function measuredInput({ measured, measuredCells }: WorldVm): VmInput['measured'] {
  if (measured === undefined && measuredCells === undefined) return undefined;
  const sums: Record<string, number> = {};
  for (const cell of Object.values(measuredCells ?? {}))
    for (const [node, mib] of Object.entries(cell)) sums[node] = (sums[node] ?? 0) + mib;
  return {
    nodes: byNode(measured ?? sums),
    ...(measuredCells === undefined
      ? {}
      : { cells: Object.entries(measuredCells).map(([cell, on]) => ({ cell: Number(cell), nodes: byNode(on) })) }),
  };
}

function vmInput(vm: WorldVm): VmInput {
  const cells = vm.cells ?? [];
  const withDistances = cells.length > 0 && cells.every((cell) => cell.distances !== undefined);
  return stated({
    name: vm.name,
    host: 'h',
    memoryMiB: vm.mem,
    vcpus: vm.vcpus,
    running: vm.running ?? false,
    cells: cells.map(({ id, cpus, mem }) => ({ id, cpus, memoryMiB: mem })),
    distances: withDistances
      ? {
          ids: cells.map(({ id }) => id),
          matrix: cells.map(({ distances }) => cells.map(({ id }) => distances![id] ?? 20)),
        }
      : null,
    cpuset: vm.cpuset,
    vcpupin: vm.vcpupin,
    emulatorpin: vm.emulatorpin,
    vcpuCpus: vm.vcpuCpus,
    binding: vm.numatune === undefined ? undefined : { mode: vm.numatune.mode, nodes: ids(vm.numatune.nodeset) },
    placement: placementInput(vm),
    memnodes: (vm.memnode ?? []).map(({ cell, mode, nodeset }) => ({ cell, mode, nodes: ids(nodeset) })),
    hugepages: vm.hugepages?.map(({ kib, cells: of }) =>
      stated({ sizeKiB: kib, cells: of === undefined ? undefined : [...of] }),
    ),
    measured: measuredInput(vm),
    domain: stated({
      arch: vm.arch,
      hypervisor: vm.hypervisor,
      topology: vm.topology,
      devices: vm.devices?.map(({ type, node }) => ({ name: type, node: node < 0 ? null : node })),
      cpuHotAdd: vm.cpuHotAdd,
      dynamicMemory: vm.dynamicMemory,
      realtime: vm.realtime,
      maxVcpus: vm.maxVcpus,
    }),
  }) as VmInput;
}

/** Where it starts in the world, which is no fact: as it is bound, else spread. */
function placementInput({ numatune }: WorldVm): VmInput['placement'] {
  if (numatune === undefined) return undefined;
  const mode = numatune.mode === 'restrictive' ? 'strict' : numatune.mode;
  return { mode, nodes: ids(numatune.nodeset) };
}

export function scenarioOf(world: World): Scenario {
  const input: ScenarioInput = {
    pageshift: 1,
    name: 'case',
    hosts: [
      hostInput('h', world.host),
      ...(world.migration === undefined ? [] : [hostInput('to', world.migration.to)]),
    ],
    vms: world.vms.map(vmInput),
  };
  return withoutUnplaceable(scenarioSchema.parse(input));
}

const MIB = 2 ** 20;

export function migrationOf({ migration }: World): MigrationFacts | null {
  if (migration === undefined) return null;
  const bytes = (mib: number | undefined): number | null => (mib === undefined ? null : mib * MIB);
  return {
    vm: migration.vm,
    to: 'to',
    linkBytesPerSec: bytes(migration.link),
    dirtyBytesPerSec: bytes(migration.dirty),
    workingSetBytes: bytes(migration.wss),
    downtimeLimitMs: migration.downtimeMs ?? COMMANDS.migrate.numbers.downtimeLimitMs.default,
  };
}
