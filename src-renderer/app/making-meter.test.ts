import { expect, test } from 'vitest';
import { MakingMeter } from './making-meter.ts';

test('the rate is that of the last seconds, and what is left follows from it', () => {
  const meter = new MakingMeter();
  expect(meter.add({ pages: 0, ofPages: 10_000 }, 0)).toBeNull();
  expect(meter.add({ pages: 1000, ofPages: 10_000 }, 1000)).toEqual({ pagesPerSec: 1000, leftText: '9 s' });
  // A warm-up: slower from now on, and only that counts.
  expect(meter.add({ pages: 1500, ofPages: 10_000 }, 4000)!.pagesPerSec).toBeCloseTo(500 / 3);
  expect(meter.add({ pages: 1500, ofPages: 1_000_000 }, 3999)!.leftText).toMatch(/ min$/);
});
