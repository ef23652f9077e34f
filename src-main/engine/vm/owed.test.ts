/** Owed pages by owner and age, against a count page by page with a tick kept for each page. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OWED_OWNERS } from '../../../shared/model/owed.ts';
import type { LayoutRange } from '../../../shared/model/config.ts';
import { readScenario, toWorldConfig } from '../../scenario/index.ts';
import { Prng } from '../core/index.ts';
import { uniform } from '../mm/mm-fixture.ts';
import { HELD, isSpecial, KIND_MASK, ORDER_MASK, PINNED, stateOf, TAIL } from '../mm/page.ts';
import { config, guest, start } from '../world-fixture.ts';
import { World } from '../world.ts';
import { ageOf } from './owed.ts';

const PAGES = 4096;

/** Ranges that cut pageblocks anywhere. */
function drawRanges(prng: Prng, nodes: number): LayoutRange[] {
  const cuts = Array.from({ length: 1 + prng.below(12) }, () => 1 + prng.below(PAGES - 1));
  const starts = [...new Set([0, ...cuts])].sort((a, b) => a - b);
  return starts.map((from, i) => ({ start: from, end: starts[i + 1] ?? PAGES, nid: prng.below(nodes) }));
}

/** By the page: who has it, or null for one that is free or a hole. */
function ownerOf({ guests: [g] }: World, pfn: number): (typeof OWED_OWNERS)[number] | null {
  const { state: mm } = g!.memory;
  const state = g!.memory.pageState(pfn);
  if (state === 'reserved') return 'kernel';
  if (state === 'pcp') return 'perCpu';
  if (state !== 'allocated') return null;
  if (!isSpecial(mm.page, pfn)) return 'anonymous';
  let head = pfn;
  while ((stateOf(mm.page, head) & KIND_MASK) === TAIL) head--;
  if ((stateOf(mm.page, pfn) & PINNED) !== 0) return 'kernel';
  if ((stateOf(mm.page, head) & KIND_MASK) === HELD) return 'byHand';
  return (stateOf(mm.page, head) & ORDER_MASK) === 9 ? 'huge' : 'anonymous';
}

function count(world: World, since: Float64Array): Record<string, number> {
  const { memory: mm } = world.guests[0]!;
  const out: Record<string, number> = {};
  for (let pfn = 0; pfn < PAGES; pfn++) {
    const owner = ownerOf(world, pfn);
    if (owner === null || mm.actualNid(pfn) === mm.targetNid(pfn)) continue;
    const key = `${owner} ${ageOf(world.tick - since[pfn]!)}`;
    out[key] = (out[key] ?? 0) + 1;
  }
  return out;
}

const counted = (world: World): Record<string, number> =>
  Object.fromEntries(
    world.guests[0]!.owed(world.tick).map(({ owner, age, pages }) => [`${OWED_OWNERS[owner]!} ${age}`, pages]),
  );

describe('owed pages', () => {
  test.each([
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
    [5, 12],
    [6, 12],
  ])('by owner and age are those of a count page by page, seed %i, %i nodes', (seed, nodes) => {
    const prng = new Prng(seed, 'owed');
    const base = guest('a', { regeneration: { enabled: false, granularityPages: 16, delayTicks: 1 } });
    const a = { ...base, mm: { ...base.mm, nrNodeIds: nodes, distances: uniform(nodes) } };
    // Two huge pages.
    let world = start(config([{ ...a, workload: { ...a.workload!, hugePermille: 600 } }]));
    const since = new Float64Array(PAGES);
    const seen = new Set<string>();
    for (let round = 0; round < 25; round++) {
      const { memory: mm } = world.guests[0]!;
      if (round % 2 === 0) {
        const before = Array.from({ length: PAGES }, (_, pfn) => mm.targetNid(pfn));
        expect(world.submit({ type: 'commitLayout', vm: 'a', ranges: drawRanges(prng, nodes) })).toBeNull();
        before.forEach((nid, pfn) => {
          if (mm.targetNid(pfn) !== nid) since[pfn] = world.tick;
        });
      } else {
        const order = prng.below(10);
        const pfn = prng.below(PAGES >> order) << order;
        world.submit({ type: 'holdPages', vm: 'a', pfn, order });
      }
      world.step(1 + prng.below(6));
      const expected = count(world, since);
      expect(counted(world)).toEqual(expected);
      for (const key of Object.keys(expected)) seen.add(key.split(' ')[0]!);
      if (round % 5 === 0) world = World.restore(world.config, world.state());
      expect(counted(world)).toEqual(expected);
    }
    expect([...seen].sort()).toEqual(['anonymous', 'byHand', 'huge', 'kernel']);
    // Beyond four nodes a pageblock says by other means on which its pages are.
    expect(world.guests[0]!.memory.state.usedNodes.wideUsed > 1).toBe(nodes > 4);
  });

  test('ages are powers of two of ticks', () => {
    expect([0, 1, 2, 3, 6, 7, 2 ** 40 - 2, 2 ** 40 - 1].map(ageOf)).toEqual([0, 1, 1, 2, 2, 3, 39, 40]);
  });

  test('what is remembered of ages is no part of the hash, and costs nothing before the first commit', () => {
    const world = start(config([guest('a')]));
    const names = (): string[] =>
      Object.keys(world.state().guests[0]!.columns).filter((name) => name.includes('targetAge'));
    world.step(3);
    expect(names()).toEqual([]);
    world.submit({ type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: PAGES, nid: 2 }] });
    world.step();
    expect(names()).toEqual(['targetAge.start', 'targetAge.tick']);
    const state = world.state();
    const [guest0] = state.guests;
    const older = { ...guest0!, columns: { ...guest0!.columns, 'targetAge.tick': Float64Array.of(9) } };
    expect(World.restore(world.config, { ...state, guests: [older] }).hash()).toBe(world.hash());
  });
});

test('of a guest with the posted code are all that are counted as owed, those on per-CPU lists among them', () => {
  const text = readFileSync(new URL('../../../shared/examples/rfc-defects.pageshift.json', import.meta.url), 'utf8');
  const world = World.create(toWorldConfig(readScenario(text, 'rfc-defects').value!)).world!;
  let onLists = 0;
  for (let tick = 0; tick < 150; tick++) {
    world.step();
    world.guests.forEach((each) => {
      const rows = each.owed(world.tick);
      onLists += rows.reduce((sum, { owner, pages }) => sum + (OWED_OWNERS[owner] === 'perCpu' ? pages : 0), 0);
      const stranded = each.memory.state.zones.strandedOut.reduce((sum, pages) => sum + pages, 0);
      expect(
        rows.reduce((sum, { pages }) => sum + pages, 0),
        `${each.config.name} at tick ${world.tick}`,
      ).toBe(stranded);
    });
  }
  expect(onLists).toBeGreaterThan(0);
});
