/**
 * Sweeps through a queue, against a real Redis server on loopback that .ci/redis.sh starts and ends: workers that die or stand
 * still, a server that restarts, two sweeps at once, and what is refused.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageshift } from '../../cli/fixture/pageshift.ts';
import { cellsOf, inputOf, inputText } from '../../sweep/index.ts';
import { keyOf } from '../drive.ts';
import { SMALL_SCENARIO, smallSweep } from '../fixture.ts';
import { queueAddress } from './address.ts';
import { connect, whyNoServer } from './connection.ts';
import { jobOptions, MAX_JOB_BYTES, QUEUE_NAME, QUEUE_PREFIX, readJob, readResult } from './point-queue.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = join(REPOSITORY, '.ci/redis.sh');
const VERSION = (JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string }).version;

/** Where there is no server a person is not asked for root's password; CI installs one. */
const hasServer = process.env['CI'] !== undefined || isInstalled();

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('addresses', () => {
  const of = (text: string, env: Record<string, string> = {}, file?: string) => queueAddress(text, file, env);

  test('host, port, database, user, TLS', async () => {
    expect(await of('redis://h')).toEqual({
      host: 'h',
      port: 6379,
      db: 0,
      username: null,
      password: null,
      isTls: false,
    });
    expect(await of('rediss://u@[::1]:7000/3', { PAGESHIFT_REDIS_PASSWORD: 'x' })).toEqual({
      ...{ host: '::1', port: 7000, db: 3, username: 'u', password: 'x', isTls: true },
    });
  });

  test('a password in an address is refused without being repeated', async () => {
    const why = await of('redis://:hunter2@h');
    expect(why).toMatch(/refused/);
    expect(why).not.toContain('hunter2');
  });

  test.each(['h:6379', 'http://h', 'redis://', 'redis://h/x', 'redis://h/0?a=b'])('%s is none', async (text) => {
    expect(typeof (await of(text))).toBe('string');
  });

  test('a file may have the password', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageshift-password-'));
    writeFileSync(join(folder, 'p'), 'secret\n');
    expect(await of('redis://h', {}, join(folder, 'p'))).toMatchObject({ password: 'secret' });
    expect(await of('redis://h', {}, join(folder, 'none'))).toMatch(/cannot be read/);
    rmSync(folder, { recursive: true });
  });
});

describe('what a worker takes', () => {
  const sweep = smallSweep(2);
  const input = inputOf(sweep, cellsOf(sweep)[0]!, null, VERSION);
  const key = keyOf(inputText(input));
  const data = JSON.parse(JSON.stringify(input)) as Record<string, unknown>;

  test('a point whose name is its hash', () =>
    expect(readJob('point', key, data, VERSION)).toEqual({ input, refused: null }));

  test.each([
    ['an unknown name', ['format-disk', key, data], /no job named "format-disk"/, true],
    ['another version', ['point', key, { ...data, version: '9.9.9' }], /Pageshift 9\.9\.9.*Pageshift/, false],
    ['another name than its hash', ['point', 'f'.repeat(64), data], /not the hash/, true],
    ['a key too many', ['point', key, { ...data, file: '/etc/passwd' }], /not those of a point/, true],
    ['an unknown job', ['point', key, { ...data, job: 'shell' }], /not those of a point: job/, true],
    ['nothing', ['point', key, null], /not those of a point/, true],
    ['too much', ['point', key, { ...data, scenario: 'x'.repeat(MAX_JOB_BYTES) }], /bytes; at most/, true],
  ] as const)('not %s', (_, [name, id, what], why, isFinal) => {
    expect(readJob(name, id, what, VERSION)).toEqual({ input: null, refused: expect.stringMatching(why), isFinal });
  });

  test('a result is believed only when it has the form of one', () => {
    const result = { status: 'done', values: [1], verdict: null, reason: null };
    expect(readResult({ result, ms: 1, memoryBytes: 1 })).not.toBeNull();
    for (const wrong of [
      null,
      'x',
      { result, ms: 1 },
      { result: { ...result, status: 'fine' }, ms: 1, memoryBytes: 1 },
    ])
      expect(readResult(wrong)).toBeNull();
  });
});

