import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalText, readScenario } from '../scenario/index.ts';
import { findJournals } from '../store/index.ts';
import type { FakeShell } from './fixture/page.ts';
import { COMPACT, fakeShell, Page, SMALL, until } from './fixture/page.ts';
import { Desk } from './index.ts';

let folder: string;
let shell: FakeShell;
let desk: Desk;
let page: Page;

async function openDesk(dialogs: boolean): Promise<void> {
  shell = fakeShell(folder, dialogs);
  desk = await Desk.open(shell);
  page = new Page(desk, 'w');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-file-'));
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true });
});

const journals = (): string => join(folder, 'data', 'journal');

async function imported(): Promise<string> {
  const { document } = await page.get('document.import', {
    files: [{ name: 'small.json', text: SMALL }],
  });
  await page.show(document!);
  return document!;
}

async function opened(path: string, text = SMALL): Promise<string> {
  await writeFile(path, text);
  const { document, diagnostics } = await desk.openPath(null, path);
  expect(diagnostics).toEqual([]);
  await page.show(document!);
  return document!;
}

const textNow = async (): Promise<string> => Buffer.from((await page.ask('document.text', {})).payload).toString();
const slugs = (diagnostics: readonly { readonly slug: string }[]): string[] => diagnostics.map(({ slug }) => slug);
const edit = async (): Promise<void> => {
  expect((await page.get('run.command', { command: COMPACT })).rejection).toBeNull();
};

describe('without dialogs, by name', () => {
  beforeEach(() => openDesk(false));
  const documents = (): string => join(folder, 'documents');
  const save = (name: string | null, overwrite = false, as = false) =>
    page.get('document.save', { as, name, overwrite });

  test('a document is saved whole, is clean, and is among the recent files', async () => {
    await imported();
    await edit();
    expect(desk.documents()[0]!.dirty).toBe(true);
    expect(slugs((await save(null)).diagnostics)).toEqual(['save-name-missing']);
    expect(await save('mine')).toEqual({ saved: true, diagnostics: [] });
    const path = join(documents(), 'mine.pageshift.json');
    expect(await readFile(path, 'utf8')).toBe(await textNow());
    expect(await readdir(documents())).toEqual(['mine.pageshift.json']);
    expect(desk.documents()[0]).toMatchObject({ dirty: false, path });
    const { start } = await page.hello();
    expect(start.recent).toMatchObject([{ name: 'small', place: path, missing: false }]);
    await rm(path);
    expect((await page.hello()).start.recent[0]!.missing).toBe(true);
    const again = await page.get('document.recent', { recent: start.recent[0]!.id });
    expect(again.document).toBe(desk.documents()[0]!.id);
  });

  test('a second save goes to the same place, and undo after it makes it dirty', async () => {
    await imported();
    await edit();
    await save('mine.json');
    await page.get('run.undo', {});
    await until('it is dirty', () => desk.documents()[0]!.dirty);
    await page.get('run.redo', {});
    await until('it is clean', () => !desk.documents()[0]!.dirty);
    await page.get('document.rename', { name: 'renamed' });
    await until('it is dirty', () => desk.documents()[0]!.dirty);
    expect((await save(null)).saved).toBe(true);
    expect(await readFile(join(documents(), 'mine.json'), 'utf8')).toContain('"renamed"');
  });

  test('another file of that name is kept, or replaced when asked and kept beside', async () => {
    await imported();
    await mkdir(documents(), { recursive: true });
    const path = join(documents(), 'mine.json');
    await writeFile(path, 'precious');
    const refused = await save('mine.json');
    expect(slugs(refused.diagnostics)).toEqual(['output-exists']);
    expect(refused.saved).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect((await save('mine.json', true)).saved).toBe(true);
    expect(await readFile(`${path}~`, 'utf8')).toBe('precious');
  });

  test.each(['../out', 'a/b', 'a\\b', '..', '/etc/passwd', 'C:x', 'a\0b', 'x\n'])(
    'the name %j is refused at the door, and nothing is written',
    async (name) => {
      await imported();
      await expect(save(name)).rejects.toThrow('not of its form');
      expect(await readdir(folder)).toEqual(['data']);
    },
  );

  test.each(['con', 'NUL.json', 'com1', 'a.'])(
    'the name %j, which some systems cannot have, is refused',
    async (name) => {
      await imported();
      expect(slugs((await save(name)).diagnostics)).toEqual(['save-name']);
    },
  );

  test.skipIf(process.platform === 'win32')('a pipe is refused at once, though nobody reads it', async () => {
    await imported();
    await mkdir(documents(), { recursive: true });
    execFileSync('mkfifo', [join(documents(), 'pipe.json')]);
    expect(slugs((await save('pipe.json', true)).diagnostics)).toEqual(['save-not-a-file']);
  });

  test('a link in the folder is not followed', async () => {
    await imported();
    await mkdir(documents(), { recursive: true });
    const target = join(folder, 'elsewhere');
    await writeFile(target, 'precious');
    for (const [name, to] of [
      ['l.json', target],
      ['d.json', join(folder, 'nothing')],
    ] as const) {
      await symlink(to, join(documents(), name));
      expect(slugs((await save(name, true)).diagnostics)).toEqual(['save-link']);
    }
    expect(await readFile(target, 'utf8')).toBe('precious');
    expect(await readdir(folder)).not.toContain('nothing');
  });
});

