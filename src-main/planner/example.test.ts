/** The shipped examples that promise what a plan says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { highsSolver } from '../runtime/highs-solver.ts';
import { answerToText } from './fixture.ts';

const milp = await highsSolver();
const textOf = (name: string): string =>
  readFileSync(new URL(`../../shared/examples/${name}.pageshift.json`, import.meta.url), 'utf8');
const ask = (name: string, goal: object) =>
  answerToText(milp, textOf(name), JSON.stringify({ pageshiftRequest: 1, goal }));

test('one-node-for-big: app-d to node 0, then big to node 1, 68 GiB, proved least', () => {
  const { status, objective, moves } = ask('one-node-for-big', { type: 'one-node', vm: 'big' });
  expect(status).toBe('optimal');
  expect(objective).toEqual([{ name: 'movedMiB', value: 68 * 1024 }]);
  expect(moves.map(({ vm, cells }) => [vm, cells[0]!.to])).toEqual([
    ['app-d', { 'host/0': 20 * 1024 }],
    ['big', { 'host/1': 96 * 1024 }],
  ]);
  expect(moves[1]!.after).toEqual([1]);
});

test('numad-eight-node: its compactions gather each guest with the fewest MiB moved', () => {
  const { status, objective, moves } = ask('numad-eight-node', { type: 'locality' });
  expect(status).toBe('optimal');
  expect(objective).toEqual([{ name: 'movedMiB', value: 11_414 }]);
  const { commands } = JSON.parse(textOf('numad-eight-node')) as { commands: { vm: string; nodes: number[] }[] };
  const shipped = new Map(commands.map(({ vm, nodes }) => [vm, `eight-node/${nodes[0]}`]));
  for (const { vm, cells } of moves) expect(Object.keys(cells[0]!.to)).toEqual([shipped.get(vm)]);
});
