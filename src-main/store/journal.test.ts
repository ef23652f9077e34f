import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JournalState } from './journal.ts';
import {
  discardJournal,
  findJournals,
  Journal,
  journalPath,
  lockedIds,
  MAX_JOURNAL_BYTES,
  parseJournal,
  takeJournal,
  textHash,
} from './journal.ts';
import { textChange, withChange } from './text-change.ts';

const SEED = 20261125;
const STATE: JournalState = {
  name: 'one',
  place: null,
  saved: null,
  text: '{ "commands": [] }',
  given: [],
  rescheduled: null,
  tick: 0,
};
const LATER = { name: 'one', text: '{ "commands": ["compact"] }', given: [0], rescheduled: null, tick: 7 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const begin = (state = STATE): Promise<Journal> =>
  Journal.begin(folder, state, (error) => {
    throw error;
  });

describe('the change between two texts', () => {
  test(`makes the one of the other, seed ${SEED}`, () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'ü'), maxLength: 30 });
    fc.assert(
      fc.property(text, text, (from, to) => {
        expect(withChange(from, textChange(from, to))).toBe(to);
      }),
      { seed: SEED },
    );
  });

  test('is refused where it is not one of the text', () => {
    for (const [head, tail] of [
      [3, 3],
      [-1, 0],
      [0, -1],
      [0.5, 0],
      [NaN, 0],
    ])
      // prettier-ignore
      expect(withChange('abcd', { head: head!, tail: tail!, insert: 'x' })).toBeNull();
  });
});

