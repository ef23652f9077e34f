/** `pageshift compare` as a person calls it. */
import { expect, it } from 'vitest';
import type { Comparison } from '../../shared/model/comparison.ts';
import { pageshift } from './fixture/pageshift.ts';

const LETTER = 'shared/examples/rfc-cover-letter.pageshift.json';

it('prints what the cover letter printed beside what is right, and why', async () => {
  const { code, stdout, stderr } = await pageshift(['compare', LETTER, '--vm', 'guest', '--until', '260']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^ {2}without defects +43 \/ 42 \/ 42 \/ 0 /m);
  expect(stdout).toMatch(/^ {2}as posted \(v3\) +43 \/ 5 \/ 42 \/ 0 /m);
  expect(stdout).toMatch(
    /^ {2}nr_zones assigned\n {2}- Node 1's size in MB is 5, not 42: nr_zones\(1\) fell to 1 when its zone DMA/m,
  );
});

it('has the same as one JSON document, and what goes beyond the RFC as one table', async () => {
  const { code, stdout } = await pageshift(['compare', LETTER, '--of', 'beyond', '--until', '60', '--json']);
  expect(code).toBe(0);
  const comparison = JSON.parse(stdout) as Comparison;
  expect([comparison.of, comparison.tick, comparison.variants[0]!.name]).toEqual(['beyond', 60, 'plain']);
  expect(comparison.variants.every(({ ticks, stranded }) => ticks.length === stranded.length)).toBe(true);
});

it('says what it takes when it is called wrongly', async () => {
  const wrong = await pageshift(['compare', LETTER, '--vm', 'nobody']);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('There is no VM named nobody. --vm takes one of: guest');
  expect((await pageshift(['compare', LETTER, '--until', 'soon'])).code).toBe(2);
});
