/** The checker passes what is sound and finds what is broken; plans and breakages come from elsewhere (random/). */
import { describe, expect, test } from 'vitest';
import { checkPlan } from './check.ts';
import { broken, BREAKAGES } from './random/breakage.ts';
import type { RandomCase } from './random/plan.ts';
import { randomPlan } from './random/plan.ts';

const problemsOf = ({ scenario, starts, request, plan }: RandomCase) => checkPlan(scenario, starts, request, plan);

test('passes 5000 sound plans', () => {
  let moves = 0;
  for (let seed = 1; seed <= 5000; seed++) {
    const sound = randomPlan(seed);
    moves += sound.plan.moves.length;
    expect(problemsOf(sound), `seed ${seed}`).toEqual([]);
  }
  expect(moves).toBeGreaterThan(10_000);
});

describe('finds every one of 3000 broken plans', () => {
  test('in more than 25 ways', () => expect(BREAKAGES.length).toBeGreaterThan(25));

  const EACH = Math.ceil(3000 / BREAKAGES.length);
  test.each(BREAKAGES)('$name', (breakage) => {
    let found = 0;
    for (let seed = 1; found < EACH && seed < 4000; seed++) {
      const sound = randomPlan(seed);
      const bad = broken(sound, breakage, seed);
      if (bad === null) continue;
      found++;
      expect(problemsOf(bad), `seed ${seed}`).not.toEqual([]);
    }
    expect(found).toBe(EACH);
  });
});
