/**
 * KubeVirt VirtualMachine and VirtualMachineInstance (YAML or JSON, lists, several documents) → VM facts. Where it lies inside its
 * host is in no such object: the kubelet decides it at the start.
 *
 * (a) vCPUs are sockets x cores x threads, each 1 where it is not given; without any of them the CPUs that are requested.
 * (b) Guest memory is memory.guest, else requests.memory, else limits.memory: requests of disks are no memory.
 * (c) With guestMappingPassthrough the guest gets a cell for each host node that its CPUs come from: how many is not known.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { VmFacts } from '../facts.ts';
import { NO_VM } from '../facts.ts';
import type { Format } from '../format.ts';
import { byJsonOrBlock } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import type { JsonObject } from '../qmp.ts';
import { isObject } from '../qmp.ts';
import { vmSummary } from '../summary.ts';
import type { YamlDocument } from '../yaml-text.ts';
import { memberOf, parseYaml, quantityOf } from '../yaml-text.ts';
import { editKubevirt } from './edit.ts';

const KIND = 'kubevirt-vm';
const KINDS = [
  'VirtualMachine',
  'VirtualMachineInstance',
  'VirtualMachineInstancetype',
  'VirtualMachineClusterInstancetype',
];
/** Those that are machines; an instance type is a size of one. */
const MACHINES = KINDS.slice(0, 2);

interface KubevirtFacts extends VmFacts {
  readonly objectKind: string;
  readonly namespace: string | null;
  /** The worker node that it runs on. */
  readonly hostName: string | null;
  readonly dedicatedCpus: boolean;
  readonly isolatedEmulatorThread: boolean;
  readonly numaPassthrough: boolean;
  readonly maxSockets: number | null;
  /** Whether the object names the VM; else a name is made up. */
  readonly isNamed: boolean;
}

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, 253) : null;

function vmOf({ value, line }: YamlDocument, nth: number, list: DiagnosticList): KubevirtFacts | null {
  const where = { line };
  const kind = String(value['kind']);
  const spec = kind === 'VirtualMachine' ? memberOf(value, 'spec', 'template', 'spec') : memberOf(value, 'spec');
  const domain = memberOf(spec, 'domain');
  const metadata = memberOf(value, 'metadata');
  const name = text(metadata['name']) ?? text(metadata['generateName']);
  const made = `vm-${nth + 1}`;
  if (name === null) {
    const message = `The object has no name: the VM is called "${made}" here.`;
    list.note('name-assumed', message, where, { expected: 'metadata.name' });
  }
  const kib = (quantity: unknown): number | null => {
    const bytes = quantityOf(quantity);
    return bytes === null ? null : Math.ceil(bytes / 1024);
  };
  const guest = memberOf(domain, 'memory');
  const { memory: requested } = memberOf(domain, 'resources', 'requests');
  const { memory: limited } = memberOf(domain, 'resources', 'limits');
  const memoryKiB = kib(guest['guest'] ?? requested ?? limited);
  const cpu = memberOf(domain, 'cpu');
  const topology = topologyOf(cpu);
  const vcpus = topology === null ? requestedCpus(domain) : topology.sockets * topology.cores * topology.threads;
  const usesType = isObject(memberOf(value, 'spec')['instancetype']);
  if (memoryKiB === null) {
    const hint = usesType
      ? 'It takes CPUs and memory from an instance type: give kubectl get vmi of the running VM.'
      : undefined;
    const detail = { expected: 'memory.guest or resources.requests.memory', ...(hint === undefined ? {} : { hint }) };
    list.error('memory-missing', 'The VM has no memory that can be read.', where, detail);
    return null;
  }
  if (vcpus < 1 || vcpus > MAX_ID || !Number.isInteger(vcpus)) {
    const detail = { found: String(vcpus), expected: `1 to ${MAX_ID}` };
    list.error('vcpu-count', 'The number of vCPUs cannot be.', where, detail);
    return null;
  }
  const pageKiB = kib(memberOf(guest, 'hugepages')['pageSize']);
  const status = memberOf(value, 'status');
  const passthrough =
    isObject(memberOf(cpu, 'numa')['guestMappingPassthrough']) ||
    memberOf(cpu, 'numa')['guestMappingPassthrough'] === null;
  const running = status['phase'] === 'Running' || status['printableStatus'] === 'Running' || status['ready'] === true;
  if (passthrough) {
    const message = 'The guest gets a cell for each host node that its CPUs come from: which, the object does not say.';
    list.note('cells-unknown', message, where);
  }
  return {
    kind: KIND,
    name: name ?? made,
    ...NO_VM,
    vcpus,
    vcpusCurrent: vcpus,
    memoryKiB,
    maxMemoryKiB: kib(guest['maxGuest']),
    hugepages: pageKiB === null ? [] : [{ sizeKiB: pageKiB, nodeset: null }],
    cpuTopology: topology,
    uuid: text(memberOf(domain, 'firmware')['uuid']),
    arch: ARCHITECTURES[text(spec['architecture']) ?? ''] ?? text(spec['architecture']),
    running,
    objectKind: kind,
    namespace: text(metadata['namespace']),
    hostName: text(status['nodeName']),
    dedicatedCpus: cpu['dedicatedCpuPlacement'] === true,
    isolatedEmulatorThread: cpu['isolateEmulatorThread'] === true,
    numaPassthrough: passthrough,
    maxSockets: quantityOf(cpu['maxSockets']),
    isNamed: name !== null,
  };
}

