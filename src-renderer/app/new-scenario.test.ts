import { expect, test } from 'vitest';
import { newHostKind, totalsOf } from './new-scenario.ts';

test('hosts, nodes, VMs, links and memory are summed over all kinds', () => {
  const kinds = [
    { ...newHostKind(), count: 3, nodes: 2, nodeMemoryMiB: 1000, vms: 2, vmMemoryMiB: 100 },
    { ...newHostKind(), count: 1, nodes: 8, nodeMemoryMiB: 500, vms: 0, vmMemoryMiB: 1 },
  ];
  const sums = { hosts: 4, nodes: 14, vms: 6, hostMiB: 10_000, vmMiB: 600, problem: null };
  expect(totalsOf(kinds, 'all')).toEqual({ ...sums, links: 6 });
  expect(totalsOf(kinds, 'first')).toEqual({ ...sums, links: 3 });
  expect(totalsOf(kinds, 'none')).toEqual({ ...sums, links: 0 });
});

test('too many hosts or VMs, and VMs that no host of theirs can hold, are told before they are made', () => {
  expect(totalsOf([{ ...newHostKind(), count: 65 }], 'all').problem).toContain('65 hosts');
  expect(totalsOf([{ ...newHostKind(), count: 64, vms: 65, vmMemoryMiB: 1 }], 'all').problem).toContain('VMs');
  const small = { ...newHostKind(), nodes: 1, nodeMemoryMiB: 100, vms: 1, vmMemoryMiB: 101 };
  // Another host has room in plenty, but VMs do not cross over.
  expect(totalsOf([newHostKind(), small], 'all').problem).toContain('more memory than the host has');
  expect(totalsOf([newHostKind(), { ...small, vmMemoryMiB: 100 }], 'all').problem).toBeNull();
});
