import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';
import { fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Seen {
  readonly document: string;
  readonly tick: number;
  readonly atMs: number;
}

/** Starts the process, lets it play, kills it. @returns what it said, the last line last. */
async function killed(text: string): Promise<readonly Seen[]> {
  const file = join(folder, 'small.json');
  await writeFile(file, text);
  const script = new URL('fixture/killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => void (said += data.toString()));
  const seen = (): Seen[] =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Seen);
  try {
    await until('it plays', () => seen().length > 45);
    // While it lives, nobody else may have its document.
    const desk = await Desk.open(fakeShell(folder, false));
    const page = new Page(desk, 'other');
    expect((await page.hello()).start.recoverable).toEqual([]);
    const { diagnostics } = await page.get('document.recover', { recovery: seen()[0]!.document });
    expect(diagnostics).toMatchObject([{ slug: 'journal-in-use' }]);
    await desk.close();
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return seen();
}

// The second is measured by the clock: a machine that is busy with other tests may be late, and is asked again.
test(
  'a process that is killed mid-run loses no more than its last second, and its run goes on as if it had lived',
  { retry: 2, timeout: 60_000 },
  async () => {
    const seen = await killed(SMALL.replace('"meanMs": 1000', '"meanMs": 60000'));
    const last = seen.at(-1)!;
    const secondBefore = seen.findLast(({ atMs }) => atMs <= last.atMs - 1000)!;
    expect(secondBefore.tick).toBeGreaterThan(10);

    const desk = await Desk.open(fakeShell(folder, false));
    try {
      const page = new Page(desk, 'w');
      const { start } = await page.hello();
      expect(start.recoverable).toMatchObject([{ id: last.document, name: 'small', commands: 2 }]);
      const { tick } = start.recoverable[0]!;
      expect(tick).toBeGreaterThanOrEqual(secondBefore.tick);
      const { document, diagnostics } = await page.get('document.recover', { recovery: last.document });
      expect(diagnostics).toEqual([]);
      await page.show(document!);
      await until('it has come back', () => page.last('state')?.busy === null && page.last('state')?.tick === tick);
      expect(page.last('state')!.commands.map(({ type }) => type)).toEqual(['compact', 'setRegeneration']);
      const { chain, hash } = await page.get('run.hashes', {});

      // An uninterrupted run of the same commands.
      const text = Buffer.from((await page.ask('document.text', {})).payload).toString();
      const scenario = readScenario(text, '').value!;
      expect(scenario.commands).toHaveLength(2);
      const { run } = await runJob('run', { scenario, until: { converged: false, ticks: tick }, version: '' });
      expect({ chain, hash }).toEqual({ chain: run!.record.chain, hash: run!.record.hash });

      await page.get('run.step', { ticks: 20 });
      const later = await runJob('run', { scenario, until: { converged: false, ticks: tick + 20 }, version: '' });
      expect((await page.get('run.hashes', {})).chain).toBe(later.run!.record.chain);
    } finally {
      await desk.close();
    }
  },
);

test('what was only looked at leaves nothing, and histories of dead processes are removed', async () => {
  const dead = '11111111-1111-4111-8111-111111111111';
  const history = join(folder, 'data', 'history');
  await mkdir(join(history, dead), { recursive: true });
  await mkdir(join(history, 'not ours'));
  const journal = join(folder, 'data', 'journal');
  await mkdir(journal);
  for (const left of [`${dead}.lock`, `${dead}.jsonl.4000000.3.tmp`]) await writeFile(join(journal, left), '');
  await writeFile(join(journal, 'not ours.tmp'), '');
  const desk = await Desk.open(fakeShell(folder, false));
  expect(await readdir(history)).toEqual(['not ours']);
  expect(await readdir(journal)).toEqual(['not ours.tmp']);
  await desk.close();
});

// Written by Pageshift before commands, requests and words were rebuilt, and killed at tick 18. It has no hash: events were
// sentences then, so hashes were others.
test('a journal of an earlier Pageshift is recovered with its commands and its tick', async () => {
  const id = 'b912dba2-5d57-423d-8512-1dfd598f605a';
  const journals = join(folder, 'data', 'journal');
  await mkdir(journals, { recursive: true });
  await copyFile(new URL('fixture/journal-v1.jsonl', import.meta.url), join(journals, `${id}.jsonl`));
  const desk = await Desk.open(fakeShell(folder, false));
  try {
    const page = new Page(desk, 'w');
    expect((await page.hello()).start.recoverable).toMatchObject([{ id, name: 'small', tick: 18, commands: 2 }]);
    const { document, diagnostics } = await page.get('document.recover', { recovery: id });
    expect(diagnostics).toEqual([]);
    await page.show(document!);
    await until('it has come back', () => page.last('state')?.busy === null && page.last('state')?.tick === 18);
    expect(page.last('state')!.commands.map(({ type, tick }) => [type, tick])).toEqual([
      ['compact', 5],
      ['setRegeneration', 14],
    ]);
    const { chain } = await page.get('run.hashes', {});
    const scenario = readScenario(Buffer.from((await page.ask('document.text', {})).payload).toString(), '').value!;
    const { run } = await runJob('run', { scenario, until: { converged: false, ticks: 18 }, version: '' });
    expect(chain).toBe(run!.record.chain);
    await page.get('run.undo', {});
    expect((await page.get('run.hashes', {})).tick).toBe(14);
  } finally {
    await desk.close();
  }
});
