import { describe, expect, test } from 'vitest';
import {
  completed,
  EMPTY_LOG,
  History,
  logText,
  MAX_HISTORY,
  MAX_LOG_LINES,
  replyParts,
  shownText,
  withChanged,
  withEntry,
} from './shell-log.ts';
import type { LogEntry, ShellLog } from './shell-log.ts';

const entry = (id: number, text: string): LogEntry => ({
  id,
  given: { prompt: '# ', line: `line ${id}` },
  parts: text === '' ? [] : [{ stream: 'out', text }],
  exitCode: 0,
});
const lines = (log: ShellLog): number => logText(log).split('\n').length - 1;

describe('the log', () => {
  test('keeps the newest lines and counts what fell out', () => {
    let log = EMPTY_LOG;
    for (let id = 0; id < 3000; id++) log = withEntry(log, entry(id, 'a\nb\nc'));
    expect(lines(log)).toBeLessThanOrEqual(MAX_LOG_LINES);
    expect(lines(log)).toBeGreaterThan(MAX_LOG_LINES - 4);
    expect(lines(log) + log.droppedLines).toBe(4 * 3000);
    expect(log.entries.at(-1)!.id).toBe(2999);
  });

  test('shows the end of an output that is longer than all of it, and says so', () => {
    const text = Array.from({ length: 3 * MAX_LOG_LINES }, (_, i) => `line ${i}`).join('\n');
    const log = withEntry(withEntry(EMPTY_LOG, entry(0, 'gone')), entry(1, text));
    expect(log.entries.map(({ id }) => id)).toEqual([1]);
    expect(lines(log)).toBeLessThanOrEqual(MAX_LOG_LINES);
    const [note, out] = log.entries[0]!.parts;
    expect(note!.stream).toBe('note');
    expect(note!.text).toBe(`${3 * MAX_LOG_LINES - out!.text.split('\n').length} earlier lines are left out`);
    expect(out!.text.endsWith(`line ${3 * MAX_LOG_LINES - 1}`)).toBe(true);
  });

  test('an entry that ran becomes what came of it; one that fell out stays out', () => {
    const running = { ...entry(7, ''), exitCode: null };
    const log = withEntry(EMPTY_LOG, running);
    expect(withChanged(log, entry(7, 'done')).entries).toEqual([entry(7, 'done')]);
    expect(withChanged(log, entry(8, 'done'))).toEqual(log);
  });

  test('as text it is what a terminal would show', () => {
    const log = withEntry(withEntry(EMPTY_LOG, entry(1, 'a\nb')), entry(2, ''));
    expect(logText(log)).toBe('# line 1\na\nb\n# line 2\n');
  });
});

test('streams in the order in which they were written, neighbours joined, what was cut told', () => {
  const parts = replyParts({
    output: [
      { stream: 'out', text: 'a' },
      { stream: 'out', text: 'b\n' },
      { stream: 'err', text: 'no\n' },
      { stream: 'out', text: '' },
      { stream: 'out', text: 'c' },
    ],
    cutChars: 12,
  });
  expect(parts).toEqual([
    { stream: 'out', text: 'ab' },
    { stream: 'err', text: 'no' },
    { stream: 'out', text: 'c' },
    { stream: 'note', text: '12 more characters were printed and are not shown' },
  ]);
});

test('control characters are seen, and do nothing', () => {
  expect(shownText('\u001b[31mred\t\u0000\n')).toBe('\u241b[31mred\t\u2400');
});

describe('the history', () => {
  test('goes back and forth, and gives the line back that was being written', () => {
    const history = new History();
    for (const line of ['a', 'b', 'b', '  ', 'c']) history.add(line);
    expect(history.go(1, 'draft')).toBeNull();
    expect(['c', 'b', 'a', null]).toEqual(['draft', 'c', 'b', 'a'].map((line) => history.go(-1, line)));
    expect([history.go(1, 'a'), history.go(1, 'b'), history.go(1, 'c'), history.go(1, 'draft')]).toEqual([
      'b',
      'c',
      'draft',
      null,
    ]);
  });

  test('is bounded', () => {
    const history = new History();
    for (let i = 0; i < MAX_HISTORY + 20; i++) history.add(`${i}`);
    let oldest = '';
    for (let line = history.go(-1, ''); line !== null; line = history.go(-1, line)) oldest = line;
    expect(oldest).toBe('20');
  });
});

describe('Tab', () => {
  test('one candidate is taken, with a blank behind a word and none behind a folder', () => {
    expect(completed('numa', 4, { candidates: ['numactl'], from: 0 })).toEqual({
      line: 'numactl ',
      cursor: 8,
      list: [],
    });
    expect(completed('cat /pr', 7, { candidates: ['/proc/'], from: 4 })).toEqual({
      line: 'cat /proc/',
      cursor: 10,
      list: [],
    });
    expect(completed('cat /pr | wc', 7, { candidates: ['/proc/'], from: 4 })).toEqual({
      ...{ line: 'cat /proc/ | wc', cursor: 10, list: [] },
    });
  });

  test('several give what they share; where that is nothing new, they are listed', () => {
    const several = { candidates: ['numactl', 'numastat'], from: 0 };
    expect(completed('nu', 2, several)).toEqual({ line: 'numa', cursor: 4, list: [] });
    expect(completed('numa', 4, several)).toEqual({ line: 'numa', cursor: 4, list: ['numactl', 'numastat'] });
  });

  test('none change nothing', () => {
    expect(completed('xyz', 3, { candidates: [], from: 0 })).toEqual({ line: 'xyz', cursor: 3, list: [] });
  });
});
