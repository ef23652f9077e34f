// Loaded into every test file of the run without a fault: writes which blocks of the engine that file ran, as one JSON file
// below PAGESHIFT_COVERAGE: { test, ran: [BLOCK, ...] }.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env.PAGESHIFT_COVERAGE;

afterAll(() => {
  const test = relative(root, expect.getState().testPath);
  const ran = [...globalThis.ranBlocks.keys()].filter((block) => globalThis.ranBlocks[block] === 1);
  globalThis.ranBlocks.fill(0);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${test.replaceAll('/', '+')}.json`), JSON.stringify({ test, ran }));
});