const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/** Null where none of its parts is given. */
function topologyOf(
  cpu: JsonObject,
): { readonly sockets: number; readonly cores: number; readonly threads: number } | null {
  const part = (name: string): number | null => quantityOf(cpu[name]);
  const [sockets, cores, threads] = ['sockets', 'cores', 'threads'].map(part);
  if (sockets === null && cores === null && threads === null) return null;
  return { sockets: sockets || 1, cores: cores || 1, threads: threads || 1 };
}

/** Whole CPUs, at least one. */
function requestedCpus(domain: JsonObject): number {
  const { cpu: requested } = memberOf(domain, 'resources', 'requests');
  const { cpu: limited } = memberOf(domain, 'resources', 'limits');
  return Math.max(1, Math.ceil(quantityOf(requested) ?? quantityOf(limited) ?? 1));
}

const itemsOf = ({ value, line }: YamlDocument): readonly YamlDocument[] =>
  Array.isArray(value['items'])
    ? value['items'].filter(isObject).map((item) => ({ value: item, line }))
    : [{ value, line }];

function readAll(written: string, file: string): Read<readonly KubevirtFacts[]> {
  const list = new DiagnosticList(file);
  const documents = (parseYaml(written, list) ?? []).flatMap(itemsOf);
  const machines = documents.filter(({ value }) => MACHINES.includes(String(value['kind'])));
  const others = documents.filter((document) => !machines.includes(document));
  if (others.length > 0 && machines.length > 0) {
    const found = [...new Set(others.map(({ value }) => String(value['kind']).slice(0, 40)))].slice(0, 5).join(', ');
    list.note('objects-ignored', 'Other objects of the text are not read.', { line: others[0]!.line }, { found });
  }
  if (machines.length === 0 && !list.hasErrors) {
    const isType = documents.some(({ value }) => /Instancetype$/.test(String(value['kind'])));
    const found = isType ? 'an instance type, which is a size and no VM' : 'no VM';
    list.error(
      'output-empty',
      'The text has no VM of KubeVirt.',
      { line: 1 },
      { found, expected: `kind: ${MACHINES.join(' or ')}` },
    );
  }
  return list.read(machines.flatMap((document, i) => vmOf(document, i, list) ?? []));
}

const isVm = (value: unknown): boolean =>
  isObject(value) &&
  (KINDS.includes(String(value['kind'])) || (Array.isArray(value['items']) && value['items'].some(isVm)));

export const kubevirtVm: Format<'vm', KubevirtFacts> = {
  id: KIND,
  role: 'vm',
  name: 'a KubeVirt VirtualMachine or VirtualMachineInstance (a VM)',
  mark: '"kind: VirtualMachineInstance"',
  ...byJsonOrBlock(isVm, (block) =>
    /^\s*(?:-\s+)?["']?kind["']?:\s*["']?VirtualMachine(?:Instance|(?:Cluster)?Instancetype)?["']?\s*,?\s*(?:#.*)?$/m.test(
      block,
    ),
  ),
  read: (written: string, file: string): Read<KubevirtFacts> => {
    const { value, diagnostics } = readAll(written, file);
    return { value: value?.[0] ?? null, diagnostics };
  },
  readAll,
  summary: vmSummary,
  edit: editKubevirt,
};
