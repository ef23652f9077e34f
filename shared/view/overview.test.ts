import { describe, expect, test } from 'vitest';
import { guestsOf, rowAt } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { hostNodeRows } from './host.ts';
import { inOrder, isCrowded, overviewOf, OVERVIEW_ORDERS, standout, usedShare } from './overview.ts';
import type { OverviewHost } from './overview.ts';
import { randomWorld } from './fixture/random-world.ts';
import { standoutText } from './words/overview.ts';

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 1);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Page by page from the runs of the backing: on which host node each VM has how much, first copies alone. */
function awayByHand(snapshot: Snapshot, host: number, nid: number): number {
  const { backing, vcpus, nodes } = snapshot.tables;
  let away = 0;
  for (let i = 0; i < backing.rows; i++) {
    const run = rowAt('backing', backing, i);
    if (run.host !== host || run.hostNid !== nid || run.copy === 1) continue;
    const homes: string[] = [];
    for (let c = 0; c < vcpus.rows; c++) {
      const cpu = rowAt('vcpus', vcpus, c);
      if (cpu.guest !== run.guest) continue;
      for (let n = 0; n < nodes.rows; n++) {
        const node = rowAt('nodes', nodes, n);
        if (node.guest === run.guest && node.nid === cpu.nid && node.host >= 0)
          homes.push(`${node.host}:${node.hostNid}`);
      }
    }
    if (homes.length > 0 && !homes.includes(`${host}:${nid}`)) away += run.pages;
  }
  return away;
}

describe('the overview of a world', () => {
  test.each(SEEDS)('has every node, and its sums are those of the nodes and VMs, in world %i', (seed) => {
    const snapshot = randomWorld(seed);
    const { hosts, sum: all } = overviewOf(snapshot);
    const rows = hostNodeRows(snapshot);
    const drawn = hosts.flatMap(({ host, nodes }) =>
      nodes.map(({ nid, totalPages, usedPages, freePages, awayPages }) => ({
        host,
        nid,
        totalPages,
        usedPages,
        freePages,
        awayPages,
      })),
    );
    expect(drawn).toEqual(
      rows.map(({ host, nid, totalPages, freePages, usedPages, reservedPages }) => ({
        ...{ host, nid, totalPages, freePages, usedPages: usedPages + reservedPages },
        awayPages: awayByHand(snapshot, host, nid),
      })),
    );
    const guests = guestsOf(snapshot);
    expect(all).toEqual({
      nodes: rows.length,
      vms: guests.length,
      totalPages: sum(rows.map((row) => row.totalPages)),
      usedPages: sum(rows.map((row) => row.usedPages + row.reservedPages)),
      freePages: sum(rows.map((row) => row.freePages)),
      awayPages: sum(drawn.map((node) => node.awayPages)),
      owedPages: sum(guests.map(({ lag }) => lag.targetActual)),
    });
    for (const { host, vms, owedPages } of hosts) {
      const own = guests.filter((guest) => guest.host === host);
      expect([vms, owedPages]).toEqual([own.length, sum(own.map(({ lag }) => lag.targetActual))]);
    }
  });

  test.each(SEEDS)('in any order has the same hosts, the first first, in world %i', (seed) => {
    const { hosts } = overviewOf(randomWorld(seed));
    for (const order of OVERVIEW_ORDERS) {
      const ordered = inOrder(hosts, order);
      expect(new Set(ordered)).toEqual(new Set(hosts));
      const key = ({ host, awayPages, owedPages, ...rest }: OverviewHost): number =>
        ({ named: -host, away: awayPages, owed: owedPages, fullest: usedShare(rest) })[order];
      ordered.slice(1).forEach((host, i) => expect(key(ordered[i]!)).toBeGreaterThanOrEqual(key(host)));
    }
  });
});

const GIB = 262_144;
const node = (nid: number, usedGib: number, awayGib = 0) => ({
  ...{ index: nid, nid, totalPages: 128 * GIB, usedPages: usedGib * GIB },
  ...{ freePages: (128 - usedGib) * GIB, awayPages: awayGib * GIB },
});
function host(name: string, nodes: readonly ReturnType<typeof node>[], owedGib = 0): OverviewHost {
  const [usedPages, awayPages] = [sum(nodes.map((n) => n.usedPages)), sum(nodes.map((n) => n.awayPages))];
  const totalPages = 128 * GIB * nodes.length;
  return {
    ...{ host: 0, name, nodes, vms: 1, totalPages, usedPages },
    ...{ freePages: totalPages - usedPages, awayPages, owedPages: owedGib * GIB },
  };
}

describe('what stands out', () => {
  const even = host('even', [node(0, 60), node(1, 60)]);
  const said = (...hosts: OverviewHost[]): string => {
    const { lead, rest } = standoutText(standout({ hosts }));
    return `${lead} ${rest}`;
  };

  test('is the host with the most away', () => {
    const h37 = host('h37', [node(0, 126, 52), node(1, 126, 47), node(2, 95, 3), node(3, 28)], 27);
    expect(said(even, h37, host('other', [node(0, 100, 9)]))).toBe(
      'h37 stands out: nodes 0-1 are 98 % full while node 3 is 21 % used, 102 GiB lie away from their vCPUs (H), and its VMs owe 27 GiB (T ≠ A).',
    );
  });

  test('else the one with a full node beside one with room, else the one that owes', () => {
    expect(said(even, host('h1', [node(0, 128), node(1, 12)]))).toBe(
      'h1 stands out: node 0 is 100 % full while node 1 is 9 % used.',
    );
    expect(said(even, host('h1', [node(0, 128), node(1, 100)]), host('h2', [node(0, 50)], 1))).toBe(
      'h2 stands out: its VMs owe 1 GiB (T ≠ A).',
    );
    expect(said(even)).toBe('No host stands out: all memory lies beside its vCPUs, and nothing is owed.');
  });

  test('over 90 % is crowded, 90 % is not', () => {
    expect(isCrowded({ usedPages: 90, totalPages: 100 })).toBe(false);
    expect(isCrowded({ usedPages: 91, totalPages: 100 })).toBe(true);
    expect(isCrowded({ usedPages: 0, totalPages: 0 })).toBe(false);
  });
});
