/** What a person sees of the RFC example, to the letter. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pageshift } from './fixture/pageshift.ts';

const GOLDEN = new URL('fixture/rfc-cover-letter.txt', import.meta.url);
const ACCEPT = 'UPDATE_GOLDEN=1 npx vitest run src-main/cli/golden.test.ts';

it('prints the transcript of the RFC example', async () => {
  const { code, stdout, stderr } = await pageshift(['run', 'shared/examples/rfc-cover-letter.pageshift.json']);
  expect([code, stderr]).toEqual([0, '']);
  if (process.env.UPDATE_GOLDEN === '1' && process.env.CI === undefined) writeFileSync(GOLDEN, stdout);
  expect(stdout, `If this is as it should be: ${ACCEPT}`).toBe(readFileSync(GOLDEN, 'utf8'));
});
