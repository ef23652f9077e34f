/**
 * Runs of real QEMU, as they were recorded: forecast from what was asked of each and from its own count of zero pages, and
 * explained from its samples alone. Beside it what RAM by bandwidth would have said.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { EMPTY_QUESTION, fitMigration, predict, type PredictQuestion } from './index.ts';

interface Run {
  readonly name: string;
  readonly dirty_rate_mib_s: number;
  readonly working_set_mib: number;
  readonly max_bandwidth_mib_s: number;
  readonly downtime_limit_ms: number;
  readonly link_mib_s: number | null;
  readonly qemu_version: string;
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
  readonly result: Readonly<Record<string, number>> & { readonly status: string };
  readonly actions: readonly Readonly<Record<string, number | true>>[];
  readonly migration_pass_events: readonly { readonly pass: number; readonly t_s: number }[];
  readonly samples: readonly Readonly<Record<string, number | string>>[];
}

const RUNS = JSON.parse(
  readFileSync(join(process.env['PAGESHIFT_DATA']!, 'migrations.json'), 'utf8'),
) as readonly Run[];
const MIB = 2 ** 20;

function end<T>(steps: Generator<unknown, T, boolean>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

function questionOf(run: Run): PredictQuestion {
  const { total, duplicate } = run.result;
  const postcopy = run.actions.find((action) => action['migrate-start-postcopy'] === true);
  return {
    ...EMPTY_QUESTION,
    ramMib: String(total! / MIB),
    nonzeroMib: String((total! - duplicate! * 4096) / MIB),
    workingSetMib: String(run.working_set_mib),
    dirtyMibS: String(run.dirty_rate_mib_s),
    pattern: 'sequential',
    bandwidthMibS: String(run.max_bandwidth_mib_s),
    linkMibS: run.link_mib_s === null ? null : String(run.link_mib_s),
    downtimeMs: String(run.downtime_limit_ms),
    qemuVersion: run.qemu_version,
    capability: run.capabilities,
    set: Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`),
    postcopyAfter: postcopy === undefined ? null : String(postcopy['t_s']),
  };
}

describe.each(RUNS.map((run) => [run.name, run] as const))('%s', (_, run) => {
  const prediction = end(predict(questionOf(run))).prediction!;

  it('has its verdict', () => {
    expect(prediction.verdict).toBe(run.result.status === 'completed' ? 'converges' : 'never');
    expect(prediction.endsBy).toBe(
      run.actions.some((action) => 'migrate-start-postcopy' in action) ? 'postcopy' : prediction.endsBy,
    );
  });

  it('has its passes, within 3 % or 0.1 s', () => {
    const events = run.migration_pass_events;
    events.slice(1).forEach(({ t_s }, i) => {
      const length = t_s - events[i]!.t_s;
      expect(Math.abs(prediction.passes[i]!.seconds - length), `pass ${i + 1}`).toBeLessThanOrEqual(
        Math.max(0.1, 0.03 * length) + 1e-6,
      );
    });
  });

  it('where it ended: total, sent, syncs', () => {
    if (run.result.status !== 'completed') return;
    const { total_time, transferred, dirty_sync_count } = run.result;
    expect(Math.abs(prediction.totalSeconds! / (total_time! / 1000) - 1)).toBeLessThan(0.05);
    expect(Math.abs(prediction.sentMiB! / (transferred! / MIB) - 1)).toBeLessThan(0.02);
    expect(Math.abs(prediction.rounds! - dirty_sync_count!)).toBeLessThanOrEqual(1);
  });
});

test('in the mean far nearer than RAM by bandwidth', () => {
  const ended = RUNS.filter(({ result }) => result.status === 'completed');
  const off = (of: (run: Run) => number): number =>
    ended.reduce((sum, run) => sum + Math.abs(of(run) / (run.result['total_time']! / 1000) - 1), 0) / ended.length;
  const ours = off((run) => end(predict(questionOf(run))).prediction!.totalSeconds!);
  const usual = off(
    (run) => run.result['total']! / MIB / Math.min(run.max_bandwidth_mib_s, run.link_mib_s ?? Infinity),
  );
  expect(ours).toBeLessThan(usual / 10);
});

describe('what explains them, from samples alone', () => {
  const fit = (name: string) => {
    const { samples } = RUNS.find((run) => run.name.startsWith(name))!;
    return end(fitMigration({ text: JSON.stringify(samples), file: name, stated: {} }));
  };

  it('a run whose set was never through: its rate', () => {
    const { dirtyMiBPerSec } = fit('m05').fit!;
    expect(Math.abs(dirtyMiBPerSec.best - 16)).toBeLessThan(0.5);
  });

  it('a run that dirtied all of its set in each pass: its set, and that any higher rate would do', () => {
    const { fit: found, predicted } = fit('m08');
    expect(Math.abs(found!.workingSetMiB - 256)).toBeLessThan(5);
    expect(found!.dirtyMiBPerSec.most).toBeNull();
    expect(predicted!.prediction!.verdict).toBe('never');
    expect(predicted!.prediction!.fixes.map((one) => one.fix)).toContain('downtime-limit');
  });
});
