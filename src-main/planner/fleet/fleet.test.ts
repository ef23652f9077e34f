import { expect, test } from 'vitest';
import type { FleetAnswer } from '../../../shared/model/plan.ts';
import { highsSolver } from '../../runtime/highs-solver.ts';
import { planFleet } from './plan-fleet.ts';
import { readFleet } from './read-fleet.ts';

const milp = await highsSolver();

const FLEET = {
  pageshiftFleet: 1,
  hostShapes: [{ nodes: [{ nid: 0, cpus: 8, memoryMiB: 10_240 }, { nid: 1, cpus: 8, memoryMiB: 10_240 }] }], // prettier-ignore
  hosts: [[0, 4]],
  vmShapes: [
    { memoryMiB: 6144, vcpus: 2 },
    { memoryMiB: 4096, vcpus: 2 },
  ],
  vms: [0, 0, 1, 1, 0, 1],
};

function answerTo(fleet: object, goal?: object): FleetAnswer {
  const request = goal === undefined ? null : { text: JSON.stringify({ pageshiftRequest: 1, goal }), file: 'request' };
  const read = readFleet(JSON.stringify(fleet), 'fleet', request);
  if (read.value === null) throw new Error(JSON.stringify(read.diagnostics));
  const steps = planFleet(read.value, milp, () => false);
  let step = steps.next(false);
  while (step.done !== true) step = steps.next(false);
  return step.value;
}

const values = ({ objective }: FleetAnswer): number[] => (objective ?? []).map(({ value }) => value);

test('places all on the fewest hosts', () => {
  const answer = answerTo(FLEET);
  expect(answer.status).toBe('optimal');
  expect(values(answer)).toEqual([0, 2, 0]);
});

test('a host that is drained gives away what it has', () => {
  const answer = answerTo({ ...FLEET, at: [0, 0, 0, 0, 1, 1] }, { type: 'drain', places: ['h1'] });
  expect(answer.status).toBe('optimal');
  expect(values(answer)).toEqual([10_240]);
});

test('a node that is too full gives away the least that helps', () => {
  const answer = answerTo({ ...FLEET, at: [0, 0, 0, 0, 1, 1] }, { type: 'rebalance', maxUsePercent: 70 });
  expect(answer.status).toBe('optimal');
  expect(values(answer)).toEqual([3 * 4096]);
});

test('hosts that others can take are emptied', () => {
  const answer = answerTo({ ...FLEET, at: [0, 1, 2, 3, 0, 1] }, { type: 'consolidate' });
  expect(values(answer)[0]).toBe(2);
  expect(answer.bound?.[0]?.value).toBe(2);
});

test('what a fleet cannot be asked, and what is not there, is said', () => {
  const asked = { text: JSON.stringify({ pageshiftRequest: 1, goal: { type: 'locality' } }), file: 'request' };
  expect(readFleet(JSON.stringify(FLEET), 'fleet', asked).diagnostics[0]?.slug).toBe('not-of-a-fleet');
  const { diagnostics } = readFleet(JSON.stringify({ ...FLEET, vms: [7] }), 'fleet', null);
  expect(diagnostics.map(({ slug, where }) => [slug, where.path])).toEqual([['fleet-reference', '/vms/0']]);
});
