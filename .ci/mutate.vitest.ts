/**
 * How `npm run mutate` has tests run: in one process, in the order that PAGESHIFT_ORDER (a JSON list) gives, so that the
 * first file to fail ends the run early. With PAGESHIFT_COVERAGE every file says what it ran (mutant-coverage.mjs).
 */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const { PAGESHIFT_ORDER: order = '[]', PAGESHIFT_COVERAGE: coverage, PAGESHIFT_RESULTS: results } = process.env;
const files = JSON.parse(order) as readonly string[];

class GivenOrder extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => files.findIndex((file) => moduleId.endsWith(`/${file}`));
    return Promise.resolve(specifications.sort((a, b) => place(a) - place(b)));
  }
}

const jsonReporter = (outputFile: string): ['json', { outputFile: string }] => ['json', { outputFile }];

export default defineConfig({
  test: {
    environment: 'node',
    include: [...files],
    isolate: false,
    fileParallelism: false,
    maxWorkers: 1,
    sequence: { sequencer: GivenOrder },
    setupFiles: coverage === undefined ? [] : ['.ci/mutant-coverage.mjs'],
    experimental: { viteModuleRunner: false },
    watch: false,
    reporters: ['default', ...(results === undefined ? [] : [jsonReporter(results)])],
  },
});
