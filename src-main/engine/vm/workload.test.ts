import { describe, expect, test } from 'vitest';
import type { MmConfig, WorkloadConfig } from '../../../shared/model/config.ts';
import { type Json, type StateColumn, StateCollector, StateReader, type WorldState } from '../core/index.ts';
import { GuestMm, MIGRATE_MOVABLE } from '../mm/index.ts';
import { Workload } from './workload.ts';
import { mmConfig } from '../mm/mm-fixture.ts';

const PAGES = 16_384;

const memory = (cpuNode: readonly number[] = [0, 0]): MmConfig =>
  mmConfig({
    reserved: [{ start: 0, end: 32 }],
    nrNodeIds: 2,
    cpuNode,
    bootLayout: [
      { start: 0, end: PAGES / 2, nid: 0 },
      { start: PAGES / 2, end: PAGES, nid: 1 },
    ],
  });

const workOf = (more: Partial<WorkloadConfig> = {}): WorkloadConfig => ({
  occupancyPermille: 450,
  kernelPermille: 20,
  hugePermille: 0,
  lifetime: { law: 'exponential', meanTicks: 15 },
  start: 'stationary',
  warmupTicks: 0,
  ...more,
});

function start(config: WorkloadConfig | null, cpuNode?: readonly number[]): { mm: GuestMm; workload: Workload } {
  const mm = GuestMm.boot(memory(cpuNode));
  return { mm, workload: Workload.create(mm, config, 5, 'test') };
}

const step = (workload: Workload, ticks: number): void => {
  for (let t = 0; t < ticks; t++) workload.step();
};

const allocatedOf = (mm: GuestMm, nid: number): number =>
  mm.zone(nid, 0).allocatedPages + mm.zone(nid, 1).allocatedPages;
const allocated = (mm: GuestMm): number => allocatedOf(mm, 0) + allocatedOf(mm, 1);

interface Editable {
  readonly json: Record<string, Json>;
  readonly columns: Record<string, StateColumn>;
}

const edit = (s: Editable, more: Record<string, Json>): void => {
  s.json['workload'] = { ...(s.json['workload'] as Record<string, Json>), ...more };
};

/** The same guest and workload, after its written state has been edited. */
function reload(mm: GuestMm, workload: Workload, edit: (state: Editable) => void): { mm: GuestMm; workload: Workload } {
  const w = new StateCollector();
  mm.save(w);
  workload.save(w);
  const state = w.done() as Editable;
  edit(state);
  const r = new StateReader(state as WorldState);
  const copy = GuestMm.load(memory(), r);
  return { mm: copy, workload: Workload.load(copy, r) };
}

describe('CPUs take turns', () => {
  test.each([[[0, 1]], [[0, 1, 0, 1]], [[0, 0, 1, 1]], [[0, 1, 1]]])(
    'CPUs on nodes %j: what each node has in use stays in their proportion',
    (cpuNode) => {
      const { mm, workload } = start(workOf(), cpuNode);
      step(workload, 300);
      const share = cpuNode.filter((nid) => nid === 0).length / cpuNode.length;
      expect(Math.abs(allocatedOf(mm, 0) / allocated(mm) - share)).toBeLessThan(0.03);
    },
  );
});

test('what takes the place of blocks of another size never exceeds the occupancy asked for', () => {
  const { mm, workload } = start(workOf({ hugePermille: 0, kernelPermille: 0 }));
  const most = allocated(mm);
  let huge = 0;
  for (const hugePermille of [900, 0, 500]) {
    workload.change(workOf({ hugePermille, kernelPermille: 0 }));
    for (let t = 0; t < 100; t++) {
      workload.step(1);
      expect(allocated(mm)).toBeLessThanOrEqual(most);
      huge = Math.max(huge, workload.held.huge);
    }
  }
  expect(huge).toBeGreaterThan(0);
});

describe('the clock', () => {
  /** Later by whole turns of the wheel: the slots stay, the turns in `death` (above its low 8 bits) go on. */
  const later = (turns: number) => (state: Editable) => {
    edit(state, { now: (state.json['workload'] as { readonly now: number }).now + turns * 4096 });
    const death = state.columns['workload.death'] as Uint32Array;
    death.forEach((d, place) => (death[place] = d + turns * 256));
  };

  test.each([2 ** 12 - 1, 2 ** 12, 2 ** 19, 2 ** 24 - 16])(
    'after %i turns of the wheel a workload does what it did at first',
    (turns) => {
      const lifetime = { law: 'exponential', meanTicks: 3000 } as const;
      const first = start(workOf({ lifetime }));
      const after = reload(first.mm, first.workload, later(turns));
      for (const at of [1, 10, 1000, 4100]) {
        step(first.workload, at);
        step(after.workload, at);
        expect(after.workload.frees).toBe(first.workload.frees);
      }
      expect(after.workload.check()).toEqual([]);
      expect(after.mm.state.zones).toEqual(first.mm.state.zones);
      expect(first.workload.frees).toBeGreaterThan(8000);
    },
  );

  test('at its end it stops with an error: it does not hang', () => {
    const { mm, workload } = start(workOf({ occupancyPermille: 5 }));
    const last = reload(mm, workload, later(2 ** 24 - 1)).workload;
    step(last, 4094);
    expect(last.check()).toEqual([]);
    expect(() => last.step()).toThrow('workload-clock-end');
  });

  test('lives longer than the clock are never over', () => {
    const lifetime = { law: 'lomax', alpha: 1.001, scaleTicks: 1e18 } as const;
    const { mm, workload } = start(workOf({ lifetime, start: 'fresh' }));
    const last = reload(mm, workload, (s) => edit(s, { now: (2 ** 24 - 2) * 4096 })).workload;
    const { held } = last;
    step(last, 8000);
    expect(last.frees).toBe(0);
    expect(last.held).toEqual(held);
  });
});