describe('a file', () => {
  beforeEach(() => openDesk(false));

  test('is opened once, also under another name, and is clean', async () => {
    const path = join(folder, 'a.pageshift.json');
    const id = await opened(path);
    await symlink(path, join(folder, 'link.json'));
    expect((await desk.openPath('w', join(folder, 'link.json'))).document).toBe(id);
    expect(page.last('open')).toEqual({ document: id });
    const both = await Promise.all([1, 2].map(() => desk.openPath(null, path)));
    expect(new Set(both.map(({ document }) => document))).toEqual(new Set([id]));
    expect(desk.documents()).toHaveLength(1);
    expect(desk.documents()[0]).toMatchObject({ dirty: false, path });
    expect(desk.documentOf('w')).toBe(id);
  });

  test('two openings at once are one', async () => {
    const path = join(folder, 'a.pageshift.json');
    await writeFile(path, SMALL);
    const replies = await Promise.all([desk.openPath(null, path), desk.openPath(null, path)]);
    expect(replies[0]!.document).toBe(replies[1]!.document);
    expect(desk.documents()).toHaveLength(1);
  });

  test('that is bad gives its diagnostics, and the window is told', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, SMALL.replace('"host": "h"', '"host": "nowhere"'));
    const { document, diagnostics } = await desk.openPath('w', path);
    expect(document).toBeNull();
    expect(diagnostics).toMatchObject([{ slug: 'unknown-host', where: { line: 8 } }]);
    expect(page.events('notice')).toEqual(diagnostics);
    expect((await desk.openPath(null, join(folder, 'none'))).diagnostics).toMatchObject([{ slug: 'input-missing' }]);
    expect(desk.documents()).toEqual([]);
    expect(await readdir(journals()).catch(() => [])).toEqual([]);
  });

  test('that another program changed is told of, kept, reloaded, and not written over', async () => {
    const path = join(folder, 'a.pageshift.json');
    const id = await opened(path);
    await writeFile(path, SMALL.replace('"small"', '"theirs"'));
    await until('it is told', () => page.last('state')?.changedOnDisk === true);
    expect(slugs(page.last('state')!.problems)).toEqual(['changed-on-disk']);
    await edit();
    const refused = await page.get('document.save', { as: false, name: null, overwrite: false });
    expect(slugs(refused.diagnostics)).toEqual(['changed-on-disk']);
    expect(await readFile(path, 'utf8')).toContain('theirs');

    const kept = await page.get('document.changedOnDisk', { reload: false });
    expect(kept).toEqual({ document: id, diagnostics: [] });
    await until('it is settled', () => page.last('state')?.changedOnDisk === false);
    expect(desk.documents()[0]!.dirty).toBe(true);

    const reply = await page.get('document.changedOnDisk', { reload: true });
    expect(reply.document).not.toBe(id);
    const state = (await page.get('attach', { document: reply.document }))!;
    expect(state).toMatchObject({ name: 'theirs', place: path, dirty: false, changedOnDisk: false });
    // What was not saved of the old one can be had back.
    expect(await findJournals(journals())).toMatchObject([{ id, name: 'small' }]);
  });

  test('that is another, of which the person knows, is written over without asking, and is kept beside', async () => {
    const path = join(folder, 'a.pageshift.json');
    await opened(path);
    const theirs = SMALL.replace('"small"', '"theirs"');
    await writeFile(path, theirs);
    await until('it is told', () => page.last('state')?.changedOnDisk === true);
    await page.get('document.changedOnDisk', { reload: false });
    expect((await page.get('document.save', { as: false, name: null, overwrite: false })).saved).toBe(true);
    expect(await readFile(`${path}~`, 'utf8')).toBe(theirs);
    await edit();
    expect((await page.get('document.save', { as: false, name: null, overwrite: false })).saved).toBe(true);
    expect(await readFile(`${path}~`, 'utf8')).toBe(theirs);
  });

  test('is written over when that is asked for, and the other is kept beside', async () => {
    const path = join(folder, 'a.pageshift.json');
    await opened(path);
    const theirs = SMALL.replace('"small"', '"theirs"');
    await writeFile(path, theirs);
    expect((await page.get('document.save', { as: false, name: null, overwrite: true })).saved).toBe(true);
    expect(await readFile(`${path}~`, 'utf8')).toBe(theirs);
    expect(await readFile(path, 'utf8')).toBe(await textNow());
    await setTimeout(300);
    expect((await page.get('attach', { document: desk.documents()[0]!.id }))!.changedOnDisk).toBe(false);
  });

  test('that is reloaded and bad stays as it was here', async () => {
    const path = join(folder, 'a.pageshift.json');
    const id = await opened(path);
    await writeFile(path, '{ "pageshift": 1 ');
    const reply = await page.get('document.changedOnDisk', { reload: true });
    expect(reply.document).toBeNull();
    expect(slugs(reply.diagnostics)).toContain('json-syntax');
    expect(desk.documents().map((document) => document.id)).toEqual([id]);
  });
});

