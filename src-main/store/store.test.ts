import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filePrint, FileWatch, MISSING, printOf } from './file-watch.ts';
import { readText } from './read-file.ts';
import { MAX_RECENT, RecentFiles } from './recent.ts';
import { PRIVATE_FILE } from './private-mode.ts';
import { keepEarlier, privateFolder, writeFiles } from './write-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('recent files', () => {
  test('are the last ten, each once, the newest first', async () => {
    const recent = new RecentFiles(join(folder, 'deep', 'recent.json'));
    expect(await recent.list()).toEqual([]);
    for (let i = 0; i < 12; i++) expect(await recent.add(join(folder, `${i}`), `name ${i}`)).toBeNull();
    await recent.add(join(folder, '5'), 'again');
    const list = await recent.list();
    expect(list).toHaveLength(MAX_RECENT);
    expect(list.slice(0, 3).map(({ name }) => name)).toEqual(['again', 'name 11', 'name 10']);
    expect(new Set(list.map(({ id }) => id)).size).toBe(MAX_RECENT);
    expect(list[0]!.id).not.toContain('5/');
  });

  test.each([
    ['no JSON', '{', 0],
    ['no list', '{"a":1}', 0],
    [
      'entries that are none',
      '[1, null, {"path":"relative","name":"x"}, {"path":"/a","name":"x"}, {"path":"/a","name":"y"}]',
      1,
    ],
  ])('a list with %s is read for what it is', async (_, content, entries) => {
    const file = join(folder, 'recent.json');
    await writeFile(file, content);
    expect(await new RecentFiles(file).list()).toHaveLength(entries);
  });
});

describe('writing', () => {
  test('replaces whole and leaves nothing beside', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    expect(await writeFiles([{ path, content: 'new' }])).toBeNull();
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('at once to one place gives one of the two, whole', async () => {
    const path = join(folder, 'a');
    const texts = ['x'.repeat(1e6), 'y'.repeat(1e6)];
    expect(await Promise.all(texts.map((content) => writeFiles([{ path, content }])))).toEqual([null, null]);
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('says why it did not', async () => {
    expect(await writeFiles([{ path: join(folder, 'no', 'a'), content: '' }])).toMatchObject({
      slug: 'output-no-folder',
    });
    expect(await writeFiles([{ path: folder, content: '' }])).toMatchObject({ slug: 'output-is-folder' });
  });

  test('keeps what stood there when it differs', async () => {
    const path = join(folder, 'a');
    expect(await keepEarlier(path, 'new')).toBeNull();
    await writeFile(path, 'new');
    expect(await keepEarlier(path, 'new')).toBeNull();
    await writeFile(path, 'old');
    expect(await keepEarlier(path, 'new')).toEqual({ path: `${path}~`, diagnostic: null });
    expect(await readFile(`${path}~`, 'utf8')).toBe('old');
  });

  test('keeps every earlier content, the first one under the first name, and none twice', async () => {
    const path = join(folder, 'a');
    const kept: string[] = [];
    for (const text of ['first', 'second', 'first', 'third']) {
      await writeFile(path, text);
      kept.push((await keepEarlier(path, 'new'))!.path);
    }
    expect(kept).toEqual([`${path}~`, `${path}~2`, `${path}~`, `${path}~3`]);
    const texts = await Promise.all(['~', '~2', '~3'].map((end) => readFile(path + end, 'utf8')));
    expect(texts).toEqual(['first', 'second', 'third']);
  });

  test('refuses when a hundred earlier contents are kept already', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'now');
    for (let n = 1; n <= 100; n++) await writeFile(n === 1 ? `${path}~` : `${path}~${n}`, `${n}`);
    expect(await keepEarlier(path, 'new')).toMatchObject({ diagnostic: { slug: 'output-kept' } });
    expect(await readFile(path, 'utf8')).toBe('now');
  });
});

describe.skipIf(process.platform === 'win32')('permissions', () => {
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

  test.each([0o600, 0o640, 0o664, 0o444])('a file that is replaced keeps mode %o', async (mode) => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    await chmod(path, mode);
    expect(await writeFiles([{ path, content: 'new' }])).toBeNull();
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await modeOf(path)).toBe(mode);
  });

  // Only root may give a file away.
  test.runIf(process.getuid?.() === 0)('a file that is replaced keeps its owner and group', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    await chown(path, 1234, 4321);
    expect(await writeFiles([{ path, content: 'new' }])).toBeNull();
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  test('what is private can be read by this user alone, also where it was open before', async () => {
    const inner = join(folder, 'data', 'journals');
    await privateFolder(inner);
    expect(await modeOf(inner)).toBe(0o700);
    expect(await modeOf(join(folder, 'data'))).toBe(0o700);
    await chmod(inner, 0o755);
    await privateFolder(inner);
    expect(await modeOf(inner)).toBe(0o700);
    const path = join(inner, 'a');
    await writeFile(path, 'old', { mode: 0o644 });
    await writeFiles([{ path, content: 'new', mode: PRIVATE_FILE }]);
    expect(await modeOf(path)).toBe(0o600);
  });

  test('the list of recent files is private', async () => {
    const file = join(folder, 'data', 'recent.json');
    await new RecentFiles(file).add('/a/b', 'b');
    expect([await modeOf(file), await modeOf(join(folder, 'data'))]).toEqual([0o600, 0o700]);
  });
});

