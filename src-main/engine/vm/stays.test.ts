/** What is said to be owed for ever is still owed much later; what may be given back is not said to be. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CORRECT } from '../../../shared/model/config.ts';
import { readScenario, toWorldConfig } from '../../scenario/index.ts';
import { World } from '../index.ts';
import { config, guest, start } from '../world-fixture.ts';

const example = (name: string): World => {
  const path = new URL(`../../../shared/examples/${name}.pageshift.json`, import.meta.url);
  return World.create(toWorldConfig(readScenario(readFileSync(path, 'utf8'), name).value!)).world!;
};

/** Pages of a guest whose A is not their T. */
function elsewhere(world: World, index: number): Set<number> {
  const { memory } = world.guests[index]!;
  const pfns = new Set<number>();
  for (let pfn = 0; pfn < memory.state.nrPages; pfn++)
    if (memory.actualNid(pfn) !== memory.targetNid(pfn)) pfns.add(pfn);
  return pfns;
}

test('pages that the posted code has no mark for stay elsewhere, those and as many', () => {
  const world = example('rfc-defects');
  world.step(800);
  const [stays, ...others] = world.stays();
  expect([stays!.vm, stays!.because, others]).toEqual(['as-posted', 'unmarked', []]);
  const before = elsewhere(world, 0);
  world.step(600);
  expect(world.stays()).toEqual([stays]);
  const after = elsewhere(world, 0);
  const still = [...before].filter((pfn) => after.has(pfn)).length;
  expect(stays!.pages).toBeGreaterThan(5000);
  expect(still).toBeGreaterThanOrEqual(stays!.pages);
});

test('nothing is said before the last command, nor while a page may still be freed to its node', () => {
  const world = example('rfc-defects');
  world.step(99);
  expect(world.stays()).toEqual([]);
  const correct = example('rfc-cover-letter');
  for (let i = 0; i < 300 && !correct.converged(); i++) {
    correct.step();
    expect(correct.stays()).toEqual([]);
  }
});

test('nothing is said while a layout is being committed', () => {
  const { regeneration, beyond } = guest('a');
  const plain = guest('a', {
    workload: null,
    regeneration: { ...regeneration, enabled: false },
    beyond: { ...beyond, commitStepTicks: 2 },
  });
  const world = start(config([plain], []));
  const { nrPages } = plain.mm;
  const other = 1 - world.guests[0]!.memory.targetNid(nrPages - 64);
  expect(world.submit({ type: 'holdPages', vm: 'a', pfn: nrPages - 64, order: 0 })).toBeNull();
  expect(world.submit({ type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: nrPages, nid: other }] })).toBeNull();
  let owedInCommit = 0;
  for (; world.guests[0]!.committing !== null; world.step()) {
    expect(world.stays()).toEqual([]);
    owedInCommit += elsewhere(world, 0).size;
  }
  expect(owedInCommit).toBeGreaterThan(0);
  expect(world.stays()).toEqual([{ vm: 'a', pages: 1, because: 'held', marked: 0 }]);
});

test('what is held by hand in a guest with defects may be released, and is not among the pages that stay', () => {
  const base = guest('a');
  const lossy = guest('a', {
    mm: { ...base.mm, profile: { ...base.mm.profile, rfc: { ...CORRECT, lostFlagPermille: 1000 } } },
    workload: null,
    regeneration: { ...base.regeneration, enabled: false },
  });
  const world = start(config([lossy], []));
  const { nrPages } = lossy.mm;
  const other = 1 - world.guests[0]!.memory.targetNid(nrPages - 64);
  expect(world.submit({ type: 'holdPages', vm: 'a', pfn: nrPages - 64, order: 0 })).toBeNull();
  expect(world.submit({ type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: nrPages, nid: other }] })).toBeNull();
  world.step(2);
  expect([elsewhere(world, 0), world.converged()]).toEqual([new Set([nrPages - 64]), false]);
  expect(world.stays()).toEqual([]);
});

test('what is held by hand in a correct guest is owed until a command releases it', () => {
  const { regeneration } = guest('a');
  const plain = guest('a', { workload: null, regeneration: { ...regeneration, enabled: false } });
  const world = start(config([plain], []));
  const { nrPages } = plain.mm;
  const other = 1 - world.guests[0]!.memory.targetNid(nrPages - 64);
  expect(world.submit({ type: 'holdPages', vm: 'a', pfn: nrPages - 64, order: 0 })).toBeNull();
  expect(world.submit({ type: 'commitLayout', vm: 'a', ranges: [{ start: 0, end: nrPages, nid: other }] })).toBeNull();
  world.step(2);
  expect(world.stays()).toEqual([{ vm: 'a', pages: 1, because: 'held', marked: 0 }]);
  expect(world.submit({ type: 'releasePages', vm: 'a', pfn: nrPages - 64, order: 0 })).toBeNull();
  world.step(1);
  expect([world.stays(), world.converged()]).toEqual([[], true]);
});
