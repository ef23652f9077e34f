/**
 * Pictures: one character a page. A backing shows the host node of each page (. is a hole), a layout the guest node.
 */
import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { Backing, ExtentRun, type HostNodeRef } from '../fleet/index.ts';
import type { NodeMap } from './regeneration.ts';
import { bootNodeMap, deriveLayout, hostTargetLagPages, remap } from './regeneration.ts';

function backed(picture: string, host = 0): Backing {
  const run = new ExtentRun();
  [...picture].forEach((c, pfn) => {
    if (c !== '.') run.push({ start: pfn, pages: 1, host, hostNid: Number.parseInt(c, 36), frame: pfn });
  });
  return new Backing(run.extents);
}

function layout(picture: string): LayoutRange[] {
  const ranges: { start: number; end: number; nid: number }[] = [];
  [...picture].forEach((c, pfn) => {
    const last = ranges[ranges.length - 1];
    if (last?.nid === Number(c)) last.end = pfn + 1;
    else ranges.push({ start: pfn, end: pfn + 1, nid: Number(c) });
  });
  return ranges;
}

const pictureOf = (ranges: readonly LayoutRange[]): string =>
  ranges.map((r) => String(r.nid).repeat(r.end - r.start)).join('');

/** `0:2 2:- ` : guest node 0 stands for host node 2. */
const mapOf = (hostNids: readonly (number | null)[], host = 0): NodeMap => ({
  nodes: hostNids.map((hostNid) => (hostNid === null ? null : { host, hostNid })),
  shared: [],
});

const hostNids = (map: NodeMap): (number | null)[] => map.nodes.map((ref) => ref?.hostNid ?? null);

/** A line of nodes, 10 per step. */
const line = (a: HostNodeRef, b: HostNodeRef): number => 10 + 10 * Math.abs(a.hostNid - b.hostNid);

describe('bootNodeMap', () => {
  it('gives each guest node the host node that backs most of it', () => {
    //  pages    0123456789ab
    //  host     111100022222
    //  guest    000000111111
    // Expect: guest 0 stands for host 1 (4 of 6), guest 1 for host 2 (5 of 6), guest 2 for none.
    expect(hostNids(bootNodeMap(backed('111100022222'), layout('000000111111'), 3))).toEqual([1, 2, null]);
  });

  it('breaks ties by the lowest host nid', () => {
    // Expect: three pages each, host 1 wins over host 2.
    expect(hostNids(bootNodeMap(backed('222111'), layout('000000'), 1))).toEqual([1]);
  });

  it('lets a host node be claimed once; the later guest node takes its next best, or none', () => {
    //  host     0000 0003 0000
    //  guest    0000 1111 2222
    // Expect: 0 claims host 0; 1 has only host 3 left; 2 has nothing left.
    expect(hostNids(bootNodeMap(backed('000000030000'), layout('000011112222'), 4))).toEqual([0, 3, null, null]);
  });
});

describe('remap', () => {
  it('keeps the guest number when a whole node moves, and both on a migration', () => {
    //  host before  00001111     host after   00005555
    //  guest        00001111
    // Expect: guest 1 stands for host 5.
    const target = layout('00001111');
    expect(hostNids(remap(mapOf([0, 1, null]), backed('00005555'), target, line))).toEqual([0, 5, null]);
    // Migrated to nodes 16 (g) and 17 (h) of another host. Expect: cells keep their order, the new host is recorded.
    const migrated = remap(mapOf([0, 1, null]), backed('gggghhhh', 1), target, line);
    expect(migrated.nodes).toEqual([{ host: 1, hostNid: 16 }, { host: 1, hostNid: 17 }, null]);
    // The other way round on the destination. Expect: cells keep their pages, not their order.
    expect(hostNids(remap(mapOf([0, 1, null]), backed('hhhhgggg', 1), target, line))).toEqual([17, 16, null]);
  });

  it('gives a split node a new guest number and keeps the old one in place', () => {
    //  host     00220011
    //  guest    00000011
    // Expect: host 2 gets number 2, which never stood for anything.
    expect(hostNids(remap(mapOf([0, 1, null]), backed('00220011'), layout('00000011'), line))).toEqual([0, 1, 2]);
  });

  it('gives a guest node without a host node the one that now backs its pages', () => {
    //  host before  00000000, so guest 1 stood for none; host after 00003333
    //  guest        00001111
    // Expect: guest 1 stands for host 3.
    expect(hostNids(remap(mapOf([0, null, null]), backed('00003333'), layout('00001111'), line))).toEqual([0, 3, null]);
  });

  it('counts the nodes of two hosts apart, although their ids are the same', () => {
    //  host a   0011          guest 0 is a0, guest 1 is a1
    //  host b       0011
    //  guest    00110011
    // Expect: b0 and b1 get numbers of their own; without any left, they share those of the first node there is.
    const both = new Backing([...backed('0011').extents, ...backed('....0011', 1).extents]);
    const target = layout('00110011');
    expect(remap(mapOf([0, 1, null, null]), both, target, line).nodes).toEqual([
      { host: 0, hostNid: 0 },
      { host: 0, hostNid: 1 },
      { host: 1, hostNid: 0 },
      { host: 1, hostNid: 1 },
    ]);
    expect(remap(mapOf([0, 1]), both, target, line).shared).toEqual([
      { host: 1, hostNid: 0, nid: 0 },
      { host: 1, hostNid: 1, nid: 1 },
    ]);
    expect(hostTargetLagPages(both, mapOf([0, 1]), target)).toBe(4);
  });

  it('keeps the meaning of a vacated number while another is unused, then reuses it, then shares', () => {
    //  guest 0 holds all; guest 1 stood for host 7, which backs nothing now
    //  host     00223344
    // Expect: host 2 takes 2 (never used), host 3 takes 1 (vacated), host 4 shares the number of its nearest, host 3.
    const map = remap(mapOf([0, 7, null]), backed('00223344'), layout('00000000'), line);
    expect(hostNids(map)).toEqual([0, 3, 2]);
    expect(map.shared).toEqual([{ host: 0, hostNid: 4, nid: 1 }]);
    // Node 2 leaves. Expect: the node that shared gets the number that came free; nothing is shared any more.
    const after = remap(map, backed('00003344'), layout('00221111'), line);
    expect(hostNids(after)).toEqual([0, 3, 4]);
    expect(after.shared).toEqual([]);
    // Nothing moved. Expect: the same map.
    expect(remap(after, backed('00003344'), layout('00001122'), line)).toEqual(after);
  });
});

