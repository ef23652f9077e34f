/** The backlog of layouts: how many it keeps, by layouts and by ranges. */
import { expect, test } from 'vitest';
import { LayoutHistory } from './layout-history.ts';

const PAGES = 2 ** 18;
const moment = { nrPages: PAGES, tick: 0, stats: new Float64Array(0) };
const stripes = (ranges: number) =>
  Array.from({ length: ranges }, (_, i) => ({
    start: i * (PAGES / ranges),
    end: (i + 1) * (PAGES / ranges),
    nid: i % 2,
  }));

/** Sequence numbers that are left in the backlog after layouts with so many ranges each. */
function keptOf(backlogMost: number, ...layouts: readonly number[]): number[] {
  const [boot, ...later] = layouts;
  const history = LayoutHistory.boot(stripes(boot!), moment, backlogMost);
  for (const ranges of later) history.commit(stripes(ranges), 'command', moment);
  // The one in force is in no backlog until another comes.
  history.commit(stripes(1), 'command', moment);
  return history.backlog.map(({ seq }) => seq);
}

test('the backlog has at most 2^18 ranges: the oldest layouts are dropped, and no more than must be', () => {
  expect(keptOf(-1, 2 ** 17, 2 ** 17)).toEqual([0, 1]);
  expect(keptOf(-1, 2 ** 17, 2 ** 17, 1)).toEqual([1, 2]);
  expect(keptOf(-1, 1, 2 ** 17, 2 ** 17)).toEqual([1, 2]);
  expect(keptOf(-1, 2 ** 17, 1, 2 ** 17 - 1)).toEqual([0, 1, 2]);
  // A layout that is dropped because there are too many layouts counts no more.
  expect(keptOf(2, 2 ** 16, 2 ** 17, 2 ** 17)).toEqual([1, 2]);
});
