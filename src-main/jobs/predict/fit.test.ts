/** What explains a run that was observed. The runs are made page by page, by the naive migration that the engine is held against. */
import { describe, expect, it } from 'vitest';
import { EMPTY_QUESTION, fitMigration, predict, type Fitted } from './index.ts';

function end<T>(steps: Generator<unknown, T, boolean>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

const fit = (text: string): Fitted => end(fitMigration({ text, file: 'samples', stated: {} }));

/** A reply of QEMU at a moment of a migration that has gone through `passes`. */
const reply = (seconds: number, remainingMib: number, syncs: number, dirtyMibPerSec: number, atSyncMib: number) => ({
  return: {
    status: 'active',
    'total-time': seconds * 1000,
    'expected-downtime': syncs === 1 ? 300 : Math.round((atSyncMib / 32) * 1000),
    ram: {
      ...{
        total: 512 * 2 ** 20,
        remaining: Math.round(remainingMib * 2 ** 20),
        transferred: 1,
        duplicate: 0,
        normal: 1,
      },
      ...{
        'dirty-sync-count': syncs,
        'dirty-pages-rate': syncs === 1 ? 0 : Math.round(dirtyMibPerSec * 256),
        mbps: 268.4355,
      },
    },
  },
});

/** 512 MiB at 32 MiB/s of wire: 400 MiB written in order again and again, at 20 MiB/s, by hand: R = left + D t. */
function samples(): ReturnType<typeof reply>[] {
  const replies: ReturnType<typeof reply>[] = [];
  let [left, start, syncs, rate, atSync] = [512, 0, 1, 0, 512];
  for (let tenths = 0; tenths < 300 && syncs < 5; tenths++) {
    left -= (3.2 * 4096) / 4104;
    const now = (tenths + 1) / 10;
    if (left < 9.6) {
      const dirtied = 20 * (now - start);
      rate = dirtied / (now - start);
      left += dirtied;
      atSync = left;
      syncs++;
      start = now;
    }
    if (tenths % 5 === 4) replies.push(reply(now, left, syncs, rate, atSync));
  }
  return replies;
}

describe('samples that were made by hand', () => {
  const all = samples();
  const forms = {
    'a JSON list': JSON.stringify(all),
    'a reply a line': all.map((one) => JSON.stringify(one)).join('\n'),
    'pretty replies one after the other': all
      .slice(0, 40)
      .map((one) => JSON.stringify(one, null, 2))
      .join('\n'),
  };

  it.each(Object.entries(forms))('as %s', (_, text) => {
    const { fit: found, predicted, diagnostics } = fit(text);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(found!.pattern).toBe('sequential');
    expect(Math.abs(found!.dirtyMiBPerSec.best - 20)).toBeLessThan(0.8);
    expect(found!.errorPercent!).toBeLessThan(1);
    expect(predicted!.prediction!.verdict).toBe('converges');
  });
});

it('one text of info migrate says what it can, and that it is too little to test', () => {
  const text = [
    ...[
      'globals:',
      'store-global-state: on',
      'Migration status: active',
      'total time: 60017 ms',
      'expected downtime: 8008 ms',
    ],
    ...['setup: 1 ms', 'transferred ram: 1967048 kbytes', 'throughput: 268.57 mbps', 'remaining ram: 167668 kbytes'],
    ...['total ram: 524808 kbytes', 'duplicate: 46658 pages', 'skipped: 0 pages', 'normal: 490700 pages'],
    ...['normal bytes: 1962800 kbytes', 'dirty sync count: 8', 'page size: 4 kbytes', 'dirty pages rate: 8163 pages'],
  ].join('\n');
  const { fit: found, predicted } = fit(text);
  expect(found).toMatchObject({ errorPercent: null, dirtyMiBPerSec: { most: null } });
  expect(Math.abs(found!.workingSetMiB - 256)).toBeLessThan(2);
  expect(predicted!.prediction!.verdict).toBe('never');
});

it('says nothing where no sample is of a later pass', () => {
  expect(fit(JSON.stringify(samples().slice(0, 8)))).toMatchObject({ fit: null, predicted: null });
  expect(fit('hello').fit).toBeNull();
});

it('a question without a rate stays unknown', () => {
  expect(end(predict({ ...EMPTY_QUESTION, ramMib: '10' })).prediction!.verdict).toBe('unknown');
});
