import { expect, test } from 'vitest';
import type { Finding } from '../model/finding.ts';
import { assumedOf, fittingFindings, hostsOf, NO_FINDING_FILTER, severityCounts, vmsOf } from './finding-list.ts';

const finding = (id: string, severity: Finding['severity'], host: string, vm: string | null): Finding => ({
  ...{ id, severity, host, vm, cell: null, node: null, text: `${vm ?? host} is so.`, source: 's' },
  remedy: [{ kind: 'command', tool: 'virsh', text: 'virsh numatune' }],
});
const ALL = [
  finding('a', 'error', 'h1', 'vm-10'),
  finding('b', 'warning', 'h2', 'vm-2'),
  finding('c', 'note', 'h1', null),
];
const ids = (filter: Partial<typeof NO_FINDING_FILTER>): string[] =>
  fittingFindings(ALL, { ...NO_FINDING_FILTER, ...filter }).map((row) => `${row.index}${row.finding.id}`);

test('a filter keeps the order, and each finding its number', () => {
  expect(ids({})).toEqual(['0a', '1b', '2c']);
  expect(ids({ severity: 'note' })).toEqual(['2c']);
  expect(ids({ host: 'h1' })).toEqual(['0a', '2c']);
  expect(ids({ vm: 'vm-2' })).toEqual(['1b']);
  expect(ids({ words: 'NUMATUNE vm-10' })).toEqual(['0a']);
  expect(ids({ words: 'nothing of it' })).toEqual([]);
});

test('counts, hosts, and VMs by number', () => {
  expect(severityCounts(ALL)).toEqual({ error: 1, warning: 1, note: 1 });
  expect(hostsOf(ALL)).toEqual(['h1', 'h2']);
  expect(vmsOf(ALL)).toEqual(['vm-2', 'vm-10']);
});

test('what is assumed is found by the VM, or by the host as a whole', () => {
  const of = (vm: string | null) => ({ host: 'h1', vm, text: 't', measure: null });
  const { vms, hosts } = assumedOf([of('a'), of('a'), of(null)]);
  expect([vms.get('a')?.length, vms.get('b'), hosts.get('h1')?.length]).toEqual([2, undefined, 1]);
});
