import { placementText } from '../../../shared/view/words/index.ts';
import { describe, expect, it } from 'vitest';
import type { GuestConfig } from '../../../shared/model/config.ts';
import { checkFleet } from './check.ts';
import { Fleet } from './fleet.ts';
import { hostNodesTable } from './fleet-table.ts';
import type { GuestShape } from './fleet-fixture.ts';
import { guestOf, hostOf, ruleOf, sharesOf, worldOf } from './fleet-fixture.ts';

const HOST = hostOf('h', [
  [0, 64, 4],
  [1, 32, 0],
  [16, 0, 0],
  [17, 32, 2],
]);

const guest = (shape: Omit<GuestShape, 'host'>, name = 'vm'): GuestConfig => guestOf(name, { host: 'h', ...shape });

function place(...guests: readonly GuestConfig[]): Fleet {
  const { fleet, problems } = Fleet.create(worldOf([HOST], guests));
  expect(problems).toEqual([]);
  expect(checkFleet(fleet!)).toEqual([]);
  return fleet!;
}

const extents = (h: Fleet): number[][] => h.guest(0).backing.extents.map((e) => [e.start, e.pages, e.hostNid, e.frame]);

describe('placement', () => {
  it('strict fills the nodes in their order; holes get no frame', () => {
    const h = place(
      guest({ nrPages: 100, holes: [{ start: 20, end: 40 }], placement: [ruleOf('strict', 0, 100, [1, 0])] }),
    );
    // Expect: pages 0-19 and 40-51 on node 1 (32 frames), the other 48 on node 0 after its 4 reserved frames.
    expect(extents(h)).toEqual([
      [0, 20, 1, 0],
      [40, 12, 1, 20],
      [52, 48, 0, 4],
    ]);
  });

  it('preferred goes on with the other nodes by distance', () => {
    const h = place(guest({ nrPages: 80, placement: [ruleOf('preferred', 0, 80, [17])] }));
    // Expect: 30 on node 17; node 1 is nearer to it than node 0 (node 16 has no memory).
    expect(extents(h)).toEqual([
      [0, 30, 17, 2],
      [30, 32, 1, 0],
      [62, 18, 0, 4],
    ]);
  });

  it('interleave deals frame by frame and skips full nodes', () => {
    const rules = [ruleOf('strict', 0, 30, [1]), ruleOf('interleave', 30, 38, [0, 1])];
    // Expect: node 1 has 2 frames left, for pages 31 and 33; the rest goes to node 0.
    expect(extents(place(guest({ nrPages: 38, placement: rules })))).toEqual([
      [0, 30, 1, 0],
      [30, 1, 0, 4],
      [31, 1, 1, 30],
      [32, 1, 0, 5],
      [33, 1, 1, 31],
      [34, 4, 0, 6],
    ]);
  });

  it('shares in runs, and scattered in an order that the seed and the name of the VM draw', () => {
    const runs = place(guest({ nrPages: 40, placement: [sharesOf(0, 40, { 0: 16, 1: 24 }, false)] }));
    expect(extents(runs)).toEqual([
      [0, 16, 0, 4],
      [16, 24, 1, 0],
    ]);
    const scattered = guest({ nrPages: 40, placement: [sharesOf(0, 40, { 0: 16, 1: 24 }, true)] });
    const one = place(scattered);
    expect(one.guest(0).backing.pagesByNode(0)).toEqual(runs.guest(0).backing.pagesByNode(0));
    expect(one.guest(0).backing.extents.length).toBeGreaterThan(8);
    expect(extents(place(scattered))).toEqual(extents(one));
    expect(extents(place({ ...scattered, name: 'other' }))).not.toEqual(extents(one));
  });

  it('scattered shares are exact although the last frame is partly padding', () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const h = place(
        guest({ nrPages: 43, framePages: 8, placement: [sharesOf(0, 43, { 0: 24, 1: 19 }, true)] }, name),
      );
      expect([...h.guest(0).backing.pagesByNode(0)].sort()).toEqual([
        [0, 24],
        [1, 19],
      ]);
    }
  });

  it('backs whole aligned frames: pages cut off by a hole or the end are used but not backed', () => {
    //  frames of 8  |0......|8......|16.....|24.....|
    //  valid         *****--- -----*** ******** ***      (hole 5-12; the last page is 26)
    // Expect: frames 0 and 1 (8 pages each) for 0-4 and 13-15, 16-23 whole, 3 pages of the fourth: 19 valid, 32 used.
    const placement = [sharesOf(0, 27, { 0: 8, 1: 11 }, true)];
    const h = place(guest({ nrPages: 27, framePages: 8, holes: [{ start: 5, end: 13 }], placement }));
    const used = hostNodesTable(h).columns.usedPages;
    expect(h.guest(0).backing.extents.reduce((sum, e) => sum + e.pages, 0)).toBe(19);
    expect([...used].reduce((sum, n) => sum + n, 0)).toBe(32);
    expect(h.guest(0).backing.extents.every((e) => (e.frame - e.start) % 8 === 0)).toBe(true);
  });

  it('gives a window that two rules share to the rule of its lowest page', () => {
    const placement = [ruleOf('strict', 0, 10, [0]), ruleOf('strict', 10, 24, [1])];
    expect(extents(place(guest({ nrPages: 24, framePages: 8, placement })))).toEqual([
      [0, 16, 0, 8],
      [16, 8, 1, 0],
    ]);
  });

  it('tells every rule of every VM that does not fit, and how many pages are missing where', () => {
    const big = guest({ nrPages: 50, placement: [ruleOf('strict', 0, 40, [1]), ruleOf('strict', 40, 50, [0])] }, 'big');
    const shares = guest({ nrPages: 64, placement: [sharesOf(0, 64, { 0: 60, 17: 4 }, false)] }, 'shares');
    const lost = guest({ nrPages: 64, framePages: 8, placement: [ruleOf('interleave', 0, 64, [16, 17, 99])] }, 'lost');
    const { fleet, problems } = Fleet.create(worldOf([HOST], [big, shares, lost]));
    expect(fleet).toBeNull();
    // Expect: big lacks 8 of 40 on node 1; node 0 has 50 of 60 left for shares; after 4 frames node 17 has whole frames
    // of 8 only in 8-31, so lost gets 24 of 64 pages.
    expect(problems.map((p) => [p.guest, p.rule, p.nodes, p.shortPages])).toEqual([
      ['big', 0, [1], 8],
      ['shares', 0, [0], 10],
      ['lost', 0, [16, 17, 99], 40],
    ]);
    expect(placementText(problems[0]!)).toBe(
      'VM big does not fit: placement rule 0 (strict, pages 0 to 40) is 8 pages short on node 1 of host h.',
    );
  });
});
