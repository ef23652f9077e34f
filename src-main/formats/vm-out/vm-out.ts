/**
 * VM facts → the text of a tool: one function a form. What a form cannot say of a VM is said in the head of the text, as a
 * comment of that form, so that nothing is lost in silence.
 */
import { domainOut } from './domain.ts';
import type { Printed, VmToPrint } from './form.ts';
import { kubevirtOut } from './kubevirt.ts';
import { proxmoxOut } from './proxmox.ts';
import { qemuOut } from './qemu.ts';

export const VM_FORMS = ['libvirt', 'qemu', 'proxmox', 'kubevirt'] as const;
export type VmForm = (typeof VM_FORMS)[number];

const PRINTERS: Readonly<Record<VmForm, (vm: VmToPrint) => Printed>> = {
  libvirt: domainOut,
  qemu: qemuOut,
  proxmox: proxmoxOut,
  kubevirt: kubevirtOut,
};

/** The whole text, ending in a line feed. */
export function printVm(vm: VmToPrint, form: VmForm): string {
  const { text, cannotSay } = PRINTERS[form](vm);
  const lines = [
    `${vm.name.replace(/[^\x20-\x7e]/g, '?')}, as Pageshift has it.`,
    ...cannotSay.map((what) => `Not said here: ${what}`),
  ];
  // A comment of XML must not have two hyphens.
  if (form === 'libvirt')
    return `<!--\n${lines.map((line) => `  ${line.replace(/-(?=-)/g, '- ')}\n`).join('')}-->\n${text}`;
  const shebang = form === 'qemu' ? '#!/bin/sh\n' : '';
  return `${shebang}${lines.map((line) => `# ${line}\n`).join('')}${text}`;
}
