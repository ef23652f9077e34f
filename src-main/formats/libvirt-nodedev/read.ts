/** `virsh nodedev-dumpxml` → the node that a PCI device is attached to. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byRootElement } from '../format.ts';
import { admitText } from '../input.ts';
import type { DeviceState, HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import { pciAddressOf } from '../pci-address.ts';
import type { XmlElement } from '../xml/index.ts';
import { childOf, childrenOf, parseXml, placeOf } from '../xml/index.ts';

const KIND = 'libvirt-nodedev';

function deviceOf(root: XmlElement, list: DiagnosticList): DeviceState | null {
  const pci = childrenOf(root, 'capability').find(({ attributes }) => attributes.get('type') === 'pci') ?? null;
  const part = (name: string): string | null => childOf(pci, name, list)?.text ?? null;
  const address =
    pci === null ? null : pciAddressOf(part('domain') ?? '0', part('bus'), part('slot'), part('function'));
  const name = childOf(root, 'name', list)?.text ?? null;
  if (address === null) {
    const expected = "<capability type='pci'> with bus, slot and function";
    list.error('device-not-pci', 'The device is no PCI device.', placeOf(root), { expected });
    return null;
  }
  const numa = childOf(pci, 'numa', list);
  const node = numa?.attributes.get('node');
  if (node !== undefined && !/^-?\d{1,5}$/.test(node)) {
    list.error('number-invalid', 'A node cannot be read.', placeOf(numa!, 'node'), { found: node.slice(0, 40) });
  }
  return { address, name, node: node === undefined ? null : Number(node) };
}

function readNodedev(text: string, file: string): Read<HostStateFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  if (root === null) return list.read<HostStateFacts>(null);
  const device = deviceOf(root, list);
  return list.read<HostStateFacts>({ kind: KIND, ...NO_HOST_STATE, devices: device === null ? [] : [device] });
}

export const libvirtNodedev: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of virsh nodedev-dumpxml (a device of a host)',
  mark: '<device>',
  ...byRootElement('device'),
  read: readNodedev,
  summary: ({ devices }) => plural(devices.length, 'device'),
};
