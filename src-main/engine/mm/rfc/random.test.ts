/**
 * Any guest with any defects, by seed: nothing breaks that no switch explains, every fault names a switch that is on,
 * and writing it down and reading it back in between changes nothing.
 */
import { describe, expect, test } from 'vitest';
import { CORRECT, type LayoutRange, type RfcSwitches } from '../../../../shared/model/config.ts';
import { Prng, StateCollector, StateHasher, StateReader } from '../../core/index.ts';
import { GuestMm } from '../guest-mm.ts';
import { NO_PFN } from '../limit.ts';
import { configOf } from './rfc-fixture.ts';

function drawSwitches(prng: Prng): RfcSwitches {
  const on = prng.chance(1, 4) ? 4 : 1;
  const names = Object.keys(CORRECT).filter((name) => name !== 'lostFlagPermille');
  const drawn = Object.fromEntries(names.map((name) => [name, prng.chance(on, 5)]));
  return { ...CORRECT, ...drawn, lostFlagPermille: prng.chance(on, 5) ? prng.below(1000) : 0 };
}

function drawLayout(prng: Prng, nrPages: number, nids: number): LayoutRange[] {
  const stripe = 1 + prng.below(prng.chance(1, 2) ? 300 : 3000);
  const ranges: LayoutRange[] = [];
  for (let start = 0; start < nrPages; start += stripe) {
    ranges.push({ start, end: Math.min(start + stripe, nrPages), nid: prng.below(nids) });
  }
  return ranges;
}

function hashOf(mm: GuestMm): string {
  const hasher = new StateHasher();
  mm.save(hasher);
  return hasher.hex();
}

function reloaded(mm: GuestMm): GuestMm {
  const w = new StateCollector();
  mm.save(w);
  return GuestMm.load(mm.state.config, new StateReader(w.done()));
}

/** One life of a guest. @param reload whether it is written down and read back now and then. */
function live(seed: number, reload: boolean): { hash: string; misplaced: boolean; defects: number } {
  const prng = new Prng(seed, 'rfc-guest');
  const nrPages = 3000 + prng.below(4000);
  const switches = drawSwitches(prng);
  const nids = 2 + prng.below(3);
  const config = configOf(switches, drawLayout(prng, nrPages, nids), {
    nrNodeIds: nids,
    zoneStartPfn: [0, 1024, prng.chance(1, 2) ? 4096 : 1048576],
    cpuNode: [0, nids - 1],
    holes: prng.chance(1, 2) ? [{ start: 500, end: 640 }] : [],
    reserved: [{ start: 0, end: 1 + prng.below(90) }],
  });
  let mm = GuestMm.boot(config);
  const held: { pfn: number; order: number }[] = [];
  let misplaced = false;
  for (let round = 0; round < 14; round++) {
    for (let i = 0; i < 120; i++) {
      const what = prng.below(10);
      const order = prng.chance(1, 3) ? prng.below(11) : 0;
      if (what < 3) {
        const pfn = (prng.below(nrPages) >>> order) << order;
        if (mm.holdBlock(pfn, order)) held.push({ pfn, order });
      } else if (what < 6) {
        const pfn = mm.allocPages(order, prng.below(2), prng.below(3));
        if (pfn !== NO_PFN) held.push({ pfn, order });
      } else if (held.length > 0) {
        const [block] = held.splice(prng.below(held.length), 1);
        const way = prng.below(3);
        if (way === 0) mm.freePagesDirect(block!.pfn, block!.order);
        else if (way === 1 && block!.order === 0) mm.freeToPcp(block!.pfn, prng.below(2));
        else mm.freePages(block!.pfn, block!.order, prng.below(2));
      }
    }
    if (prng.chance(1, 5)) mm.drainPcp();
    expect(mm.check()).toEqual([]);
    const start = mm.beginCommit(drawLayout(prng, nrPages, nids));
    if (!start.ok) throw new Error('refused');
    do {
      for (let i = prng.below(5); i > 0; i--) {
        const pfn = mm.allocPages(0, prng.below(2), prng.below(3));
        if (pfn !== NO_PFN) held.push({ pfn, order: 0 });
      }
      for (let i = prng.below(5); i > 0 && held.length > 0; i--) {
        const [block] = held.splice(prng.below(held.length), 1);
        mm.freePages(block!.pfn, block!.order, prng.below(2));
      }
      expect(mm.check()).toEqual([]);
    } while (start.commit.next() !== null);
    expect(mm.check()).toEqual([]);
    for (const { switches: names } of mm.faults()) {
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(Boolean(switches[name])).toBe(true);
    }
    const marked = new Uint32Array(nids);
    for (let pfn = 0; pfn < nrPages; pfn++) if (mm.isMarked(pfn)) marked[mm.actualNid(pfn)]!++;
    expect(mm.markedByNode()).toEqual(marked);
    misplaced ||= mm.misplaced(0, 1) + mm.misplaced(1, 0) > 0;
    const now = prng.chance(1, 2);
    if (reload && now) mm = reloaded(mm);
  }
  return { hash: hashOf(mm), misplaced, defects: mm.defectCounters() === null ? 0 : 1 };
}

describe('guests with random defects', () => {
  test.each(Array.from({ length: 16 }, (_, i) => i + 1))('seed %i', (seed) => {
    expect(live(seed, true).hash).toBe(live(seed, false).hash);
  });

  test('the lives are such that something goes wrong in them', () => {
    const lives = [1, 2, 3, 4, 5, 6].map((seed) => live(seed, false));
    expect(lives.some(({ misplaced }) => misplaced)).toBe(true);
    expect(lives.filter(({ defects }) => defects === 1).length).toBeGreaterThan(3);
  });
});

test('what is kept is what counts: a spoiled flag, matrix or kernel counter is a broken law or a fault', () => {
  const config = configOf({ ...CORRECT, markAll: true }, [
    { start: 0, end: 4096, nid: 0 },
    { start: 4096, end: 8192, nid: 1 },
  ]);
  const spoil = (by: (mm: GuestMm) => void): string[] => {
    const mm = GuestMm.boot(config);
    for (let pfn = 5000; pfn < 5010; pfn++) mm.holdBlock(pfn, 0);
    mm.commit([{ start: 0, end: 8192, nid: 0 }]);
    by(mm);
    return [...new Set(mm.check().map(({ law }) => law))];
  };
  expect(spoil(() => undefined)).toEqual([]);
  expect(spoil((mm) => mm.state.rfc!.flag.fill(0))).toEqual(['G8']);
  expect(spoil((mm) => (mm.state.rfc!.misplaced[1]! += 1))).toEqual(['G6']);
  expect(spoil((mm) => (mm.state.rfc!.misplacedIn[1]! += 1))).toEqual(['G6']);
  expect(spoil((mm) => (mm.state.rfc!.present[0]! += 1))).toEqual(['G2']);
  expect(spoil((mm) => (mm.state.rfc!.managed[0]! -= 1))).toContain('G2');
  expect(spoil((mm) => (mm.state.rfc!.nrZones[0] = 1))).toContain('G10');
  expect(spoil((mm) => (mm.state.rfc!.nodePresent[0]! += 1))).toEqual(['G2']);
  expect(spoil((mm) => (mm.state.rfc!.freeLeak[0]! += 1))).toEqual(['G3']);
});
