/** `sweep` from outside: files, exit codes, kills at any moment, what is wrong with what a person typed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Prng } from '../engine/core/index.ts';
import { SMALL_SCENARIO } from '../sweeper/fixture.ts';
import { pageshift, REPOSITORY } from './fixture/pageshift.ts';

/** Each command starts the whole program, and its threads do: on a busy machine that takes many seconds. */
vi.setConfig({ testTimeout: 400_000 });

let folder = '';
const at = (name: string): string => join(folder, name);
const read = (out: string, name: string): string => readFileSync(join(at(out), name), 'utf8');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pageshift-sweep-'));
  writeFileSync(at('small.pageshift.json'), JSON.stringify(SMALL_SCENARIO));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLE = join(REPOSITORY, 'shared/examples/two-to-four-migrate.pageshift.json');

const args = (out: string, ...more: string[]): string[] => [
  'sweep',
  at('small.pageshift.json'),
  ...['--vary', 'mean=vms.v.workload.lifetime.meanMs:200..400:50', '--seeds', '3', '--ticks', '4'],
  ...['--metric', '/tick', 'hash=/hash', '-o', at(out), ...more],
];

/** Of 5 values and 3 seeds. */
const RUNS = 15;

describe('sweep', () => {
  it('writes its tables, goes on where it was killed, and ends in the same bytes', async () => {
    const whole = await pageshift(args('whole', '--threads', '2'));
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(whole.stdout).toContain(`${RUNS} runs: ${RUNS} done`);
    expect(readdirSync(at('whole')).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    expect(read('whole', 'table.csv').split('\r\n')).toHaveLength(RUNS + 2);
    const bytes = statSync(join(at('whole'), 'results.jsonl')).size;

    const prng = new Prng(77, 'kills');
    for (let kill = 0; kill < 4; kill++) await killedWhen('killed', prng.below(Math.floor(bytes * 0.2)));
    const before = logged('killed');
    expect(before).toBeLessThan(RUNS);
    const again = await pageshift(args('killed', '--threads', '1'));
    expect([again.code, again.stderr]).toEqual([0, `${before} of ${RUNS} runs had been done before\n`]);
    // Nothing that was done has been done again: each job has one line.
    expect(logged('killed')).toBe(RUNS);
    for (const name of ['table.csv', 'table.jsonl', 'points.csv', 'report.html'])
      expect(read('killed', name), name).toBe(read('whole', name));
    expect(readFileSync(join(at('killed'), 'table.parquet'))).toEqual(readFileSync(join(at('whole'), 'table.parquet')));
  });

  it('stopped by Ctrl+C keeps what is done, says so, and goes on from its own document', async () => {
    const child = begun('stopped');
    await until(() => logged('stopped') >= 2);
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(read('stopped', 'report.html')).toContain('Not complete');
    const kept = logged('stopped');
    const again = await pageshift(['sweep', join(at('stopped'), 'sweep.json'), '-o', at('stopped')]);
    expect([again.code, again.stderr]).toEqual([0, `${kept} of ${RUNS} runs had been done before\n`]);
  });

  it("finds QEMU's edge of convergence of an example within 1 % in at most 14 runs, where the closed form has it", async () => {
    const { code, stdout } = await pageshift([
      ...['sweep', EXAMPLE, '--job', 'predict', '--ask', 'pattern=sequential', '--threads', '1'],
      ...[
        '--vary',
        'rate=/vms/0/dirty/rateMiBps:120..12000:log',
        '--edge',
        'rate:/verdict=converges',
        '-o',
        at('edge'),
      ],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('holds up to rate');
    const [, edge, near, far, , runs] = read('edge', 'edges.csv')
      .split('\r\n')[1]!
      .split(',')
      .slice(1)
      .map(Number) as number[];
    // With a working set above bandwidth times limit it converges only where it writes more slowly than is sent.
    const bandwidth = 1192;
    expect(Math.abs(edge! / bandwidth - 1)).toBeLessThan(0.01);
    expect(far! / near!).toBeLessThan(1.01);
    expect(runs).toBeLessThanOrEqual(14);
    expect(read('edge', 'table.csv').trim().split('\r\n')).toHaveLength(1 + runs!);
  });

  it('says what it would cost, by probes', async () => {
    const { code, stdout } = await pageshift([
      ...['sweep', 'check', at('small.pageshift.json'), '--vary', 'mean=/vms/v/workload/lifetime/meanMs:200,300'],
      ...['--seeds', '50', '--ticks', '5', '--threads', '2', '--json'],
    ]);
    expect(code).toBe(0);
    const cost = JSON.parse(stdout) as Record<string, number>;
    expect(cost).toMatchObject({ runs: 100, threads: 2, probes: 5, isMost: false, refused: [], withoutValue: [] });
    expect(cost['msLeast']).toBeGreaterThan(0);
    expect(cost['seconds']).toBeCloseTo((cost['msMean']! * 100) / 2000, 6);
    expect(cost['memoryMib']).toBeGreaterThan(1);
  });

  it('reports all that is wrong, and runs nothing', async () => {
    const small = at('small.pageshift.json');
    const flags = await pageshift(['sweep', small, '--vary', 'x', '--vary', 'y=/a', '--edge', 'z', '-o', at('none')]);
    expect(flags.code).toBe(2);
    expect(flags.stderr.match(/error flag/g)).toHaveLength(3);
    const values = await pageshift([
      ...['sweep', small, '--vary', 'm=/vms/v/memoryMiB:16,-1', '--vary', 'n=/vms/w/memoryMiB:1', '-o', at('none')],
    ]);
    expect(values.code).toBe(2);
    expect(values.stderr).toMatch(/out-of-range: With "m" at -1/);
    expect(values.stderr).toMatch(/path-nowhere: "n" varies .* no "w" there/);
    const many = await pageshift(['sweep', small, '--vary', 'm=/seed:0..99999:1', '--seeds', '2', '-o', at('none')]);
    expect(many.stderr).toMatch(/too-many|100000 values/);
    const nowhere = await pageshift(['sweep', small]);
    expect([nowhere.code, nowhere.stderr]).toEqual([2, 'error: a sweep needs a folder for its results: -o OUT\n']);
    expect(readdirSync(folder)).not.toContain('none');
  });

  it('leaves a folder alone that has other files', async () => {
    const { code, stderr } = await pageshift(['sweep', at('small.pageshift.json'), '--ticks', '1', '-o', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain('output-exists');
  });
});

/** Lines of results that are whole. */
function logged(out: string): number {
  try {
    return Math.max(0, read(out, 'results.jsonl').split('\n').length - 2);
  } catch {
    return 0;
  }
}

const begun = (out: string): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['src-main/cli/main.ts', ...args(out, '--threads', '2')], {
    cwd: REPOSITORY,
    stdio: 'ignore',
  });

/** Kills a sweep that goes on in a folder once its log has so many bytes more. */
async function killedWhen(out: string, moreBytes: number): Promise<void> {
  const size = (): number => {
    try {
      return statSync(join(at(out), 'results.jsonl')).size;
    } catch {
      return 0;
    }
  };
  const from = size();
  const child = begun(out);
  const closed = new Promise((resolve) => child.on('close', resolve));
  await until(() => size() > from + moreBytes);
  child.kill('SIGKILL');
  await closed;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(2);
}
