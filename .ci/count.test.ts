import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const playwrightModule = createRequire(import.meta.url).resolve('@playwright/test');
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

test('names a spec that passed only when it was tried again, and counts it as passed', () => {
  plantedFlakySpec();
  const { code, lines } = count({ test: vitest(10, 0) });
  expect(lines).toEqual([
    'flaky: planted.spec.js › a group › fails once',
    'test-e2e: 2 passed, 0 failed',
    'test: 10 passed, 0 failed',
    '12 passed, 0 failed',
  ]);
  expect(code).toBe(0);
});

/** Results of Playwright itself, of two specs: one fails at its first try. */
function plantedFlakySpec(): void {
  const specs = mkdtempSync(join(tmpdir(), 'pageshift-flaky-'));
  try {
    writeFileSync(
      join(specs, 'planted.spec.js'),
      `const { expect, test } = require(${JSON.stringify(playwrightModule)});
       test('passes', () => undefined);
       test.describe('a group', () => {
         test('fails once', ({}, { retry }) => expect(retry).toBe(1));
       });`,
    );
    const output = join(folder, 'test-e2e.json');
    const config = `module.exports = { retries: 1, reporter: [['json', { outputFile: ${JSON.stringify(output)} }]] };`;
    writeFileSync(join(specs, 'planted.config.js'), config);
    const cli = join(dirname(playwrightModule), 'cli.js');
    const { status, stderr } = spawnSync(
      process.execPath,
      [cli, 'test', '--config', join(specs, 'planted.config.js')],
      {
        encoding: 'utf8',
        cwd: specs,
        env: { ...process.env, TEST_WORKER_INDEX: undefined },
      },
    );
    expect(status, stderr).toBe(0);
  } finally {
    rmSync(specs, { recursive: true });
  }
}

test.each<[string, Record<string, unknown>, string[], string]>([
  ['a failed test', { test: vitest(10, 2) }, ['test'], '10 passed, 2 failed'],
  ['a file that could not be read', { test: vitest(10, 0, 1) }, ['test'], '10 passed, 1 failed'],
  [
    'a failed spec, once, not again for its step',
    { test: vitest(10, 0), 'test-e2e': playwright(4, 3) },
    ['test'],
    '14 passed, 3 failed',
  ],
  ['an error outside of any spec', { e2e: playwright(4, 0, 0, 0, [{}]) }, ['e2e'], '4 passed, 1 failed'],
  ['a step that failed without saying why', { test: vitest(10, 0) }, ['test', 'build'], '10 passed, 2 failed'],
  ['no test at all', {}, [], '0 passed, 0 failed'],
])('says no: %s', (_, results, failedSteps, line) => {
  const { code, lines } = count(results, ...failedSteps);
  expect(lines.at(-1)).toBe(line);
  expect(code).toBe(1);
});
