/**
 * libvirt domain XML (`virsh dumpxml`) → VM facts. What libvirt rejects is an error, what it accepts or ignores at most
 * a warning; unknown elements are ignored. The one exception: a numatune with both nodeset and placement='auto' is an
 * error, although some libvirt versions drop the nodeset silently.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { MemoryDeviceFacts, VmFacts } from '../facts.ts';
import type { Format } from '../format.ts';
import { byRootElement } from '../format.ts';
import { vmSummary } from '../summary.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import { pciAddressOf } from '../pci-address.ts';
import { elementSizeKib, idSetAttribute, readIdSet } from '../libvirt-size.ts';
import type { XmlElement } from '../xml/index.ts';
import { childOf, childrenOf, editXml, parseWhole, parseXml, placeOf, wholeAttribute } from '../xml/index.ts';
import { readGuestNuma } from './cell.ts';
import { readHugepages, readIothreadpin, readMemnodes, readMemoryPolicy, readVcpupin } from './tune.ts';

/** libvirt's own limit on CPU sets; no hypervisor is near. */
const MAX_VCPUS = 16_384;

/** The VM of a domain document. Never throws; errors by slug are in the diagnostics. */
export function readDomain(text: string, file: string): Read<VmFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  if (root === null) return list.read<VmFacts>(null);
  // libvirtd keeps a running domain within its status.
  const domain = root.name === 'domstatus' ? childOf(root, 'domain', list) : root;
  if (domain?.name !== 'domain') {
    const detail = { found: `<${root.name}>`, expected: '<domain>' };
    list.error('root-element', 'This is not a libvirt domain document.', placeOf(root), detail);
    return list.read<VmFacts>(null);
  }
  const state = root.name === 'domstatus' ? (root.attributes.get('state') ?? null) : null;
  return list.read(readVm(domain, state, list));
}

function readVm(root: XmlElement, state: string | null, list: DiagnosticList): VmFacts {
  const child = (name: string): XmlElement | null => childOf(root, name, list);
  const vcpu = readVcpu(root, child('vcpu'), list);
  const cpu = child('cpu');
  const numatune = child('numatune');
  const cputune = child('cputune');
  const devices = child('devices');
  const numa = readGuestNuma(childOf(cpu, 'numa', list), vcpu.vcpus, list);
  const memory = readMemoryPolicy(numatune, vcpu.vcpuPlacement, list);
  const emulatorpin = childOf(cputune, 'emulatorpin', list);
  const maxMemory = child('maxMemory');
  const domainId = root.attributes.has('id') ? readDomainId(root, list) : null;
  return {
    kind: 'domain',
    name: readName(root, list),
    vcpus: vcpu.vcpus ?? 0,
    memoryKiB: readMemory(root, child('memory'), numa.cells.length > 0, list),
    cells: numa.cells,
    distances: numa.distances,
    memory,
    memnodes: readMemnodes(numatune, numa.cells, memory, list),
    vcpupin: readVcpupin(cputune, vcpu.vcpus, list),
    hugepages: readHugepages(child('memoryBacking'), numa.cells, list),
    uuid: child('uuid')?.text ?? null,
    arch: childOf(child('os'), 'type', list)?.attributes.get('arch') ?? null,
    vcpusCurrent: vcpu.vcpusCurrent,
    vcpuPlacement: vcpu.vcpuPlacement,
    vcpuCpuset: vcpu.vcpuCpuset,
    currentMemoryKiB: elementSizeKib(child('currentMemory'), list),
    maxMemoryKiB: elementSizeKib(maxMemory, list),
    maxMemorySlots: maxMemory === null ? null : wholeAttribute(maxMemory, 'slots', MAX_ID, list),
    cpuTopology: readCpuTopology(childOf(cpu, 'topology', list), list),
    distancesGiven: numa.distancesGiven,
    emulatorpin: emulatorpin === null ? null : idSetAttribute(emulatorpin, 'cpuset', list),
    iothreadpin: readIothreadpin(cputune, list),
    memoryDevices: readMemoryDevices(devices, numa.cells, list),
    domainId,
    running: state === null ? domainId !== null : !/^(?:shutoff|shut off|crashed)$/.test(state),
    hostdevs: readHostdevs(devices, list),
    memoryBacking: readMemoryBacking(child('memoryBacking'), list),
    notRead: [...new Set(root.children.map(({ name }) => name))].filter((name) => !READ_ELEMENTS.has(name)).sort(),
  };
}

/** Elements of a domain that are read, at least in part: of devices memory and hostdev alone. */
const READ_ELEMENTS = new Set(
  'name uuid memory currentMemory maxMemory memoryBacking vcpu cpu cputune numatune os devices'.split(' '),
);

/** A domain that runs has an id; libvirt gives -1 to one that does not. */
function readDomainId(root: XmlElement, list: DiagnosticList): number | null {
  return root.attributes.get('id') === '-1' ? null : wholeAttribute(root, 'id', 2 ** 31 - 1, list);
}

/** devices/hostdev: what is passed through. Where it is attached on the host is in its nodedev. */
function readHostdevs(devices: XmlElement | null, list: DiagnosticList): VmFacts['hostdevs'] {
  return childrenOf(devices, 'hostdev').map((element) => {
    const address = childOf(childOf(element, 'source', list), 'address', list)?.attributes ?? new Map<string, string>();
    const part = (name: string): string | null => address.get(name) ?? null;
    const type = element.attributes.get('type') ?? null;
    const pci = pciAddressOf(part('domain') ?? '0', part('bus'), part('slot'), part('function'));
    return { type, address: pci ?? part('uuid') };
  });
}