describe('the CPU share', () => {
  const freesOf = (shares: readonly number[]): number => {
    const { workload } = start(workOf());
    for (const share of shares) workload.step(share);
    expect(workload.check()).toEqual([]);
    return workload.frees;
  };

  test('parts of ticks let as many die as the whole ticks they add up to, and a paused guest lets none', () => {
    // Not to the block: within a tick deaths have no order, so in parts other lifetimes are drawn for those that follow.
    const whole = freesOf([1, 1, 1, 1]);
    const off = (shares: readonly number[]): number => Math.abs(freesOf(shares) / whole - 1);
    expect(off([0.25, 0.75, 1, 0, 0.5, 0.5, 1])).toBeLessThan(0.02);
    // Expect: parts smaller than the clock's 1/256 tick add up too.
    expect(off(Array.from({ length: 4096 }, () => 1 / 1024))).toBeLessThan(0.02);
    expect(freesOf([0, 0])).toBe(0);
  });

  test('a clock that stands inside a tick is saved and read back', () => {
    const { mm, workload } = start(workOf());
    for (const share of [1, 0.3, 1]) workload.step(share);
    const saved = new StateCollector();
    mm.save(saved);
    workload.save(saved);
    const r = new StateReader(saved.done());
    const again = Workload.load(GuestMm.load(memory(), r), r);
    for (let i = 0; i < 20; i++) {
      workload.step();
      again.step();
    }
    expect([again.allocs, again.frees]).toEqual([workload.allocs, workload.frees]);
    expect(again.check()).toEqual([]);
  });
});

describe('a workload that is changed', () => {
  const settled = (mm: GuestMm, workload: Workload): number => {
    step(workload, 300);
    expect(workload.check()).toEqual([]);
    return allocated(mm);
  };
  const pagesOf = (permille: number): number => Math.floor(((PAGES - 32) * permille) / 1000);

  test.each([
    ['more kernel pages', { kernelPermille: 200 }],
    ['fewer kernel pages', { kernelPermille: 0 }],
    ['huge pages for small ones', { hugePermille: 800 }],
    ['a higher occupancy', { occupancyPermille: 700, kernelPermille: 300 }],
    ['a lower occupancy', { occupancyPermille: 200, kernelPermille: 500 }],
    ['an occupancy below its kernel pages', { occupancyPermille: 20 }],
  ])('%s: the occupancy asked for is met, by kernel pages if need be, and never passed on the way', (_, more) => {
    const { mm, workload } = start(workOf({ kernelPermille: 100 }));
    const kernel = workload.held.kernel;
    expect(kernel).toBe(Math.floor(pagesOf(450) / 10));
    const before = allocated(mm);
    const config = workOf({ kernelPermille: 100, ...more });
    workload.change(config);
    const asked = pagesOf(config.occupancyPermille);
    for (let t = 0; t < 30; t++) {
      workload.step();
      expect(allocated(mm)).toBeLessThanOrEqual(Math.max(before, asked));
    }
    expect(settled(mm, workload)).toBe(Math.max(asked, kernel));
    expect(workload.held.kernel).toBe(Math.max(kernel, Math.floor((asked * config.kernelPermille) / 1000)));
    expect(mm.check()).toEqual([]);
  });
});

describe('law W1', () => {
  test('holds while a workload runs, with blocks held by hand beside it', () => {
    const { mm, workload } = start(workOf({ hugePermille: 300 }));
    let held = 0;
    for (let pfn = 0; pfn < PAGES; pfn += 512) if (mm.holdBlock(pfn, pfn % 1024 === 0 ? 3 : 9)) held++;
    expect(held).toBeGreaterThan(1);
    for (let t = 0; t < 50; t++) {
      workload.step();
      expect(workload.check()).toEqual([]);
    }
  });

  const column = (state: Editable, name: string): Uint32Array => state.columns[`workload.${name}`] as Uint32Array;
  test.each<[string, (state: Editable) => void, RegExp]>([
    ['two places with one block', (s) => (column(s, 'pfn')[7] = column(s, 'pfn')[8]!), /two places/],
    ['a block that is not allocated', (s) => (column(s, 'pfn')[7] = 3), /not the workload's/],
    ['a time of death that is past', (s) => edit(s, { now: 100 }), /should have died/],
    ['a place that is lost', (s) => column(s, 'wheel').fill(0xffffffff, 0, 30), /no slot and not spare/],
    ['a chain that does not end', (s) => (column(s, 'next')[7] = 7), /also elsewhere/],
    ['a count', (s) => edit(s, { held: [1, 2, 3] }), /blocks \(small, huge, kernel\)/],
  ])('%s is found', (_, spoil, text) => {
    const { mm, workload } = start(workOf());
    step(workload, 5);
    expect(reload(mm, workload, spoil).workload.check().join('\n')).toMatch(text);
  });
  test('a page that somebody else allocated is found', () => {
    const { mm, workload } = start(workOf());
    mm.allocPages(0, 0, MIGRATE_MOVABLE);
    expect(workload.check().join()).toMatch(/pages are allocated/);
  });
});
