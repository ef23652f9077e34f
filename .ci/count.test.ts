import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('count.cjs', import.meta.url));
let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pageshift-count-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const vitest = (passed: number, failed: number, unread = 0): unknown => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  testResults: Array.from({ length: unread }, () => ({ status: 'failed', assertionResults: [] })),
});
const playwright = (expected: number, unexpected = 0, flaky = 0, skipped = 0, errors: unknown[] = []): unknown => ({
  suites: [],
  errors,
  stats: { expected, unexpected, flaky, skipped },
});

function count(results: Record<string, unknown>, ...failedSteps: string[]): { code: number | null; lines: string[] } {
  for (const [name, json] of Object.entries(results)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(json));
  const { status, stdout } = spawnSync(process.execPath, [script, folder, ...failedSteps], { encoding: 'utf8' });
  return { code: status, lines: stdout.trim().split('\n') };
}

test("adds up Vitest's and Playwright's results", () => {
  const { code, lines } = count({ test: vitest(10, 0), 'test-e2e': playwright(4, 0, 0, 1) });
  expect(lines).toEqual([
    'test-e2e: 4 passed, 0 failed, 1 skipped',
    'test: 10 passed, 0 failed',
    '14 passed, 0 failed',
  ]);
  expect(code).toBe(0);
});

test.each<[string, Record<string, unknown>, string[], string]>([
  ['a failed test', { test: vitest(10, 2) }, ['test'], '10 passed, 2 failed'],
  ['a file that could not be read', { test: vitest(10, 0, 1) }, ['test'], '10 passed, 1 failed'],
  [
    'a failed spec, once, not again for its step',
    { test: vitest(10, 0), 'test-e2e': playwright(4, 3) },
    ['test'],
    '14 passed, 3 failed',
  ],
  ['a spec that passed only when tried again', { e2e: playwright(4, 0, 1) }, [], '4 passed, 1 failed'],
  ['an error outside of any spec', { e2e: playwright(4, 0, 0, 0, [{}]) }, ['e2e'], '4 passed, 1 failed'],
  ['a step that failed without saying why', { test: vitest(10, 0) }, ['test', 'build'], '10 passed, 2 failed'],
  ['no test at all', {}, [], '0 passed, 0 failed'],
])('says no: %s', (_, results, failedSteps, line) => {
  const { code, lines } = count(results, ...failedSteps);
  expect(lines.at(-1)).toBe(line);
  expect(code).toBe(1);
});
