import { describe, expect, test } from 'vitest';
import { guestsOf } from '../columns/index.ts';
import { hostMatrix } from './host.ts';
import { randomWorld } from './fixture/random-world.ts';
import { vmList, VM_SORTS } from './vm-list.ts';
import type { VmListOptions, VmListRow } from './vm-list.ts';

const SEEDS = Array.from({ length: 30 }, (_, seed) => seed + 1);
const ALL: VmListOptions = { filter: '', sort: 'scenario', group: 'none', closed: new Set() };
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
type Group = VmListRow & { kind: 'group' };
const isGroup = (row: VmListRow): row is Group => row.kind === 'group';

describe('the list of VMs', () => {
  test.each(SEEDS)('has each VM once, whatever the order, in world %i', (seed) => {
    const snapshot = randomWorld(seed);
    const { vms } = hostMatrix(snapshot);
    const guests = guestsOf(snapshot);
    for (const sort of VM_SORTS) {
      const { rows, fitting } = vmList(snapshot, { ...ALL, sort });
      const shown = rows.map((row) => (row.kind === 'vm' ? row.guest : -1));
      expect(shown.toSorted((a, b) => a - b)).toEqual(vms.map(({ guest }) => guest));
      expect(fitting).toBe(vms.length);
      const figure = (guest: number): number | string =>
        ({
          scenario: guest,
          score: vms[guest]!.largestNodeShare ?? 101,
          name: Number(vms[guest]!.name.slice(2)),
          size: -vms[guest]!.totalPages,
          owed: -guests[guest]!.lag.targetActual,
          stale: guests[guest]!.lag.coalesced - guests[guest]!.lag.hostTarget,
        })[sort];
      shown.slice(1).forEach((guest, i) => expect(figure(shown[i]!) <= figure(guest)).toBe(true));
    }
  });

  test.each(SEEDS)('grouped by node has what VMs use of each node, in world %i', (seed) => {
    const snapshot = randomWorld(seed);
    const { nodes } = hostMatrix(snapshot);
    const groups = vmList(snapshot, { ...ALL, group: 'node', sort: 'score' }).rows.filter(isGroup);
    expect(nodes.map((_, node) => groups.find((group) => group.node === node)?.pages ?? 0)).toEqual(
      nodes.map(({ usedPages }) => usedPages),
    );
  });

  test.each(SEEDS)('grouped by host has the memory of the VMs that run there, open or closed, in world %i', (seed) => {
    const snapshot = randomWorld(seed);
    const { vms } = hostMatrix(snapshot);
    const open = vmList(snapshot, { ...ALL, group: 'host' }).rows;
    for (const { host, vms: count, pages, key } of open.filter(isGroup)) {
      const own = vms.filter((vm) => vm.host === host);
      expect([count, pages]).toEqual([own.length, sum(own.map(({ totalPages }) => totalPages))]);
      const closed = vmList(snapshot, { ...ALL, group: 'host', closed: new Set([key]) }).rows;
      expect(closed).toHaveLength(open.length - count);
    }
    expect(open.filter((row) => row.kind === 'vm')).toHaveLength(vms.length);
  });

  test('filters by every word of the name or its host, and leaves empty groups out', () => {
    const snapshot = randomWorld(3);
    const { vms } = hostMatrix(snapshot);
    const { name, host, guest } = vms[vms.length - 1]!;
    const { rows, fitting } = vmList(snapshot, {
      ...ALL,
      group: 'host',
      filter: ` ${name.toUpperCase()} host${host} `,
    });
    expect(fitting).toBe(1);
    expect(rows.map((row) => (row.kind === 'group' ? `host ${row.host}` : row.guest))).toEqual([`host ${host}`, guest]);
    expect(vmList(snapshot, { ...ALL, filter: 'no such' })).toEqual({ rows: [], fitting: 0 });
  });
});
