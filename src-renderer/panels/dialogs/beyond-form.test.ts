import { expect, test } from 'vitest';
import { submittedCommandSchema } from '../../../shared/schema/command.ts';
import type { GuestBeyond } from '../../../shared/model/beyond.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import { beyondOf, beyondText, formOf } from './beyond-form.ts';

const ALL: GuestBeyond = {
  topology: true,
  activePass: { pagesPerTick: 9, order: 'youngest' },
  consultTarget: true,
  commitStepTicks: 5,
  notify: true,
  shrinkSlabs: true,
  lookup: 'radix',
};

test('what a guest has comes back as it was, in a unit of time, as a sound command', () => {
  for (const beyond of [PLAIN_RFC, ALL]) {
    const { commitStepTicks, ...rest } = beyond;
    const given = beyondOf(formOf(beyond, 100));
    expect(given).toEqual({ ...rest, commitStepMs: commitStepTicks * 100 });
    expect(submittedCommandSchema.safeParse({ type: 'setBeyond', vm: 'a', beyond: given }).success).toBe(true);
  }
});

test('slabs shrink only when their caches are notified', () => {
  expect(beyondOf({ ...formOf(ALL, 100), notify: false })).toMatchObject({ notify: false, shrinkSlabs: false });
});

test('what is on is said in words', () => {
  expect(beyondText(PLAIN_RFC)).toBe('');
  expect(beyondText(ALL)).toBe(
    'topology follows; active pass, 9 pages a tick, youngest; allocations consult the target; commits in steps; notifiers, slabs shrink; lookup by radix',
  );
});
