/** What a person sees of the RFC example, to the letter. */
import { expect, it } from 'vitest';
import { expectGolden } from '../../.ci/golden.ts';
import { pageshift } from './fixture/pageshift.ts';

it('prints the transcript of the RFC example', async () => {
  const { code, stdout, stderr } = await pageshift(['run', 'shared/examples/rfc-cover-letter.pageshift.json']);
  expect([code, stderr]).toEqual([0, '']);
  expectGolden(stdout, new URL('fixture/rfc-cover-letter.txt', import.meta.url));
});