describe('reading', () => {
  test('gives the text, or why it cannot be had', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'größer');
    expect(await readText(path, 'a')).toEqual({ value: 'größer', diagnostics: [] });
    await writeFile(path, Buffer.from([0x61, 0x0a, 0xff]));
    expect((await readText(path, 'a')).diagnostics).toMatchObject([
      { slug: 'input-not-utf8', where: { file: 'a', line: 2 } },
    ]);
    expect((await readText(folder, 'f')).diagnostics).toMatchObject([{ slug: 'input-directory' }]);
    const missing = await readText(join(folder, 'b'), 'b', 'Try another.');
    expect(missing.diagnostics).toMatchObject([{ slug: 'input-missing', hint: 'Try another.' }]);
  });
});

describe('a watched file', () => {
  async function watched(path: string): Promise<{ seen: string[]; watch: FileWatch }> {
    const seen: string[] = [];
    const watch = new FileWatch(path, await filePrint(path), (print) => seen.push(print));
    await watch.look();
    return { seen, watch };
  }

  const until = async (is: () => boolean): Promise<void> => {
    for (let i = 0; i < 100 && !is(); i++) await setTimeout(50);
  };

  test('that gets other content is told of, however it gets it, and once', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    const { seen, watch } = await watched(path);
    await writeFile(path, 'two');
    await until(() => seen.length === 1);
    await writeFile(`${path}.new`, 'three');
    await rename(`${path}.new`, path);
    await until(() => seen.length === 2);
    await rm(path);
    await until(() => seen.length === 3);
    watch.close();
    expect(seen).toEqual([printOf('two'), printOf('three'), MISSING]);
  });

  test('that is touched, or written by ourselves, is not', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    const { seen, watch } = await watched(path);
    await writeFile(path, 'one');
    watch.knows(printOf('two'));
    await writeFile(path, 'two');
    await watch.look();
    await setTimeout(300);
    watch.close();
    expect(seen).toEqual([]);
  });

  test('that cannot be read or is none has a print of its own', async () => {
    expect(await filePrint(join(folder, 'none'))).toBe(MISSING);
    await mkdir(join(folder, 'd'));
    expect(await filePrint(join(folder, 'd'))).toMatch(/^other /);
    await symlink('loop', join(folder, 'loop'));
    expect(await filePrint(join(folder, 'loop'))).toBe('unreadable');
  });
});
