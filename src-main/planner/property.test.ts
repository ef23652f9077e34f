/** What must hold of every answer, on random questions: it is asked again, with more room, in other words, and stopped midway. */
import { describe, expect, test } from 'vitest';
import type { PlanAnswer } from '../../shared/model/plan.ts';
import { checkPlan } from '../plan-checker/check.ts';
import type { RandomQuestion, RandomRequest, RandomScenario, RandomVm } from '../plan-checker/random/question.ts';
import { GOALS, randomQuestion } from '../plan-checker/random/question.ts';
import { highsSolver } from '../runtime/highs-solver.ts';
import { readScenario } from '../scenario/read.ts';
import { answerToText } from './fixture.ts';
import { plan } from './plan.ts';
import { readRequest } from './question/read-request.ts';

const milp = await highsSolver();
const SEEDS = Number(process.env['PAGESHIFT_SEEDS'] ?? 3);
const seeds = Array.from({ length: SEEDS }, (_, i) => i + 100);

const answerTo = (scenario: object, request: object): PlanAnswer =>
  answerToText(milp, JSON.stringify(scenario), JSON.stringify(request));
const values = ({ objective }: PlanAnswer): number[] | null => objective?.map(({ value }) => value) ?? null;

/** The scenario as it is when the plan is done, every VM in it. */
function after({ scenario, request }: RandomQuestion, answer: PlanAnswer): RandomScenario {
  const vms = [...scenario.vms, ...request.newVms].flatMap((vm): object[] => {
    const cells = answer.placement.filter((placed) => placed.vm === vm.name);
    if (cells.length === 0) return [];
    const places = cells.flatMap(({ at }) => Object.entries(at).map(([place, memoryMiB]) => ({ place, memoryMiB })));
    const host = places[0]!.place.split('/')[0]!;
    const nid = (place: string): number => Number(place.split('/')[1]);
    const { placement, ...rest } = vm;
    void placement;
    if (vm.cells === undefined || cells.length === 1) {
      const shares = places.map(({ place, memoryMiB }) => ({ node: nid(place), memoryMiB }));
      return [{ ...rest, host, workload: null, placement: { mode: 'shares', scatter: true, shares } }];
    }
    const memnodes = cells.map(({ cell, at }) => ({ cell, mode: 'strict', nodes: [nid(Object.keys(at)[0]!)] }));
    return [{ ...rest, host, workload: null, memnodes }];
  });
  return { ...scenario, vms: vms as unknown as RandomVm[] };
}

describe.each(GOALS)('%s', (goal) => {
  test('asked again when it is done, nothing moves', { timeout: 300_000 }, () => {
    if (goal === 'fit' || goal === 'place') return;
    for (const seed of seeds) {
      const question = randomQuestion(seed, goal);
      const answer = answerTo(question.scenario, question.request);
      if (answer.status !== 'optimal') continue;
      const again = answerTo(after(question, answer), { ...question.request, newVms: [] });
      expect(again.moves, `seed ${seed}`).toEqual([]);
      expect(again.status, `seed ${seed}`).toBe('optimal');
    }
  });

  test('more room never makes it worse', { timeout: 300_000 }, () => {
    for (const seed of seeds) {
      const { scenario, request } = randomQuestion(seed, goal);
      // Percents of more, or free pages of a larger pool, are another question.
      if (goal === 'rebalance' || goal === 'huge-pages') continue;
      const hosts = scenario.hosts.map((host) => ({
        ...host,
        nodes: host.nodes.map((node) => ({ ...node, memoryMiB: node.memoryMiB + 2048 })),
      }));
      const before = values(answerTo(scenario, request));
      const roomier = values(answerTo({ ...scenario, hosts }, request));
      if (before === null) continue;
      expect(roomier, `seed ${seed}`).not.toBeNull();
      const first = before.findIndex((value, i) => value !== roomier![i]);
      if (first >= 0) expect(roomier![first], `seed ${seed}`).toBeLessThan(before[first]!);
    }
  });

  test('other names and another order change nothing', { timeout: 300_000 }, () => {
    for (const seed of seeds) {
      const { scenario, request } = randomQuestion(seed, goal);
      const renamed = JSON.parse(
        JSON.stringify({ scenario, request })
          .replaceAll(/"(v|n)(\d+)"/g, '"z$1-$2"')
          .replaceAll(/"h(\d+)/g, '"node-$1'),
      ) as { scenario: RandomScenario; request: RandomRequest };
      const shuffled = {
        ...renamed.scenario,
        hosts: renamed.scenario.hosts.toReversed(),
        vms: renamed.scenario.vms.toReversed(),
      };
      const asked = { ...renamed.request, newVms: renamed.request.newVms.toReversed() };
      expect(values(answerTo(shuffled, asked)), `seed ${seed}`).toEqual(values(answerTo(scenario, request)));
    }
  });

  test('stopped at any moment, the plan is sound', { timeout: 300_000 }, () => {
    for (const seed of seeds.slice(0, 5)) {
      const { scenario, request, starts } = randomQuestion(seed, goal);
      const pools = new Map(Object.entries(request.hugepagesKiB));
      const read = readScenario(JSON.stringify(scenario), 'scenario', pools).value!;
      const asked = readRequest(JSON.stringify(request), 'request', read).value!;
      for (const calls of [0, 1, 2, 5, 20]) {
        let left = calls;
        const steps = plan(read, asked, { milp, stopped: () => left-- <= 0, solver: 'exact' });
        let step = steps.next(false);
        while (step.done !== true) {
          const { best } = step.value();
          if (best !== null) expect(checkPlan(scenario, starts, request, best), `seed ${seed}`).toEqual([]);
          step = steps.next(false);
        }
        expect(checkPlan(scenario, starts, request, step.value), `seed ${seed}, ${calls} calls`).toEqual([]);
      }
    }
  });
});
