/** When QEMU throttles a guest and by how much, by the rules that throttle.ts names, sync by sync. */
import { expect, test } from 'vitest';
import { Throttle, type ThrottleRules } from './throttle.ts';

const AUTO_CONVERGE: ThrottleRules = {
  kind: 'auto-converge',
  triggerPercent: 50,
  initialPercent: 20,
  incrementPercent: 10,
  maxPercent: 45,
  tailslow: false,
  timer: false,
  bytesPerSecPerVcpu: 0,
};

/** The percent after each of so many periods of 1.1 s, in each of which 100 bytes were sent and so many dirtied. */
function percents(throttle: Throttle, dirtyBytes: readonly number[]): number[] {
  return dirtyBytes.map((bytes, i) => {
    throttle.synced(1100 * (i + 1), bytes, 100 * (i + 1));
    return throttle.percent;
  });
}

test('it fires at every second period that is too dirty, up to its most; a good period does not reset the count', () => {
  const dirty = [90, 90, 90, 90, 90, 90, 90, 90];
  expect(percents(new Throttle(AUTO_CONVERGE), dirty)).toEqual([0, 20, 20, 30, 30, 40, 40, 45]);
  expect(percents(new Throttle(AUTO_CONVERGE), [90, 10, 90, 90])).toEqual([0, 0, 20, 20]);
  expect(percents(new Throttle(AUTO_CONVERGE), [50, 50, 50, 50])).toEqual([0, 0, 0, 0]);
});

test('may rise until it is at its most', () => {
  const throttle = new Throttle(AUTO_CONVERGE);
  const may = [90, 90, 90, 90, 90, 90, 90, 90].map((bytes, i) => {
    throttle.synced(1100 * (i + 1), bytes, 100 * (i + 1));
    return throttle.mayRise;
  });
  expect(may).toEqual([true, true, true, true, true, true, true, false]);
});

test('syncs within a second of the last decision accumulate', () => {
  const throttle = new Throttle(AUTO_CONVERGE);
  for (const ms of [400, 800, 1200]) throttle.synced(ms, 30, ms / 12);
  // 90 bytes were dirtied while 100 were sent: too many, once.
  expect(throttle.percent).toBe(0);
  throttle.synced(2300, 90, 200);
  expect(throttle.percent).toBe(20);
});

test('tailslow takes no more than brings the guest down to the trigger', () => {
  const tailslow = (dirty: number): number => {
    const throttle = new Throttle({ ...AUTO_CONVERGE, tailslow: true });
    return percents(throttle, [90, 90, dirty, dirty]).at(-1)!;
  };
  // Of the 80 % that are left, 80 * 50 / 52 = 76.9 would do: 76.
  expect(tailslow(52)).toBe(24);
  expect(tailslow(90)).toBe(30);
});

test('dirty-limit has one step: so many bytes a second for each vCPU', () => {
  const throttle = new Throttle({ ...AUTO_CONVERGE, kind: 'dirty-limit', bytesPerSecPerVcpu: 4096 * 10 });
  expect([throttle.mayRise, throttle.maxPagesPerSec(3)]).toEqual([true, Infinity]);
  expect(percents(throttle, [90, 90])).toEqual([0, 0]);
  expect([throttle.mayRise, throttle.maxPagesPerSec(3)]).toEqual([false, 30]);
});
