/** Guests with the posted code's defects in a world: restored in mid-life, waited for, and told apart in snapshots. */
import { describe, expect, it } from 'vitest';
import { ALL_DEFECTS, CORRECT, type GuestConfig, type RfcSwitches } from '../../shared/model/config.ts';
import { COMPACT, config, guest, start } from './world-fixture.ts';
import { World } from './world.ts';

function defective(name: string, rfc: RfcSwitches, more: Partial<GuestConfig> = {}): GuestConfig {
  const plain = guest(name, more);
  return { ...plain, mm: { ...plain.mm, profile: { ...plain.mm.profile, rfc } } };
}

const STRIPES = Array.from({ length: 32 }, (_, k) => ({ start: k * 128, end: (k + 1) * 128, nid: k % 3 }));

describe('a world with such a guest', () => {
  it.each([3, 20, 41])('written down at tick %i and read back, goes on as if it had not been', (stop) => {
    const c = config(
      [defective('a', ALL_DEFECTS), guest('b')],
      [
        { at: 2, command: { type: 'commitLayout', vm: 'a', ranges: STRIPES } },
        { at: 10, command: COMPACT },
        { at: 40, command: { type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: 4096, nid: 3 }] } },
      ],
    );
    const watched = start(c);
    for (let i = 0; i < stop; i++) watched.step();
    const twin = World.restore(c, watched.state());
    expect(twin.hash()).toBe(watched.hash());
    for (let i = 0; i < 40; i++) {
      watched.step();
      twin.step();
      expect(watched.check()).toEqual([]);
    }
    expect(twin.hash()).toBe(watched.hash());
    expect(twin.guests[0]!.memory.faults()).toEqual(watched.guests[0]!.memory.faults());
    expect(watched.guests[0]!.memory.faults().length).toBeGreaterThan(0);
  });

  it('is not waited for because of free pages on a wrong node', () => {
    const idle = { workload: null, regeneration: { enabled: false, granularityPages: 16, delayTicks: 3 } };
    const world = start(
      config(
        [defective('a', ALL_DEFECTS, idle)],
        [{ at: 1, command: { type: 'commitLayout', vm: 'a', ranges: STRIPES } }],
      ),
    );
    for (let i = 0; i < 3; i++) world.step();
    const { memory: mm } = world.guests[0]!;
    expect(mm.misplaced(0, 1)).toBeGreaterThan(0);
    expect(world.converged()).toBe(true);
  });

  it('shows in a snapshot what its kernel counts, and a guest without defects does not', () => {
    const idle = { workload: null, regeneration: { enabled: false, granularityPages: 16, delayTicks: 3 } };
    const sizes = (rfc: RfcSwitches): number[] => {
      // Node 1 boots with DMA32 alone, as in the cover letter.
      const world = start(
        config([defective('a', rfc, idle)], [{ at: 1, command: { type: 'commitLayout', vm: 'a', ranges: STRIPES } }]),
      );
      for (let i = 0; i < 3; i++) world.step();
      const { nodes } = world.snapshot('accounts').tables;
      return Array.from(nodes.columns.presentPages).slice(0, 3);
    };
    // 4096 pages: stripes 0, 3, .. 30 are node 0's (11), 11 node 1's, 10 node 2's. DMA is stripes 0..7: 3, 3, 2.
    expect(sizes(CORRECT)).toEqual([1408, 1408, 1280]);
    expect(sizes(ALL_DEFECTS)).toEqual([1408, 3 * 128, 1280]);
  });
});
