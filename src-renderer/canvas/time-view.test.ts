import { expect, test } from 'vitest';
import { panned, revealing, seen, until, zoomed } from './time-view.ts';

const whole = { fromTick: 0, toTick: 1000 };

test('a zoom keeps the tick under the pointer where it is', () => {
  const near = zoomed(null, whole, 250, 2)!;
  expect(near).toEqual({ fromTick: 125, toTick: 625, follows: false });
  expect(zoomed(near, whole, 125, 5)).toEqual({ fromTick: 125, toTick: 225, follows: false });
});

test('out of it again there is all of it, and never more', () => {
  const near = zoomed(null, whole, 900, 4)!;
  expect(zoomed(near, whole, 900, 1 / 4)).toBeNull();
  expect(zoomed(near, whole, 900, 1 / 100)).toBeNull();
  expect(zoomed(null, whole, 500, 1e9)).toMatchObject({ fromTick: 498, toTick: 502 });
  expect(zoomed(null, { fromTick: 0, toTick: 3 }, 1, 2)).toBeNull();
});

test('with the end in sight it follows the end; elsewhere it stays', () => {
  const end = zoomed(null, whole, 1000, 4)!;
  expect(end).toEqual({ fromTick: 750, toTick: 1000, follows: true });
  expect(seen(end, { fromTick: 0, toTick: 1400 })).toMatchObject({ fromTick: 1150, toTick: 1400 });
  const middle = zoomed(null, whole, 500, 4)!;
  expect(seen(middle, { fromTick: 0, toTick: 1400 })).toMatchObject({ fromTick: 375, toTick: 625 });
  // After an undo the axis may be shorter than the zoom.
  expect(seen(end, { fromTick: 0, toTick: 100 })).toEqual({ fromTick: 0, toTick: 100 });
});

test('a pan stops at both ends', () => {
  const middle = zoomed(null, whole, 500, 4)!;
  expect(panned(middle, whole, 0.5)).toMatchObject({ fromTick: 500, toTick: 750 });
  expect(panned(middle, whole, 99)).toEqual({ fromTick: 750, toTick: 1000, follows: true });
  expect(panned(middle, whole, -99)).toMatchObject({ fromTick: 0, toTick: 250 });
  expect(panned(null, whole, 1)).toBeNull();
});

test('a tick out of sight is brought in, one in sight moves nothing', () => {
  const middle = zoomed(null, whole, 500, 4)!;
  expect(revealing(middle, whole, 600)).toBe(middle);
  expect(revealing(middle, whole, 100)).toMatchObject({ fromTick: 75, toTick: 325 });
  expect(revealing(middle, whole, 800)).toMatchObject({ fromTick: 575, toTick: 825 });
  expect(revealing(null, whole, 800)).toBeNull();
});

test('until a little after the last change', () => {
  expect(until(whole, 100)).toEqual({ fromTick: 0, toTick: 108, follows: false });
  expect(until(whole, 990)).toBeNull();
});
