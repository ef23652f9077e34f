/** The 40 questions with proved answers: the same answer, proved, in its time. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { highsSolver } from '../runtime/highs-solver.ts';
import { answerToText } from './fixture.ts';

const DATA = join(process.env['PAGESHIFT_DATA']!, 'planner');
const text = (file: string): string => readFileSync(join(DATA, file), 'utf8');
const names = readdirSync(DATA)
  .filter((file) => file.endsWith('.answer.json'))
  .map((file) => file.slice(0, -'.answer.json'.length));
const milp = await highsSolver();

interface Proved {
  readonly answer: {
    readonly feasible: boolean;
    readonly objective?: readonly (readonly [string, number])[];
  };
}

test('there are 40', () => expect(names).toHaveLength(40));

describe.each(names)('%s', (name) => {
  test('as proved', () => {
    const { answer: proved } = JSON.parse(text(`${name}.answer.json`)) as Proved;
    const answer = answerToText(milp, text(`${name}.pageshift.json`), text(`${name}.request.json`));
    if (!proved.feasible) {
      expect(answer.status).toBe('infeasible');
      expect(answer.whyNot).not.toEqual([]);
      return;
    }
    expect(answer.status).toBe('optimal');
    expect(answer.bound).toEqual(answer.objective);
    if (proved.objective !== undefined)
      expect(answer.objective).toEqual(proved.objective.map(([objective, value]) => ({ name: objective, value })));
  });
});

test.each([
  ['pack-A-001', [7, 7, 7, 7, 7]],
  ['pack-A-004', [11, 11, 12, 12, 12]],
  ['pack-B-001', [12, 12, 12, 12, 12]],
  ['pack-B-004', [17, 17, 17, 17, 17]],
] as const)('the heuristics use as many hosts as published: %s', (name, hosts) => {
  const byHeuristic = (solver: string): number | undefined =>
    answerToText(milp, text(`${name}.pageshift.json`), text(`${name}.request.json`), solver).objective?.[1]?.value;
  expect(['first-fit', 'best-fit', 'ffd', 'bfd', 'dot-product'].map(byHeuristic)).toEqual(hosts);
});
