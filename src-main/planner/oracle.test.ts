/**
 * Answers to random small questions beside an oracle that looks at every sequence of moves, and every plan beside the checker:
 * the same optimum, infeasible where there is nothing, and then with a reason that is true. PAGESHIFT_SEEDS=N asks more of them.
 */
import { describe, expect, test } from 'vitest';
import { checkPlan } from '../plan-checker/check.ts';
import { oracle } from '../plan-checker/random/oracle.ts';
import { GOALS, randomQuestion } from '../plan-checker/random/question.ts';
import { highsSolver } from '../runtime/highs-solver.ts';
import { answerToText } from './fixture.ts';

const milp = await highsSolver();
const SEEDS = Number(process.env['PAGESHIFT_SEEDS'] ?? 15);
const MAX_STATES = 4000;

describe.each(GOALS)('%s', (goal) => {
  test('is answered as the oracle answers it, and the plan is sound', { timeout: 600_000 }, () => {
    let compared = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const question = randomQuestion(seed, goal);
      const { scenario, request, starts } = question;
      const answer = answerToText(milp, JSON.stringify(scenario), JSON.stringify(request));
      const at = `seed ${seed}`;
      expect(checkPlan(scenario, starts, request, answer), at).toEqual([]);
      const best = oracle(question, MAX_STATES);
      if (!best.complete) continue;
      compared++;
      expect(answer.objective?.map(({ value }) => value) ?? null, at).toEqual(best.objective);
      expect(answer.status, at).toBe(best.objective === null ? 'infeasible' : 'optimal');
      if (best.objective === null) expect(answer.whyNot, at).not.toEqual([]);
    }
    expect(compared).toBeGreaterThan(SEEDS / 4);
  });
});
