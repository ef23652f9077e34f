/** Where a guest's memory may and should go: bindings that hold, CPUs of its vCPUs, memory without CPUs. */
import { describe, expect, test } from 'vitest';
import type { GuestConfig, HomesConfig } from '../../../shared/model/config.ts';
import { guestOf, hostOf, ruleOf, worldOf } from '../fleet/fleet-fixture.ts';
import { Transfers } from './transfers.ts';

/** Nodes 0 and 1 have CPU 0 and CPU 1; node 16 is the largest and has none. */
const host = (name: string, nids: readonly number[] = [0, 1, 16]) =>
  hostOf(
    name,
    nids.map((nid) => [nid, nid === 16 ? 640 : 128, 0]),
  );
const FREE: HomesConfig = { cpus: null, allowed: null, named: [], preferred: null };

function transfersOf(homes: Partial<HomesConfig>, nrPages = 100, on: readonly number[] = [0, 1]): Transfers {
  const guest: GuestConfig = {
    ...guestOf('vm', { host: 'a', nrPages, placement: [ruleOf('interleave', 0, nrPages, on)] }),
    homes: { ...FREE, ...homes },
  };
  const links = [{ name: 'wire', hosts: ['a', 'b'] as const, bytesPerSec: 4096 * 100 }];
  const world = worldOf([host('a'), host('b', [0, 1])], [guest], links as never);
  return Transfers.create(world).transfers!;
}

const migrate = { toHost: 'b', nodes: null, downtimeLimitMs: 100, maxBytesPerSec: 0, maxRounds: 30 };

function gatheredOn(homes: Partial<HomesConfig>, nrPages = 100, on: readonly number[] = [0, 1]): readonly number[] {
  const h = transfersOf(homes, nrPages, on);
  expect(h.compact(0, null, 1000, 0)).toBeNull();
  return h.compactionRows()[0]!.nodes;
}

describe('a compaction that may choose', () => {
  test('never chooses memory without CPUs, though it alone would hold the guest', () => {
    expect(gatheredOn({}, 200, [0, 1])).toEqual([0, 1]);
    expect(gatheredOn({}, 200, [16])).toEqual([0, 1]);
  });
  test('chooses the node of its CPUs', () => {
    expect(gatheredOn({ cpus: [1] })).toEqual([1]);
    expect(gatheredOn({ cpus: [0, 1] })).toEqual([0]);
  });
  test('takes other nodes with CPUs besides where those of its CPUs do not suffice', () => {
    expect(gatheredOn({ cpus: [1] }, 200)).toEqual([0, 1]);
  });
  test('prefers what it prefers, and then what has CPUs', () => {
    expect(gatheredOn({ preferred: [1] })).toEqual([1]);
    expect(gatheredOn({ preferred: [1] }, 200)).toEqual([0, 1]);
    expect(gatheredOn({ preferred: [16] }, 200)).toEqual([16]);
  });
  test('stays where it is bound, with or without CPUs', () => {
    expect(gatheredOn({ allowed: [1], named: [1] })).toEqual([1]);
    expect(gatheredOn({ allowed: [16], named: [16] }, 200)).toEqual([16]);
  });
});

describe('a binding holds', () => {
  test('a compaction to other nodes is rejected, and so is gathering cells that are bound apart', () => {
    const bound = transfersOf({ allowed: [0], named: [0] });
    expect(bound.compact(0, [0, 1], 1000, 0)).toEqual({ slug: 'bound-elsewhere', vm: 'vm', nodes: [1], bound: [0] });
    expect(bound.compact(0, [0], 1000, 0)).toBeNull();
    expect(transfersOf({ allowed: [], named: [0, 1] }).compact(0, null, 1000, 0)).toEqual({
      slug: 'bound-apart',
      vm: 'vm',
    });
  });
  test('a migration to a host without its nodes is rejected until they are remapped', () => {
    const h = transfersOf({ allowed: [16], named: [16] });
    const rejection = { slug: 'bound-node-missing', vm: 'vm', toHost: 'b', nodes: [16], has: [0, 1], fitsOn: [0] };
    expect(h.migrate(0, migrate, 0)).toEqual(rejection);
    expect(h.migrate(0, { ...migrate, nodes: [1] }, 0)).toBeNull();
  });
  test('a migration keeps to nodes of the same id', () => {
    const h = transfersOf({ allowed: [1], named: [1] });
    expect(h.migrate(0, migrate, 0)).toBeNull();
    for (let tick = 0; h.isBusy; tick++) h.step(tick);
    expect([...h.fleet.guest(0).backing.pagesByNode(1).keys()]).toEqual([1]);
  });
});
