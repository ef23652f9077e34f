import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';
import { parseJournal } from '../store/journal.ts';
import { COMPACT, fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Killed {
  readonly document: string;
  /** Tick that the journal had before the process was killed. */
  readonly journalTick: number;
}

/** The tick of the last whole line on the disk; what else it has, `store` tests. */
async function tickOnDisk(document: string): Promise<number> {
  const lines = (await readFile(join(folder, 'data', 'journal', `${document}.jsonl`), 'utf8')).split('\n').slice(0, -1);
  return (JSON.parse(lines.at(-1)!) as { tick: number }).tick;
}

/** Starts the process, lets it play until its journal has some ticks behind the last command, and kills it. */
async function killed(text: string): Promise<Killed> {
  const file = join(folder, 'small.json');
  await writeFile(file, text);
  const script = new URL('fixture/killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let line = '';
    child.stdout.on('data', (data: Buffer) => void (line += data.toString()));
    await until('it has submitted its commands', () => line.endsWith('\n'));
    const { document, tick } = JSON.parse(line) as { document: string; tick: number };
    await until('its journal follows', async () => (await tickOnDisk(document)) > tick + 3);
    // While it lives, nobody else may have its document.
    const desk = await Desk.open(fakeShell(folder, false));
    const page = new Page(desk, 'other');
    expect((await page.hello()).start.recoverable).toEqual([]);
    const { diagnostics } = await page.get('document.recover', { recovery: document });
    expect(diagnostics).toMatchObject([{ slug: 'journal-in-use' }]);
    await desk.close();
    return { document, journalTick: await tickOnDisk(document) };
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test('a process that is killed mid-run loses nothing that its journal had, and its run goes on as if it had lived', async () => {
  const last = await killed(SMALL.replace('"meanMs": 1000', '"meanMs": 60000'));
  const desk = await Desk.open(fakeShell(folder, false));
  try {
    const page = new Page(desk, 'w');
    const { start } = await page.hello();
    expect(start.recoverable).toMatchObject([{ id: last.document, name: 'small', commands: 2 }]);
    const { tick } = start.recoverable[0]!;
    expect(tick).toBeGreaterThanOrEqual(last.journalTick);
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
});

/** Timers of this thread stand still: they fire when the test says how much time has passed. */
test('a journal has the tick of the run within a second', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const desk = await Desk.open(fakeShell(folder, false));
    const page = new Page(desk, 'w');
    const files = [{ name: 'small.json', text: SMALL }];
    const { document } = await page.get('document.import', { files });
    await page.show(document!);
    for (const tick of [3, 6, 9]) {
      await page.get('run.step', { ticks: 3 });
      vi.advanceTimersByTime(999);
      await until('it is on the disk', async () => (await tickOnDisk(document!)) === tick);
    }
    await page.get('run.command', { command: COMPACT });
    await until('a command is on the disk at once', async () => (await findCommands(document!)) === 1);
    await desk.close();
  } finally {
    vi.useRealTimers();
  }
});

async function findCommands(document: string): Promise<number> {
  const content = await readFile(join(folder, 'data', 'journal', `${document}.jsonl`), 'utf8');
  return parseJournal(document, content, 0).value!.given.length;
}

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
