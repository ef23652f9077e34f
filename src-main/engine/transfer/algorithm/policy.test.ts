/** What the stacks above a hypervisor do, look by look, by the rules that policy.ts names. */
import { expect, test } from 'vitest';
import type { Intervention, Progress } from './migration-run.ts';
import { type PolicyName, policyOf, type Watcher } from './policy.ts';

const watcherOf = (name: PolicyName, gib: number): Watcher => policyOf(name).watch!(gib);

const AT_START: Progress = {
  nowMs: 0,
  syncs: 1,
  remainingBytes: 2 ** 30,
  dirtyBytesAtSync: 2 ** 30,
  bytesPerSec: 2 ** 27,
  sentBytes: 0,
};

/** What it does when it looks, up to a moment: when, and what. */
function deeds(
  watcher: Watcher,
  untilMs: number,
  progressAt: (ms: number) => Partial<Progress>,
): [ms: number, what: Intervention][] {
  const done: [number, Intervention][] = [];
  for (let ms = watcher.nextMs; ms <= untilMs; ms = watcher.nextMs) {
    const acts = watcher.look({ ...AT_START, nowMs: ms, ...progressAt(ms) });
    done.push(...acts.map((act): [number, Intervention] => [ms, act]));
    if (acts.some((act) => act.do === 'abort')) break;
  }
  return done;
}

test('Nova raises the limit ten times, to 500 ms, and gives up after 800 s a GiB', () => {
  const found = deeds(watcherOf('nova', 4), 1e9, () => ({}));
  const limits = [95, 140, 185, 230, 275, 320, 365, 410, 455, 500];
  expect(found.slice(0, -1)).toEqual(limits.map((ms, i) => [300_000 * (i + 1), { do: 'downtime-limit', ms }]));
  expect(found.at(-1)).toMatchObject([3_200_000, { do: 'abort' }]);
});

test('Proxmox doubles the limit at every sixth poll with more left than at the one before', () => {
  // It falls for 20 s; then it rises and falls in turn.
  const left = (ms: number): number => (ms <= 20_000 ? 1e9 - ms : 1e9 + (ms / 1000) * (ms % 2000 === 0 ? 1 : -1));
  const found = deeds(watcherOf('proxmox', 4), 50_000, (ms) => ({ remainingBytes: left(ms), bytesPerSec: 1 }));
  expect(found).toEqual([
    [30_000, { do: 'downtime-limit', ms: 200 }],
    [42_000, { do: 'downtime-limit', ms: 400 }],
  ]);
});

test('KubeVirt pauses a guest once at its deadline, and gives up after as long again', () => {
  const found = deeds(watcherOf('kubevirt-pause', 1), 1e9, (ms) => ({ remainingBytes: 2 ** 40 - ms }));
  expect(found).toEqual([
    [150_400, { do: 'pause' }],
    [300_400, { do: 'abort', why: 'the completion deadline has passed' }],
  ]);
});

test('KubeVirt gives up when nothing has progressed for 150 s, long before its deadline', () => {
  const found = deeds(watcherOf('kubevirt', 100), 1e9, (ms) => ({ remainingBytes: Math.max(5e5, 1e6 - ms) }));
  // 500 s until nothing falls any more.
  expect(found).toEqual([[650_400, { do: 'abort', why: 'nothing has progressed for 150 s' }]]);
});

test('the stall detector looks at each pass, and acts when 40 s have brought less than 4 %', () => {
  const stalled = (name: PolicyName, bytes: number, bytesPerSec: number): [number, Intervention][] => {
    const watcher = watcherOf(name, 100);
    expect(watcher.atPasses).toBe(true);
    const done: [number, Intervention][] = [];
    for (let pass = 1; pass <= 30 && done.length === 0; pass++) {
      const nowMs = 5000 * pass;
      const acts = watcher.look({ ...AT_START, nowMs, syncs: pass, dirtyBytesAtSync: bytes, bytesPerSec });
      done.push(...acts.map((act): [number, Intervention] => [nowMs, act]));
    }
    return done;
  };
  // The first pass that has one 40 s before it: the ninth, at 45 s.
  expect(stalled('kubevirt-stall-detector', 2 ** 30, 2 ** 27)).toEqual([
    [45_000, { do: 'abort', why: 'it has stalled' }],
  ]);
  // What would take 1.25 s is let through.
  expect(stalled('kubevirt-stall-detector', 1.25 * 2 ** 27, 2 ** 27)).toEqual([
    [45_000, { do: 'downtime-limit', ms: 900 }],
  ]);
  expect(stalled('kubevirt-stall-detector-postcopy', 2 ** 30, 2 ** 27)).toEqual([[45_000, { do: 'postcopy' }]]);
});