describe('with dialogs', () => {
  beforeEach(() => openDesk(true));

  test('the person chooses; a name from the window is only suggested', async () => {
    await imported();
    const save = (name: string | null) => page.get('document.save', { as: true, name, overwrite: false });
    expect(await save('theirs.json')).toEqual({ saved: false, diagnostics: [] });
    shell.chosen = join(folder, 'chosen.json');
    expect((await save(null)).saved).toBe(true);
    expect(shell.suggested).toEqual(['theirs.json', 'small.pageshift.json']);
    expect(await readdir(folder)).toEqual(['chosen.json', 'data']);
    await page.get('document.rename', { name: 'again' });
    shell.chosen = null;
    expect((await page.get('document.save', { as: false, name: null, overwrite: false })).saved).toBe(true);
    expect(await readFile(join(folder, 'chosen.json'), 'utf8')).toContain('again');
  });

  test('open, PDF and the writing of figures go through the shell', async () => {
    expect(await page.get('document.open', {})).toEqual({ document: null, diagnostics: [] });
    shell.chosen = join(folder, 'a.json');
    await writeFile(shell.chosen, SMALL);
    await page.show((await page.get('document.open', {})).document!);
    const pdf = await page.ask('export.make', { kind: 'pdf' });
    expect(Buffer.from(pdf.payload).toString()).toMatch(/^%PDF of \d{4,}$/);
    shell.chosen = join(folder, 'out.pdf');
    const written = await page.ask('export.write', { name: 'small.pdf' }, pdf.payload);
    expect(written.output).toEqual({ saved: true, diagnostics: [] });
    expect(await readFile(shell.chosen)).toEqual(Buffer.from(pdf.payload));
    shell.chosen = join(folder, 'no', 'out.pdf');
    const failed = await page.ask('export.write', { name: 'small.pdf' }, pdf.payload);
    expect(failed.output).toMatchObject({ saved: false, diagnostics: [{ slug: 'output-no-folder' }] });
  });
});

