import { describe, expect, test } from 'vitest';
import { syntheticRecord } from '../../../src-main/report/fixture/synthetic-run.ts';
import { verdict } from '../../../src-main/report/index.ts';
import { withGuestFigures } from '../fixture/page-model.ts';
import type { RunRecord } from '../run-record.ts';
import { runSummary } from './run-summary.ts';

const base = syntheticRecord({
  guestNames: ['db', 'web', 'mail'],
  nrPages: 6000,
  nodes: 4,
  ticks: 9,
  seed: 3,
  hosts: 2,
});
const one = syntheticRecord({ guestNames: ['one'], nrPages: 600, nodes: 1, ticks: 3, seed: 1 });
const meaning = (record: RunRecord): string => runSummary(record).meaning;

test('what was asked, what moved, and where the VMs are', () => {
  expect(runSummary(base)).toMatchObject({
    asked:
      'Gather the memory of db on node 0 and web on node 0; move mail to r740-1 while running. 0.9 s were simulated.',
    happened:
      '11.72 MiB moved between the nodes of a host in 0.1 s; mail went to r740-1 in 1.5 s and stood still for 12.5 ms. 1 of 3 commands was rejected.',
  });
  expect(runSummary(base).placement).toMatch(
    /^None of 3 VMs have all memory on one node; as before\. \w+ has least on one node, \d+ %\.$/,
  );
  expect(runSummary({ ...one, commands: [] })).toMatchObject({
    asked: 'Nothing: the VMs ran as they were for 0.3 s.',
    placement: 'one has all its memory on one node; as before.',
  });
});

describe('what it means has the mood of the verdict', () => {
  const with_ = (figures: Parameters<typeof withGuestFigures>[2]): RunRecord => ({
    ...one,
    after: withGuestFigures(one.after, 0, figures),
  });
  const still = { hostTargetPages: 0, coalescedPages: 0, targetActualPages: 0, pinnedPages: 0 };
  test.each<[string, RunRecord, RegExp]>([
    ['good', with_(still), /^Finished: the guest has caught up/],
    ['open', with_({ ...still, targetActualPages: 9 }), /^Not finished: the guest has not caught up/],
    ['open', with_({ ...still, hostTargetPages: 9 }), /^Not finished/],
    ['good', with_({ ...still, pinnedPages: 9 }), /^Finished/],
    [
      'bad',
      { ...one, laws: { ...one.laws, broken: [{ law: 'G5', vm: null, text: '' }] } },
      /^No figure here can be trusted/,
    ],
  ])('%s', (mood, record, says) => {
    expect(verdict(record).mood).toBe(mood);
    expect(meaning(record)).toMatch(says);
  });

  test('a guest that is told of nothing has not caught up with the host', () => {
    const { regeneration, ...guest } = one.inputs.guests[0]!;
    const never = { ...guest, regeneration: { ...regeneration, enabled: false } };
    const record = { ...with_({ ...still, hostTargetPages: 512 }), inputs: { ...one.inputs, guests: [never] } };
    expect(meaning(record)).toMatch(/^Finished, as far as the guest has been told/);
    expect(runSummary(record).guests).toContain('2 MiB lie elsewhere than their map says, and no new one is delivered');
  });

  test('a run that was cut short says so', () => {
    expect(meaning({ ...one, ending: 'interrupted' })).toMatch(/The run was cut short\.$/);
  });
});
