/** What is printed is read back as the same VM, as far as the form can say it; the rest is in its head. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { VmFacts } from '../index.ts';
import { changeDomain, libvirtDomain, printVm, readForeign } from '../index.ts';
import { VM_FORMS } from './vm-out.ts';

const VM: VmFacts = {
  ...libvirtDomain.read(
    `<domain type='kvm'><name>db-1</name><uuid>00000000-0000-4000-8000-000000000012</uuid><memory unit='GiB'>6</memory>
<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking><vcpu current='2'>4</vcpu>
<cputune><vcpupin vcpu='0' cpuset='8-9'/><vcpupin vcpu='3' cpuset='2,12'/><emulatorpin cpuset='0'/></cputune>
<numatune><memory mode='strict' nodeset='0-1,8'/><memnode cellid='1' mode='preferred' nodeset='8'/></numatune>
<os><type arch='x86_64'>hvm</type></os><cpu><topology sockets='2' cores='2' threads='1'/><numa>
<cell id='0' cpus='0-1' memory='4' unit='GiB'><distances><sibling id='0' value='10'/><sibling id='1' value='31'/></distances></cell>
<cell id='1' cpus='2-3' memory='2' unit='GiB'/></numa></cpu></domain>`,
    'f',
  ).value!,
};
const read = (text: string): VmFacts => readForeign(text, 'f').value as VmFacts;
const SAID: Readonly<Record<string, readonly (keyof VmFacts)[]>> = {
  libvirt: [
    'name',
    'uuid',
    'memoryKiB',
    'vcpus',
    'vcpusCurrent',
    'cells',
    'distances',
    'memory',
    'memnodes',
    'vcpupin',
    'emulatorpin',
    'hugepages',
    'arch',
    'cpuTopology',
  ],
  qemu: ['name', 'uuid', 'memoryKiB', 'vcpus', 'vcpusCurrent', 'cells', 'distances', 'arch', 'cpuTopology'],
  proxmox: ['name', 'uuid', 'memoryKiB', 'vcpus', 'vcpusCurrent', 'cells', 'hugepages'],
  kubevirt: ['name', 'uuid', 'memoryKiB', 'vcpus', 'hugepages', 'cpuTopology'],
};

describe.each(VM_FORMS)('as %s', (form) => {
  const text = printVm(VM, form);
  it('says what it can', () => {
    const facts = read(text);
    for (const name of SAID[form]!) {
      const plain = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value).replaceAll('"memAccess":null', '"memAccess":null'));
      expect(plain(facts[name]), name).toEqual(plain(VM[name]));
    }
    if (form === 'qemu' || form === 'proxmox')
      expect(facts.memnodes).toEqual([
        { cell: 0, mode: 'strict', nodeset: [0, 1, 8] },
        { cell: 1, mode: 'preferred', nodeset: [8] },
      ]);
  });
  it('says in its head what it cannot', () => {
    const head = text
      .split('\n')
      .filter((line) => /Not said here/.test(line))
      .join('\n');
    expect(head).toContain('disks');
    if (form === 'qemu') expect(head).toMatch(/vCPU 3 on 2,12; the emulator on 0/);
    if (form === 'proxmox') expect(head).toMatch(/distances.*\n.*affinity is of the whole process/);
    if (form === 'kubevirt') expect(head).toMatch(/cell 1 preferred on nodes 8/);
  });
  it('takes a name of any characters for a name', () => {
    const name = `a'b"<c>,$(x) --\u00fc`;
    const facts = read(printVm({ ...VM, name }, form));
    if (form === 'libvirt' || form === 'qemu') expect(facts.name).toBe(name);
    else expect(facts.name).toMatch(/^[\w.-]+$/);
  });
});

describe('a domain with what a VM has', () => {
  const text = readFileSync(new URL('../libvirt-domain/fixtures/three-cells.xml', import.meta.url), 'utf8');
  const vm = read(text);
  it('is the same text where nothing differs', () => {
    expect(changeDomain(text, 'f', vm).value).toBe(text);
    expect(changeDomain(`\ufeff${text}`, 'f', vm).value).toBe(`\ufeff${text}`);
  });
  it('differs in one number where one differs', () => {
    const cells = vm.cells.map((cell, i) => (i === 1 ? { ...cell, memoryKiB: cell.memoryKiB! + 1024 } : cell));
    const changed = changeDomain(text, 'f', { ...vm, cells }).value!;
    const lines = text.split('\n').filter((line, i) => line !== changed.split('\n')[i]);
    expect(lines).toHaveLength(1);
    expect(read(changed).cells).toEqual(cells);
  });
  it('has bindings and pins put in, changed and taken out, and reads back as them', () => {
    const wanted = {
      ...vm,
      memory: { mode: 'preferred' as const, nodeset: [3], placement: null },
      memnodes: [{ cell: vm.cells[0]!.id, mode: 'strict' as const, nodeset: [1, 2] }],
      vcpupin: { '0': [4, 5], '1': [7] },
    };
    for (const base of [
      text,
      `<domain type='kvm'><name>x</name><memory>${vm.cells.reduce((sum, { memoryKiB }) => sum + memoryKiB!, 0)}</memory><vcpu>${vm.vcpus}</vcpu>\n  <cpu><numa>${vm.cells.map(({ id, memoryKiB }) => `<cell id='${id}' memory='${memoryKiB}'/>`).join('')}</numa></cpu>\n</domain>\n`,
    ]) {
      const changed = changeDomain(base, 'f', wanted).value!;
      const again = read(changed);
      expect([again.memory?.mode, again.memory?.nodeset, again.memnodes, again.vcpupin]).toEqual([
        'preferred',
        [3],
        wanted.memnodes,
        wanted.vcpupin,
      ]);
      expect(changeDomain(changed, 'f', wanted).value).toBe(changed);
    }
  });
});
