import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AGAIN_MS, Asker, DEBOUNCE_MS } from './asker.ts';
import type { Asked } from './asker.ts';

interface Question {
  readonly n: number;
}

let asked: { question: Question; answer: (text: string) => void; fail: (why: string) => void }[];
let told: Asked<string>[];
let asker: Asker<Question, string>;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  told = [];
  asker = new Asker<Question, string>(
    (question) =>
      new Promise((resolve, reject) => {
        asked.push({ question, answer: resolve, fail: (why) => reject(new Error(why)) });
      }),
    (now) => told.push(now),
    (error) => (error as Error).message,
  );
});
afterEach(() => vi.useRealTimers());

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('changes in quick succession are one question, the last', async () => {
  asker.want({ n: 1 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS - 1);
  asker.want({ n: 2 });
  expect(told.at(-1)).toEqual({ working: true, answer: null, failure: '' });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  expect(asked.map(({ question }) => question.n)).toEqual([2]);
  asked[0]!.answer('two');
  await settle();
  expect(told.at(-1)).toEqual({ working: false, answer: 'two', failure: '' });
});

test('an answer that comes late is dropped, and the last question is asked after it', async () => {
  asker.want({ n: 1 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  asker.want({ n: 2 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  expect(asked).toHaveLength(1);
  asked[0]!.answer('one');
  await settle();
  expect(asked.map(({ question }) => question.n)).toEqual([1, 2]);
  expect(told.some(({ answer }) => answer === 'one')).toBe(false);
  expect(told.at(-1)!.working).toBe(true);
  asked[1]!.answer('two');
  await settle();
  expect(told.at(-1)).toEqual({ working: false, answer: 'two', failure: '' });
});

test('the last answer stands, marked as old, while the next is awaited', async () => {
  asker.want({ n: 1 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  asked[0]!.answer('one');
  await settle();
  asker.want({ n: 2 });
  expect(told.at(-1)).toEqual({ working: true, answer: 'one', failure: '' });
  asker.want(null);
  await vi.advanceTimersByTimeAsync(10 * DEBOUNCE_MS);
  expect(asked).toHaveLength(1);
  expect(told.at(-1)).toEqual({ working: false, answer: null, failure: '' });
});

test('a failure is told, and does not end the asking', async () => {
  asker.want({ n: 1 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  asked[0]!.fail('closed');
  await settle();
  expect(told.at(-1)).toEqual({ working: false, answer: null, failure: 'closed' });
  asker.want({ n: 2 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  expect(asked).toHaveLength(2);
});

test('while the world goes on it is asked again, not too often', async () => {
  asker.want({ n: 1 });
  await vi.advanceTimersByTimeAsync(DEBOUNCE_MS);
  asker.again();
  asked[0]!.answer('one');
  await settle();
  for (let ms = 0; ms < 3 * AGAIN_MS; ms += 100) {
    asker.again();
    asked.at(-1)!.answer('one, later');
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(asked.length).toBeLessThanOrEqual(4);
});
