/**
 * The specs, in both shells (which of them in one alone, and why: fixture.ts): project `electron` (the real runtime where it is installed, else the stand-in) and
 * project `web`. The browser is found or installed when this is read, so `npx playwright test --config e2e` is enough.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import type { ShellOptions } from './fixture.ts';
import { findOrInstallBrowser, thisMachine } from './browser.ts';
import { electronRuntime } from './electron-runtime.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const isWorker = process.env['TEST_WORKER_INDEX'] !== undefined;

// Workers and the applications that they start inherit what the first process found, and what Node has compiled before.
if (!isWorker) {
  process.env['NODE_COMPILE_CACHE'] ??= resolve(root, 'node_modules/.cache/compile');
  const browser = findOrInstallBrowser(thisMachine);
  const electron = electronRuntime(root, process.env);
  process.env['CHROMIUM_BIN'] = browser.path;
  process.env['STANDIN_CHROMIUM'] = browser.path;
  if (electron.folder !== null) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = electron.folder;
  process.stderr.write(`web: ${browser.version}, ${browser.by}\nelectron: ${electron.text}\n`);
}

const results = process.env['PAGESHIFT_RESULTS'];

export default defineConfig<ShellOptions>({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../test-results',
  // Each worker has an application and a browser of its own, and waits for them half of its time: one more than there are
  // processors, and no more than four.
  workers: Math.min(4, availableParallelism() + 1),
  fullyParallel: true,
  // Several times what they take on an idle machine: a busy one is no failure.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // One that needed a second try is printed as flaky by .ci/count.cjs.
  retries: process.env['CI'] ? 1 : 0,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [
    ['list'],
    ...(results ? ([['json', { outputFile: resolve(root, results.replace(/\.json$/, '-e2e.json')) }]] as const) : []),
  ],
  use: {
    // A trace of every run would cost a third of its time: PAGESHIFT_TRACE=1 asks for it.
    trace: process.env['PAGESHIFT_TRACE'] ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath: process.env['CHROMIUM_BIN']!, args: ['--no-sandbox'] },
  },
  projects: [
    { name: 'electron', use: { shell: 'electron' }, grepInvert: /@web/ },
    { name: 'web', use: { shell: 'web' }, grepInvert: /@electron/ },
  ],
});
