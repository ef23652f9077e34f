import { expect, test } from 'vitest';
import type { Finding, FindingReport } from '../../model/finding.ts';
import { assumptionParts, findingAnswer, findingParts, findingReportText, namesText } from './finding.ts';

const finding = (more: Partial<Finding>): Finding => ({
  ...{ id: 'memory-away', severity: 'warning', host: 'h', vm: 'db', cell: null, node: 1 },
  ...{ text: 'db: a third lies on node 1. It costs 10 %.', source: 'a guide', remedy: [] },
  ...more,
});
const report = (findings: readonly Finding[]): FindingReport => ({
  findings,
  assumed: [{ host: 'h', vm: 'db', text: 'Where it lies: evenly, as no file states it.', measure: 'numastat -p 1' }],
  notTested: [],
  tested: [{ id: 'a', title: 'A check' }],
});

test('the first sentence is what is so, the rest what follows', () => {
  expect(findingParts(finding({}))).toEqual({ said: 'db: a third lies on node 1.', follows: 'It costs 10 %.' });
  expect(findingParts(finding({ text: 'db lies on node 1.' }))).toEqual({ said: 'db lies on node 1.', follows: '' });
});

test('a full stop in a name, a number or a quotation ends no sentence', () => {
  const named = finding({ vm: 'Mr. Big', text: 'Mr. Big has 2.5 GiB too little. It waits.' });
  expect(findingParts(named)).toEqual({ said: 'Mr. Big has 2.5 GiB too little.', follows: 'It waits.' });
  const quoted = finding({ vm: 'a', text: 'QEMU warns that this "will be removed". The rest. And more.' });
  expect(findingParts(quoted)).toEqual({
    said: 'QEMU warns that this "will be removed".',
    follows: 'The rest. And more.',
  });
});

test('an assumption is a value and what it was taken as', () => {
  expect(assumptionParts({ text: 'Where it lies: evenly, as no file states it.' })).toEqual({
    value: 'Where it lies',
    taken: 'evenly, as no file states it.',
  });
  expect(assumptionParts({ text: 'All of it' })).toEqual({ value: 'All of it', taken: '' });
});

test('the answer counts by severity and names the worst; without any it says what was tested', () => {
  const answer = findingAnswer(report([finding({ severity: 'error' }), finding({}), finding({ severity: 'note' })]));
  expect(answer.lead).toBe('1 error, 1 warning, 1 note.');
  expect(answer.rest).toContain('a third lies on node 1');
  expect(findingAnswer(report([]))).toMatchObject({ lead: 'Nothing wrong found.' });
});

test('copied, a finding keeps its place and its source, and what is assumed its command', () => {
  const text = findingReportText(report([finding({ remedy: [{ kind: 'command', tool: 'x', text: 'x 1' }] })]));
  expect(text).toContain('warning (db, node 1, h)');
  expect(text).toContain('By hand: x 1');
  expect(text).toContain('Measure it with: numastat -p 1');
});

test('many names are counted', () => {
  expect(namesText(['a', 'b'])).toBe('a, b');
  expect(namesText(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 others');
});
