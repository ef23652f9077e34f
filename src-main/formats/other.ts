/**
 * Files that people have of the same machines, that are recognised and not read: what they are is said by name, and what
 * to give instead, so that none of them is taken for something else.
 */
import type { Sample } from './format.ts';

export interface Other {
  recognise(sample: Sample): boolean;
  /** As a message calls it. */
  readonly name: string | ((head: string) => string);
  readonly instead: string;
}

const HOST_INSTEAD = 'Give virsh capabilities or numactl --hardware of the same host instead.';

const byRoot =
  (name: string) =>
  ({ rootElement }: Sample): boolean =>
    rootElement === name;

/** JSON that begins with this key. */
const byFirstKey =
  (open: '{' | '[{', ...keys: readonly string[]) =>
  ({ head }: Sample): boolean => {
    const first = /^\s*(\{|\[\s*\{)\s*"([^"\\]{1,40})"\s*:/.exec(head);
    return first !== null && first[1]!.replace(/\s/g, '') === open && keys.includes(first[2]!);
  };

export const OTHERS: readonly Other[] = [
  {
    recognise: byRoot('domainCapabilities'),
    name: 'libvirt domain capabilities (virsh domcapabilities)',
    instead: 'Give virsh capabilities of the host, or virsh dumpxml of a VM.',
  },
  { recognise: byFirstKey('{', 'blockdevices'), name: 'the output of lsblk -J', instead: HOST_INSTEAD },
  { recognise: byFirstKey('{', 'sysstat'), name: 'the output of sadf -j or mpstat -o JSON', instead: HOST_INSTEAD },
  { recognise: byFirstKey('[{', 'ifindex', 'ifname', 'dst'), name: 'the output of ip -j', instead: HOST_INSTEAD },
];