describe.skipIf(!hasServer)('through a server', () => {
  let folder = '';
  let server = '';
  let url = '';
  const env: Record<string, string> = {};
  const children: ChildProcess[] = [];
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pageshift-queue-'));
    writeFileSync(at('small.pageshift.json'), JSON.stringify(SMALL_SCENARIO));
    server = execFileSync(SCRIPT, ['start'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
    url = `redis://127.0.0.1:${readFileSync(join(server, 'port'), 'utf8').trim()}`;
    env['PAGESHIFT_REDIS_PASSWORD'] = readFileSync(join(server, 'password'), 'utf8').trim();
  }, 300_000);

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    execFileSync(SCRIPT, ['stop', server]);
    rmSync(folder, { recursive: true, force: true });
  });

  interface Started {
    readonly child: ChildProcess;
    readonly closed: Promise<number | null>;
    said(): string;
  }

  function begun(...args: string[]): Started {
    const child = spawn(process.execPath, ['src-main/cli/main.ts', ...args], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    return { child, closed: new Promise((resolve) => child.on('close', resolve)), said: () => text };
  }

  /** One whose lost points others take after three seconds, or so many. */
  async function beginWorker(stalledAfter = 3): Promise<Started> {
    const worker = begun('worker', '--queue', url, '--threads', '1', '--stalled-after', String(stalledAfter));
    await until(() => worker.said().includes('takes points'));
    return worker;
  }

  const sweepArgs = (out: string, ...more: string[]): string[] => [
    ...[
      'sweep',
      at('small.pageshift.json'),
      '--vary',
      'mean=vms.v.workload.lifetime.meanMs:200..400:50',
      '--ticks',
      '10',
    ],
    ...['--metric', '/tick', 'hash=/hash', '-o', at(out), ...more],
  ];

  const done = (out: string): number => {
    try {
      return Math.max(0, readFileSync(join(at(out), 'results.jsonl'), 'utf8').split('\n').length - 2);
    } catch {
      return 0;
    }
  };
  const table = (out: string): string => readFileSync(join(at(out), 'table.csv'), 'utf8');

  async function withQueue<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    const address = await queueAddress(url, undefined, env);
    if (typeof address === 'string') throw new Error(address);
    const redis = connect(address);
    const queue = new Queue(QUEUE_NAME, { connection: redis, prefix: QUEUE_PREFIX });
    try {
      return await work(queue);
    } finally {
      await queue.close();
      redis.disconnect();
    }
  }

  test('a wrong password, none and a server that is not there are refused in words', async () => {
    const wrong = await pageshift(['queue', 'status', '--queue', url], { env: { PAGESHIFT_REDIS_PASSWORD: 'guess' } });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('refuses the password')]);
    const none = await pageshift(['worker', '--queue', url], { env: { PAGESHIFT_REDIS_PASSWORD: '' } });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('wants a password')]);
    const shown = await pageshift(['worker', '--queue', url.replace('//', '//:secret@')], { env });
    expect([shown.code, shown.stderr]).toEqual([2, expect.stringContaining('refused')]);
    const address = await queueAddress('redis://127.0.0.1:1', undefined, {});
    expect(await whyNoServer(address as never)).toBe('nothing answers at 127.0.0.1:1');
  }, 60_000);

  test('three workers, one killed, one standing still, the server restarted: every result, once, and the same bytes', async () => {
    const here = await pageshift(sweepArgs('here', '--seeds', '8'), { env });
    expect(here.code).toBe(0);
    const [killed, stopped] = [await beginWorker(), await beginWorker(), await beginWorker()];
    const sweep = begun(...sweepArgs('there', '--seeds', '8', '--queue', url));
    await until(() => done('there') >= 4);
    killed.child.kill('SIGKILL');
    stopped.child.kill('SIGSTOP');
    await until(() => done('there') >= 12);
    execFileSync(SCRIPT, ['restart', server]);
    await until(() => done('there') >= 24);
    // Long past the stall limit: what it holds has been run by the other one meanwhile.
    stopped.child.kill('SIGCONT');
    expect(await sweep.closed, sweep.said()).toBe(0);
    expect(done('there')).toBe(40);
    expect(table('there')).toBe(table('here'));
    expect(sweep.said()).toContain('40 runs: 40 done');
    await endAll();
  }, 300_000);

  test('two sweeps at once do not mix, and a worker that is asked to stop ends what it has begun', async () => {
    const worker = await beginWorker();
    const other = (out: string, ...more: string[]): string[] =>
      sweepArgs(out, '--seeds', '3', ...more).map((arg) => arg.replace('hash=/hash', 'owed=/guests/0/lag/hostTarget'));
    const [one, two] = [
      begun(...sweepArgs('one', '--seeds', '3', '--queue', url)),
      begun(...other('two', '--queue', url)),
    ];
    await until(() => done('one') + done('two') >= 6);
    worker.child.kill('SIGTERM');
    expect(await worker.closed).toBe(0);
    expect(worker.said()).toMatch(/stopped after \d+ runs?\n/);
    await beginWorker();
    expect([await one.closed, await two.closed], one.said() + two.said()).toEqual([0, 0]);
    await pageshift(sweepArgs('one-here', '--seeds', '3'));
    await pageshift(other('two-here'));
    expect([table('one'), table('two')]).toEqual([table('one-here'), table('two-here')]);
    await endAll();
  }, 300_000);

  test('what is no point is refused in words, and nothing else is lost', async () => {
    const sweep = smallSweep(2);
    const input = inputOf(sweep, cellsOf(sweep)[0]!, null, VERSION);
    const key = keyOf(inputText(input));
    await withQueue(async (queue) => {
      await queue.obliterate({ force: true });
      await queue.add('rm', input, { attempts: 3, jobId: 'unknown-name' });
      await queue.add('point', { ...input, version: '0.0.1' }, { attempts: 2, backoff: 100, jobId: 'old-version' });
      await queue.add('point', { ...input, scenario: 'x'.repeat(MAX_JOB_BYTES) }, { attempts: 3, jobId: 'large' });
      await queue.add('point', input, jobOptions(key));
    });
    // Long enough for what is large to arrive on a busy machine.
    const worker = await beginWorker(60);
    await withQueue(async (queue) => {
      await until(async () => (await queue.getFailedCount()) === 3 && (await queue.getCompletedCount()) === 1);
      const why = async (id: string): Promise<unknown> => (await queue.getJob(id))?.failedReason;
      expect(await why('unknown-name')).toContain('no job named "rm"');
      expect(await why('old-version')).toContain('Pageshift 0.0.1');
      expect(await why('large')).toContain('bytes; at most');
    });
    expect(worker.said()).toContain('refused: ');
    const status = await pageshift(['queue', 'status', '--queue', url, '--json'], { env });
    expect(JSON.parse(status.stdout)).toMatchObject({ waiting: 0, active: 0, completed: 1, failed: 3, workers: 1 });
    const cleaned = await pageshift(['queue', 'clean', '--queue', url], { env });
    expect(cleaned.stdout).toBe('4 jobs removed\n');
    await endAll();
  }, 300_000);

  async function endAll(): Promise<void> {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGKILL');
      await closed;
    }
  }
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(20);
}
