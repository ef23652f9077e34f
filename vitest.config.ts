import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * Tests that need the brief's real files are named `*.data.test.ts`. They run, alone, when PAGESHIFT_DATA names the
 * folder of those files; `npm test` needs nothing but this repository. PAGESHIFT_RESULTS names a JSON file for counts.
 */
const { PAGESHIFT_DATA: dataFolder, PAGESHIFT_RESULTS: resultsFile } = process.env;
/**
 * Node keeps what it has made of the TypeScript: most of the time of the tests of the command line, of sessions and of the
 * desk is the start of several hundred processes and threads, each over the whole program.
 */
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url));
const folders = '{.ci,e2e,shared,src-main,src-renderer}';

export default defineConfig({
  test: {
    environment: 'node',
    include: [dataFolder ? `${folders}/**/*.data.test.ts` : `${folders}/**/*.test.ts`],
    exclude: ['**/node_modules/**', ...(dataFolder ? [] : ['**/*.data.test.ts'])],
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    // Node runs the TypeScript itself, as it does for users: what is tested is what ships, and hot loops run at their speed.
    experimental: { viteModuleRunner: false },
    watch: false,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
});