function readMemoryBacking(element: XmlElement | null, list: DiagnosticList): VmFacts['memoryBacking'] {
  if (element === null) return null;
  const attribute = (name: string, of: string): string | null =>
    childOf(element, name, list)?.attributes.get(of) ?? null;
  const has = (name: string): boolean => childOf(element, name, list) !== null;
  return {
    source: attribute('source', 'type'),
    access: attribute('access', 'mode'),
    allocation: attribute('allocation', 'mode'),
    locked: has('locked'),
    nosharepages: has('nosharepages'),
  };
}

function readName(root: XmlElement, list: DiagnosticList): string {
  const name = childOf(root, 'name', list);
  if (name === null || name.text === '') {
    const expected = '<name>…</name>';
    list.error('name-missing', 'The VM has no name.', placeOf(name ?? root), { expected });
  }
  return name?.text ?? '';
}

/** <memory>, which may only be absent when the cells give the memory. */
function readMemory(
  root: XmlElement,
  memory: XmlElement | null,
  hasCells: boolean,
  list: DiagnosticList,
): number | null {
  if (memory === null && !hasCells) {
    const expected = '<memory> or cells in cpu/numa';
    list.error('memory-missing', 'The VM has no memory.', placeOf(root), { expected });
  }
  const kib = elementSizeKib(memory, list);
  if (kib === 0 && memory !== null && !hasCells) {
    list.error('memory-zero', 'The VM has no memory.', placeOf(memory), { found: '0', expected: 'more than 0' });
  }
  return kib;
}

/** `vcpus` is null, and an error is told, when it cannot be read; what depends on it is then not judged. */
type Vcpu = Pick<VmFacts, 'vcpusCurrent' | 'vcpuPlacement' | 'vcpuCpuset'> & { readonly vcpus: number | null };

/** <vcpu>; a domain without one has a single vCPU. */
function readVcpu(root: XmlElement, element: XmlElement | null, list: DiagnosticList): Vcpu {
  if (element === null) {
    list.warning('vcpu-missing', 'The VM has no <vcpu>; libvirt gives it one vCPU.', placeOf(root));
    return { vcpus: 1, vcpusCurrent: 1, vcpuPlacement: 'static', vcpuCpuset: null };
  }
  const count = parseWhole(element.text, MAX_VCPUS, placeOf(element), list);
  if (count === 0) {
    list.error('vcpu-zero', 'The VM has no vCPUs.', placeOf(element), { found: '0', expected: 'at least 1' });
  }
  const vcpus = count === 0 ? null : count;
  const current = wholeAttribute(element, 'current', MAX_VCPUS, list);
  if (current !== null && (current > (vcpus ?? MAX_VCPUS) || current === 0)) {
    const detail = { found: `current='${current}'`, expected: `1 to ${vcpus ?? MAX_VCPUS}` };
    list.error('vcpu-current', 'More vCPUs are online than there are, or none.', placeOf(element, 'current'), detail);
  }
  const placement = element.attributes.get('placement') ?? 'static';
  if (placement !== 'static' && placement !== 'auto') {
    const detail = { found: placement.slice(0, 40), expected: 'static or auto' };
    list.error('placement-unknown', 'A placement is not known.', placeOf(element, 'placement'), detail);
  }
  return {
    vcpus,
    vcpusCurrent: current ?? vcpus ?? 0,
    vcpuPlacement: placement === 'auto' ? 'auto' : 'static',
    vcpuCpuset: idSetAttribute(element, 'cpuset', list),
  };
}

const TOPOLOGY_FIELDS = ['sockets', 'dies', 'clusters', 'cores', 'threads'] as const;

function readCpuTopology(element: XmlElement | null, list: DiagnosticList): VmFacts['cpuTopology'] {
  if (element === null) return null;
  const topology: Record<string, number> = {};
  for (const field of TOPOLOGY_FIELDS) {
    const value = wholeAttribute(element, field, MAX_VCPUS, list);
    if (value !== null) topology[field] = value;
  }
  return topology;
}

/** devices/memory: DIMMs, virtio-mem and kin. `target/node` is a guest cell, `source/nodemask` host nodes. */
function readMemoryDevices(
  devices: XmlElement | null,
  cells: VmFacts['cells'],
  list: DiagnosticList,
): MemoryDeviceFacts[] {
  return childrenOf(devices, 'memory').map((device) => {
    const source = childOf(device, 'source', list);
    const target = childOf(device, 'target', list);
    const node = childOf(target, 'node', list);
    const nodemask = childOf(source, 'nodemask', list);
    const guestNode = node === null ? null : parseWhole(node.text, MAX_ID, placeOf(node), list);
    if (node !== null && guestNode !== null && !cells.some((cell) => cell.id === guestNode)) {
      const detail = { found: `cell ${guestNode}`, expected: `one of ${cells.length} cells` };
      list.warning(
        'memory-device-cell',
        'A memory device is for a cell that the guest has not.',
        placeOf(node),
        detail,
      );
    }
    const size = (parent: XmlElement | null, name: string) => elementSizeKib(childOf(parent, name, list), list);
    return {
      model: device.attributes.get('model') ?? null,
      sizeKiB: size(target, 'size'),
      guestNode,
      hostNodemask: nodemask === null ? null : readIdSet(nodemask.text, placeOf(nodemask), false, list),
      pagesizeKiB: size(source, 'pagesize'),
      blockKiB: size(target, 'block'),
      requestedKiB: size(target, 'requested'),
    };
  });
}

export const libvirtDomain: Format<'vm'> = {
  id: 'domain',
  role: 'vm',
  name: 'a libvirt domain (a VM)',
  mark: '<domain>',
  ...byRootElement('domain', 'domstatus'),
  read: readDomain,
  summary: vmSummary,
  edit: editXml,
};