describe('deriveLayout', () => {
  const identity = mapOf([0, 1, 2, 3]);

  it('follows the backing page by page at a granularity of 1, holes continuing the run below', () => {
    //  host     ..00..1100..
    // Expect    000000110000
    const t = layout('000000000000');
    expect(pictureOf(deriveLayout(backed('..00..1100..'), identity, 1, 12, t))).toBe('000000110000');
  });

  it('gives a window to the node that backs most of it', () => {
    //  windows  |---|---|---|---|
    //  host     0001110122202222
    // Expect    0000111122222222
    const t = layout('0'.repeat(16));
    expect(pictureOf(deriveLayout(backed('0001110122202222'), identity, 4, 16, t))).toBe('0000111122222222');
  });

  it('leaves a tied window where it is, else gives it to the lowest nid', () => {
    //  windows  |---|---|---|
    //  host     001100112233
    //  target   111122221111
    // Expect    111100002222    target 1 is tied; 2 is not, so 0; 1 is not, so 2
    const t = layout('111122221111');
    expect(pictureOf(deriveLayout(backed('001100112233'), identity, 4, 12, t))).toBe('111100002222');
  });

  it('counts valid pages only, also in a cut last window', () => {
    //  windows  |---|---|-
    //  host     0...1.002.
    // Expect    0000000022
    const t = layout('0000000000');
    expect(pictureOf(deriveLayout(backed('0...1.002.'), identity, 4, 10, t))).toBe('0000000022');
  });

  it('maps shared host nodes to the shared number and refuses unmapped ones', () => {
    const shared: NodeMap = { ...mapOf([0, 1]), shared: [{ host: 0, hostNid: 5, nid: 1 }] };
    expect(pictureOf(deriveLayout(backed('0551'), shared, 1, 4, layout('0000')))).toBe('0111');
    expect(() => deriveLayout(backed('0661'), shared, 1, 4, layout('0000'))).toThrow('derive-unmapped-node');
  });

  it.each([1, 2, 3, 4])('agrees with a count page by page on 60 random backings, seed %i', (seed) => {
    const prng = new Prng(seed, 'derive-test');
    for (let n = 0; n < 60; n++) {
      const nrPages = 20 + prng.below(80);
      const granularity = [1, 2, 4, 8, 16][prng.below(5)]!;
      const runs = (symbols: string): string => {
        let picture = '';
        while (picture.length < nrPages) picture += symbols[prng.below(symbols.length)]!.repeat(1 + prng.below(12));
        return picture.slice(0, nrPages);
      };
      const [host, target] = [runs('0123.'), runs('0123')];
      if (!/[0-3]/.test(host)) continue;
      const backing = backed(host);
      const derived = pictureOf(deriveLayout(backing, identity, granularity, nrPages, layout(target)));
      expect(derived).toBe(naiveLayout(host, target, granularity));
      const lag = [...host].filter((c, i) => c !== '.' && c !== derived[i]).length;
      expect(hostTargetLagPages(backing, identity, layout(derived))).toBe(lag);
    }
  });
});

/** Window by window, page by page. */
function naiveLayout(host: string, target: string, granularity: number): string {
  const windows: (string | null)[] = [];
  for (let start = 0; start < host.length; start += granularity) {
    const pages = [...host.slice(start, start + granularity)].filter((c) => c !== '.');
    const count = (nid: string): number => pages.filter((c) => c === nid).length;
    const order = [target[start]!, '0', '1', '2', '3'];
    windows.push(pages.length === 0 ? null : order.reduce((best, nid) => (count(nid) > count(best) ? nid : best)));
  }
  let nid = windows.find((w) => w !== null)!;
  const all = windows.map((w) => (nid = w ?? nid).repeat(granularity)).join('');
  return all.slice(0, host.length);
}

describe('hostTargetLagPages', () => {
  it('counts pages whose host node is not the one that their guest node stands for', () => {
    //  host     0011..22
    //  guest    00011111    guest 0 is host 0, guest 1 is host 1, host 2 is nobody's
    // Expect: page 2 (host 1, guest 0) and pages 6, 7 (host 2).
    expect(hostTargetLagPages(backed('0011..22'), mapOf([0, 1]), layout('00011111'))).toBe(3);
  });
});
