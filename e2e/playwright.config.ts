import { defineConfig } from '@playwright/test';

/** A browser is not installed by anything here: CHROMIUM_BIN names one. */
const executablePath = process.env['CHROMIUM_BIN'];

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  workers: 2,
  timeout: 20_000,
  reporter: [['list'], ['json', { outputFile: '../test-results/report.json' }]],
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      args: ['--no-sandbox', '--allow-file-access-from-files'],
      ...(executablePath && { executablePath }),
    },
  },
});
