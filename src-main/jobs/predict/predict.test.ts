/** What `predict` answers: the verdict, fixes that hold when they are taken, and what it refuses. */
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../../shared/model/prediction.ts';
import { NO_MIGRATION } from '../../formats/measured.ts';
import { questionOfReplies } from './from-replies.ts';
import { EMPTY_QUESTION, predict, type Predicted, type PredictQuestion } from './index.ts';

function ask(question: Partial<PredictQuestion>): Predicted {
  const steps = predict({ ...EMPTY_QUESTION, ...question });
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

function answer(question: Partial<PredictQuestion>): Prediction {
  const { prediction, problems } = ask(question);
  expect(problems).toEqual([]);
  return prediction!;
}

const slugs = (question: Partial<PredictQuestion>): string[] => ask(question).problems.map(({ slug }) => slug);

const NEVER = {
  ramMib: '512',
  nonzeroMib: '330.25',
  workingSetMib: '256',
  dirtyMibS: '48',
  pattern: 'sequential',
  bandwidthMibS: '32',
};

describe('fixes', () => {
  it('end the migration when they are taken, and a tenth of the limit does not', () => {
    const { verdict, totalSeconds, fixes } = answer(NEVER);
    expect([verdict, totalSeconds]).toEqual(['never', null]);
    const limit = fixes.find(({ fix }) => fix === 'downtime-limit')!;
    expect(answer({ ...NEVER, set: [limit.set] })).toMatchObject({
      verdict: 'converges',
      totalSeconds: limit.totalSeconds,
    });
    const tenth = String(Number(limit.set.split('=')[1]) / 10);
    expect(answer({ ...NEVER, downtimeMs: tenth }).verdict).toBe('never');
    const postcopy = answer({ ...NEVER, postcopyAfter: '10.1' });
    expect(postcopy.endsBy).toBe('postcopy');
    expect(fixes.find(({ fix }) => fix === 'postcopy')!.totalSeconds).toBeCloseTo(postcopy.totalSeconds!, 0);
    const throttled = fixes.find(({ fix }) => fix === 'auto-converge')!;
    expect(answer({ ...NEVER, capability: ['auto-converge'] }).totalSeconds).toBe(throttled.totalSeconds);
  });

  it('offer the rest of the link, and a promise about it', () => {
    const { fixes } = answer({ ...NEVER, linkMibS: '1192' });
    const [promise, bandwidth] = fixes;
    expect(promise).toMatchObject({ fix: 'switchover-bandwidth', set: 'avail-switchover-bandwidth=1192M' });
    expect(answer({ ...NEVER, linkMibS: '1192', set: [promise!.set] }).totalSeconds).toBe(promise!.totalSeconds);
    expect(bandwidth!.fix).toBe('bandwidth');
    expect(answer({ ...NEVER, linkMibS: '1192', set: [bandwidth!.set] }).totalSeconds).toBe(bandwidth!.totalSeconds);
  });

  it('are none where it ends, and each has its price', () => {
    expect(answer({ ...NEVER, dirtyMibS: '8' }).fixes).toEqual([]);
    for (const { price } of answer(NEVER).fixes) expect(price.length).toBeGreaterThan(10);
  });
});

describe('answers', () => {
  it('are never without a stop', () => {
    expect(answer({ ramMib: '512', dirtyMibS: '0' }).downtimeMs).toBeGreaterThan(0);
  });

  it('of a guest that is idle for most of its time: it is slowed later', () => {
    const busy = answer({ ...NEVER, capability: ['auto-converge'] });
    const idle = answer({ ...NEVER, capability: ['auto-converge'], guestCpuPercent: '20' });
    expect(idle.totalSeconds!).toBeGreaterThan(1.3 * busy.totalSeconds!);
  });

  it('of 12 TiB under a policy that looks every 400 ms are given up at its deadline', () => {
    const huge = {
      ramMib: '12582912',
      workingSetMib: '6000000',
      dirtyMibS: '9000',
      linkMibS: '1192',
      policy: 'kubevirt',
    };
    const { verdict, totalSeconds } = answer(huge);
    expect(verdict).toBe('aborted');
    expect(Math.abs(totalSeconds! / (150 * 12_288) - 1)).toBeLessThan(0.01);
  });

  it('of a guest that writes nothing, or all of a memory that was zero', () => {
    expect(answer({ ramMib: '4096', workingSetMib: '0', dirtyMibS: '0' }).verdict).toBe('converges');
    expect(answer({ ramMib: '4096', nonzeroMib: '0', dirtyMibS: '500' }).verdict).toBe('never');
  });

  it('follow phases and further sets', () => {
    expect(answer({ ...NEVER, phase: ['30=4'] }).verdict).toBe('converges');
    expect(answer({ ...NEVER, dirtyMibS: '4', alsoWrites: ['64=100:uniform'] }).verdict).toBe('never');
  });

  it('differ by the pattern: what is written at random is written twice', () => {
    const total = (pattern: string): number => answer({ ...NEVER, dirtyMibS: '24', pattern }).totalSeconds!;
    expect(total('uniform')).toBeLessThan(total('sequential'));
    expect(total('zipf')).toBeLessThan(total('uniform'));
  });

  it('differ by the policy', () => {
    const big = { ramMib: '8192', workingSetMib: '4096', dirtyMibS: '1500', linkMibS: '1192' };
    expect(answer({ ...big, policy: 'nova' }).verdict).toBe('aborted');
    expect(answer({ ...big, policy: 'nova-postcopy' }).endsBy).toBe('postcopy');
    expect(answer({ ...big, policy: 'kubevirt-pause' }).endsBy).toBe('pause');
    expect(answer({ ...big, policy: 'libvirt' }).verdict).toBe('never');
    expect(answer({ ...big, policy: 'cloud-hypervisor' }).verdict).toBe('aborted');
    expect(answer({ ...big, algorithm: 'cloud-hypervisor' }).verdict).toBe('never');
  });
});

describe('replies of QEMU', () => {
  const running = {
    ...NO_MIGRATION,
    kind: 'qmp-migrate',
    status: 'active' as const,
    ramTotalKiB: 524_808,
    constantPages: 46_658,
    bandwidthMibPerSec: 32,
  };
  const limits = {
    ...NO_MIGRATION,
    kind: 'qmp-migrate-parameters',
    fields: { 'downtime-limit': '300', 'max-bandwidth': '33554432' },
  };

  it('a run that dirtied as much as it sent never ends; one that dirtied half of it does', () => {
    const full = { ...running, iteration: 8, expectedDowntimeMs: 8008, dirtyPagesPerSec: 8163 };
    const half = { ...running, iteration: 4, expectedDowntimeMs: 3000, dirtyPagesPerSec: 4100 };
    expect(answer(questionOfReplies([full, limits])).verdict).toBe('never');
    expect(answer(questionOfReplies([half, limits])).verdict).toBe('converges');
  });
});

describe('runs that others published', () => {
  it('QEMU 2.x, 16 MiB huge pages on POWER8: not at 300 ms, and what was left says the limit', () => {
    // "Converge migration for Hugepage backed VM", 2019: it went on for ever at 300 ms, and ended at 3,400.
    const reply = {
      ...NO_MIGRATION,
      kind: 'hmp-migrate',
      status: 'active' as const,
      iteration: 6,
      expectedDowntimeMs: 1475,
      ramTotalKiB: 8_388_864,
      ramRemainingKiB: 376_892,
      constantPages: 1_678_265,
      bandwidthMibPerSec: 103.33,
      dirtyPagesPerSec: 39_044,
    };
    const { verdict, fixes } = answer(questionOfReplies([reply]));
    expect(verdict).toBe('never');
    const limitMs = Number(fixes.find(({ fix }) => fix === 'downtime-limit')!.set.split('=')[1]);
    expect(Math.abs(limitMs - 3400)).toBeLessThan(200);
  });

  it('QEMU 1.5, XBZRLE, the test program of its document: 22.2 s and 689 MiB', () => {
    const run = {
      ramMib: '1032.4',
      nonzeroMib: '608.4',
      workingSetMib: '16',
      dirtyMibS: '10000',
      bandwidthMibS: '32',
      downtimeMs: '30',
      qemuVersion: '2.0',
    };
    expect(answer(run).verdict).toBe('never');
    const { verdict, totalSeconds, sentMiB } = answer({ ...run, capability: ['xbzrle'], deltaBytes: '16' });
    expect(verdict).toBe('converges');
    // The rest of that guest wrote as well, of which nothing is told.
    expect(Math.abs(totalSeconds! / 22.2 - 1)).toBeLessThan(0.15);
    expect(Math.abs(sentMiB! / 689 - 1)).toBeLessThan(0.1);
  });

  it('Proxmox, an idle guest of 2 GiB with 403 MiB at 61 MiB/s: 7 s', () => {
    const idle = { ramMib: '2056.7', nonzeroMib: '403', dirtyMibS: '0.1', linkMibS: '61', policy: 'proxmox' };
    const { verdict, totalSeconds, downtimeMs } = answer(idle);
    expect(verdict).toBe('converges');
    expect(Math.abs(totalSeconds! - 7)).toBeLessThan(0.7);
    expect(downtimeMs).toBeLessThan(100);
  });
});

describe('problems', () => {
  it('are what QEMU refuses', () => {
    expect(slugs({ ...NEVER, qemuVersion: '7.2', set: ['avail-switchover-bandwidth=1G'] })).toEqual([
      'predict-parameter-new',
    ]);
    expect(slugs({ ...NEVER, qemuVersion: '7.2', capability: ['dirty-limit'] })).toEqual(['predict-capability-new']);
    expect(slugs({ ...NEVER, capability: ['multifd', 'xbzrle'] })).toEqual(['predict-capability-conflict']);
    expect(slugs({ ...NEVER, capability: ['compress'] })).toEqual(['predict-capability-gone']);
  });

  it('are sizes that do not fit into each other', () => {
    expect(slugs({ ramMib: '100', nonzeroMib: '200', dirtyMibS: '1' })).toEqual(['predict-number']);
    expect(slugs({ ramMib: '100', workingSetMib: '80', alsoWrites: ['30=1'], dirtyMibS: '1' })).toEqual([
      'predict-sets-too-large',
    ]);
    expect(slugs({ dirtyMibS: '1' })).toEqual(['predict-ram-missing']);
  });

  it('are a policy of another hypervisor', () => {
    expect(slugs({ ...NEVER, algorithm: 'xen-classic', policy: 'nova' })).toContain('predict-policy-algorithm');
    expect(slugs({ ...NEVER, algorithm: 'xen-classic', postcopyAfter: '3' })).toContain('predict-postcopy-algorithm');
  });
});