describe('what is kept', () => {
  beforeEach(() => openDesk(false));

  test('nothing of a document that is saved or was only looked at', async () => {
    const id = await imported();
    await page.get('run.step', { ticks: 3 });
    expect(await readdir(journals())).toEqual([`${id}.jsonl`, `${id}.lock`]);
    await desk.close();
    expect(await readdir(journals())).toEqual([]);
    expect(await readdir(join(folder, 'data', 'history')).catch(() => [])).toEqual([]);
  });

  test('what was not saved, over a quit; it is offered and recovered where it stood', async () => {
    const id = await imported();
    await page.get('run.step', { ticks: 4 });
    await edit();
    await page.get('run.step', { ticks: 6 });
    const before = await page.get('run.hashes', {});
    const text = await textNow();
    await desk.close();
    await openDesk(false);
    const { start } = await page.hello();
    expect(start.recoverable).toMatchObject([{ id, name: 'small', place: null, tick: 10, commands: 1, tickMs: 100 }]);
    const both = [1, 2].map(() => page.get('document.recover', { recovery: id }));
    for (const recovered of both) expect(await recovered).toEqual({ document: id, diagnostics: [] });
    await page.show(id);
    await until('it has come back', () => page.last('state')?.tick === 10 && page.last('state')?.busy === null);
    expect(await page.get('run.hashes', {})).toEqual(before);
    expect(await textNow()).toBe(text);
    expect(page.last('state')).toMatchObject({ dirty: true, place: null });
    expect((await page.hello()).start.recoverable).toEqual([]);
    await page.get('run.undo', {});
    await until('it can be undone', () => desk.documents()[0]!.dirty === false);
  });

  test.each([
    ['as it was saved', null, []],
    ['changed', SMALL.replace('"small"', '"theirs"'), ['changed-on-disk']],
    ['gone', '', ['removed-on-disk']],
  ])('of a file that is %s by then, with what that means', async (_, theirs, problems) => {
    const path = join(folder, 'a.pageshift.json');
    const id = await opened(path);
    await edit();
    await desk.close();
    if (theirs !== null) await (theirs === '' ? rm(path) : writeFile(path, theirs));
    await openDesk(false);
    await page.show((await page.get('document.recover', { recovery: id })).document!);
    await page.get('run.step', { ticks: 1 });
    await until('it is told', () => page.last('state')?.tick === 1);
    await setTimeout(300);
    const state = page.last('state')!;
    expect(slugs(state.problems)).toEqual(problems);
    expect(state).toMatchObject({ dirty: true, place: path, changedOnDisk: problems.length > 0 });
    const saved = await page.get('document.save', { as: false, name: null, overwrite: false });
    expect(saved.saved).toBe(problems[0] !== 'changed-on-disk');
  });

  test('what is given, and how far it came, while a long step is under way', async () => {
    const id = await imported();
    const stepped = page.get('run.step', { ticks: 10_000 });
    await until('it steps', () => page.last('state')?.busy !== null && (page.last('state')?.tick ?? 0) > 3);
    await edit();
    const given = page.last('state')!.tick;
    // As who comes after a kill finds it: without the lock.
    const copy = join(folder, 'copy');
    await mkdir(copy);
    await until('both are written', async () => {
      await copyFile(join(journals(), `${id}.jsonl`), join(copy, `${id}.jsonl`));
      const [found] = await findJournals(copy);
      return found?.given.length === 1 && found.tick > given + 10;
    });
    expect(page.last('state')!.busy).not.toBeNull();
    await page.get('run.cancel', {});
    await stepped;
  });

  test('nothing when it is discarded, then or later', async () => {
    const id = await imported();
    await edit();
    await page.get('document.close', { document: id, discard: true });
    expect(await readdir(journals())).toEqual([]);
    const other = await imported();
    await edit();
    await page.get('document.close', { document: other, discard: false });
    expect((await page.hello()).start.recoverable).toMatchObject([{ id: other }]);
    await page.get('document.discardRecovery', { recovery: other });
    expect((await page.hello()).start.recoverable).toEqual([]);
    expect(await readdir(journals())).toEqual([]);
    expect((await page.get('document.recover', { recovery: other })).diagnostics).toMatchObject([
      { slug: 'journal-unknown' },
    ]);
  });

  test('a journal whose scenario is no longer sound says why, and stays', async () => {
    const id = await imported();
    await edit();
    await page.get('document.close', { document: id, discard: false });
    const path = join(journals(), `${id}.jsonl`);
    const rest = JSON.stringify({
      journal: 1,
      name: 'n',
      place: null,
      saved: null,
      text: '{}',
      given: [],
      rescheduled: null,
      tick: 5,
    }).slice(1);
    await writeFile(path, `{"sum":${crc32(rest)},${rest}\n`);
    const reply = await page.get('document.recover', { recovery: id });
    expect(reply.document).toBeNull();
    expect(slugs(reply.diagnostics)).toEqual(['not-a-scenario']);
    expect(await readdir(journals())).toEqual([`${id}.jsonl`]);
  });
});

test('the text that is saved is the canonical one', async () => {
  await openDesk(false);
  await imported();
  expect(await textNow()).toBe(canonicalText(readScenario(SMALL, '').value!));
});