describe('a journal', () => {
  test('gives back what was done, after it is released', async () => {
    const journal = await begin();
    await journal.tick(3);
    await journal.change(LATER);
    await journal.tick(9);
    await journal.tick(12);
    expect(await findJournals(folder)).toEqual([]);
    await journal.release();
    const [found] = await findJournals(folder);
    expect(found).toMatchObject({ ...STATE, ...LATER, tick: 12, id: journal.id, changes: 1 });
    expect(found!.diagnostics).toEqual([]);
  });

  test('writes the last of many ticks, not all of them', async () => {
    const journal = await begin();
    await Promise.all(Array.from({ length: 1000 }, (_, i) => journal.tick(i + 1)));
    const lines = (await readFile(journalPath(folder, journal.id), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(5);
    await journal.release();
    expect((await findJournals(folder))[0]!.tick).toBe(1000);
  });

  test('a tick told while a change waits to be written is written after it', async () => {
    const journal = await begin();
    void journal.tick(3);
    void journal.change(LATER);
    void journal.tick(9);
    await journal.release();
    expect((await findJournals(folder))[0]).toMatchObject({ ...LATER, tick: 9 });
  });

  test('a beginning replaces what went before', async () => {
    const journal = await begin();
    await journal.change(LATER);
    await journal.restart({ ...STATE, ...LATER, place: join(folder, 'x.json'), saved: textHash(LATER.text) });
    await journal.release();
    expect((await readFile(journalPath(folder, journal.id), 'utf8')).split('\n')).toHaveLength(2);
    expect((await findJournals(folder))[0]).toMatchObject({ place: join(folder, 'x.json'), changes: 0, tick: 7 });
  });

  test('is gone when it is removed, and so is its lock', async () => {
    const journal = await begin();
    await journal.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  test('begins anew when its lines have become many, and loses nothing by it', async () => {
    const journal = await begin();
    const long = 'x'.repeat(3 * 2 ** 20);
    for (let i = 0; i < 4; i++) await journal.change({ ...LATER, text: `${i}${long}${i}`, tick: i });
    await journal.release();
    const found = (await findJournals(folder))[0]!;
    expect(found.text).toBe(`3${long}3`);
    expect((await readFile(journalPath(folder, journal.id))).length).toBeLessThan(8 * 2 ** 20);
  });

  test('tells a failure and goes on when there is room again', async () => {
    const failures: Error[] = [];
    const journal = await Journal.begin(folder, STATE, (error) => failures.push(error));
    await rm(folder, { recursive: true });
    await journal.restart({ ...STATE, tick: 1 });
    await journal.tick(2);
    await journal.change(LATER);
    expect(failures).toHaveLength(1);
    await journal.change(STATE);
    await mkdir(folder);
    await journal.tick(5);
    expect(parseJournal(journal.id, await readFile(journalPath(folder, journal.id), 'utf8'), 0).value).toMatchObject({
      tick: 5,
      text: STATE.text,
    });
    await rm(folder, { recursive: true });
    await journal.restart({ ...STATE, tick: 6 });
    expect(failures).toHaveLength(2);
    await journal.release();
    await mkdir(folder);
  });
});

describe('of a process that was killed', () => {
  /** A child that begins a journal here, writes a change and ticks, and is killed. */
  async function killed(): Promise<string> {
    const script = `
      import { Journal } from ${JSON.stringify(new URL('journal.ts', import.meta.url).href)};
      const journal = await Journal.begin(${JSON.stringify(folder)}, ${JSON.stringify(STATE)}, () => process.exit(3));
      await journal.change(${JSON.stringify(LATER)});
      await journal.tick(41);
      console.log(journal.id);
      setInterval(() => 0, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const id = line.toString().trim();
    expect(await findJournals(folder)).toEqual([]);
    expect([...(await lockedIds(folder))]).toEqual([id]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    return id;
  }

  test('all is there, and only now', async () => {
    const id = await killed();
    expect(await findJournals(folder)).toMatchObject([{ id, ...LATER, tick: 41, changes: 1 }]);
    expect(await lockedIds(folder)).toEqual(new Set());
  });

  test('one of many who take it at once has it, and no other ever saw it free', async () => {
    const id = await killed();
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeJournal(folder, id)));
    expect(taken.filter(({ value }) => value !== null)).toHaveLength(1);
    expect((await readdir(folder)).sort()).toEqual([`${id}.jsonl`, `${id}.lock`]);
  });

  test('one taker has it, and can go on', async () => {
    const id = await killed();
    const [a, b] = await Promise.all([takeJournal(folder, id), takeJournal(folder, id)]);
    const taken = [a, b].filter(({ value }) => value !== null);
    expect(taken).toHaveLength(1);
    expect([a, b].find(({ value }) => value === null)!.diagnostics[0]!.slug).toBe('journal-in-use');
    const journal = await Journal.begin(folder, taken[0]!.value!, () => undefined, id);
    await journal.tick(50);
    await journal.release();
    expect(await findJournals(folder)).toMatchObject([{ id, tick: 50 }]);
  });

  test('a last line that was cut off is passed over', async () => {
    const id = await killed();
    const path = journalPath(folder, id);
    const whole = await readFile(path);
    for (const cut of [1, 2, 10]) {
      await writeFile(path, whole);
      await truncate(path, whole.length - cut);
      expect(await findJournals(folder)).toMatchObject([{ ...LATER, tick: 7, diagnostics: [] }]);
    }
    await writeFile(path, whole);
    await appendFile(path, '{"sum":1,"tick":99}\n');
    expect(await findJournals(folder)).toMatchObject([{ tick: 41, diagnostics: [] }]);
  });

  test('a damaged line ends the reading there, is told, and deletes nothing', async () => {
    const id = await killed();
    const path = journalPath(folder, id);
    const lines = (await readFile(path, 'utf8')).split('\n');
    const damaged = [lines[0], lines[1]!.replace('"tick":7', '"tick":8'), ...lines.slice(2)].join('\n');
    await writeFile(path, damaged);
    const [found] = await findJournals(folder);
    expect(found).toMatchObject({ text: STATE.text, tick: 0 });
    expect(found!.diagnostics).toMatchObject([{ severity: 'warning', slug: 'journal-damaged', where: { line: 2 } }]);
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });

  test.each([
    [
      'missing',
      (lines: string[]) => lines.toSpliced(2, 1),
      'a change and what the run did up to tick 41 after it are lost',
    ],
    [
      'repeated',
      (lines: string[]) => lines.toSpliced(2, 0, lines[1]!),
      '2 changes and what the run did up to tick 41 after it are lost',
    ],
    ['swapped', (lines: string[]) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)], 'are lost'],
  ])('a line that is %s gives no state that never was, and what is lost is told', async (_, damage, lost) => {
    const journal = await begin();
    await journal.tick(3);
    await journal.change(LATER);
    await journal.change({ ...LATER, text: STATE.text, given: [], tick: 9 });
    await journal.tick(41);
    await journal.release();
    const path = journalPath(folder, journal.id);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    await writeFile(path, `${damage(lines).join('\n')}\n`);
    const [found] = await findJournals(folder);
    expect([
      [STATE.text, 0],
      [STATE.text, 3],
    ]).toContainEqual([found!.text, found!.tick]);
    expect(found!.diagnostics).toMatchObject([{ slug: 'journal-damaged', message: expect.stringContaining(lost) }]);
  });

  test('lines without numbers, as they were written before, are read', async () => {
    const text = await readFile(new URL('../desk/fixture/journal-v1.jsonl', import.meta.url), 'utf8');
    expect(text).not.toContain('"n":');
    expect(parseJournal('i', text, 0)).toMatchObject({
      value: { changes: expect.toSatisfy((n) => n > 0) },
      diagnostics: [],
    });
  });

  test('a damaged beginning is not offered, and taking it says why', async () => {
    const id = await killed();
    const path = journalPath(folder, id);
    const content = `x${await readFile(path, 'utf8')}`;
    await writeFile(path, content);
    expect(await findJournals(folder)).toEqual([]);
    expect((await takeJournal(folder, id)).diagnostics).toMatchObject([{ slug: 'journal-damaged' }]);
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  test('is deleted when it is discarded', async () => {
    await discardJournal(folder, await killed());
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what is no journal', () => {
  test('too large a file is refused by its size, unread', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    await writeFile(journalPath(folder, id), '');
    await truncate(journalPath(folder, id), MAX_JOURNAL_BYTES + 1);
    expect((await takeJournal(folder, id)).diagnostics).toMatchObject([{ slug: 'journal-too-large' }]);
  });

  test('names that are no ids are not looked at', async () => {
    await writeFile(join(folder, 'x.jsonl'), '{}');
    expect(await findJournals(folder)).toEqual([]);
    for (const id of ['../x', 'x', '', '__proto__'])
      expect((await takeJournal(folder, id)).diagnostics).toMatchObject([{ slug: 'journal-unknown' }]);
  });

  test(`any text is read or refused, never thrown at, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(parseJournal('i', text, 0).value).toBeNull();
      }),
      { seed: SEED },
    );
  });
});
