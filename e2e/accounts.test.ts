import { describe, expect, test } from 'vitest';
import { expectClosed } from './accounts.ts';
import type { Accounts, ShownTable } from './accounts.ts';
import { countOf } from './count.ts';

test.each([
  ['61\u202f204', 61_204],
  ['0', 0],
  ['−1\u202f024', -1024],
  ['+3', 3],
  ['12 pages', 12],
])('reads %j as %d', (text, count) => expect(countOf(text)).toBe(count));

test('a text without digits is no count', () => expect(() => countOf('–')).toThrow('no count'));

const COLUMNS = ['present', 'managed', 'free', 'per-CPU', 'allocated', 'reserved'];
const row = (node: string, figures: readonly string[]): Record<string, string> => ({
  node,
  ...Object.fromEntries(COLUMNS.map((column, i) => [column, figures[i]!])),
});
const table = (rows: Record<string, string>[], sums: readonly string[]): ShownTable => ({
  titles: ['node', ...COLUMNS],
  rows,
  sums: row('sum', sums),
});

const SUMS = ['1\u202f100', '1\u202f080', '500', '30', '550', '20'];
const good = (): Accounts => ({
  vm: 'one',
  nodes: table(
    [row('0', ['1\u202f000', '985', '455', '30', '500', '15']), row('1', ['100', '95', '45', '0', '50', '5'])],
    SUMS,
  ),
  zones: table(
    [
      row('0', ['400', '390', '200', '10', '180', '10']),
      row('0', ['600', '595', '255', '20', '320', '5']),
      row('1', ['100', '95', '45', '0', '50', '5']),
    ],
    SUMS,
  ),
  owed: {
    titles: ['from', 'to', 'owed', 'pinned'],
    rows: [{ from: '0', to: '1', owed: '7', pinned: '2' }],
    sums: { owed: '7', pinned: '2' },
  },
  laws: [
    ['G2', 'all nodes', 'present 1\u202f100 = valid pages 1\u202f100'],
    ['G4', 'node 1', 'free 45 ≤ managed 95'],
    ['S', 'node 1', 'managed 95 + owed by node 0 7 − owed to node 0 0 = free 45 + held 57'],
  ],
});

/** A copy with one cell written anew. */
function spoilt(change: (accounts: Accounts) => void): Accounts {
  const copy = structuredClone(good());
  change(copy);
  return copy;
}
const cell = (shown: ShownTable, index: number): Record<string, string> => shown.rows[index] as Record<string, string>;

describe('accounts on screen', () => {
  test('that close are taken', () => expectClosed(good(), 1100));

  test.each<[string, (accounts: Accounts) => void]>([
    ['a node whose free pages are one too many', ({ nodes }) => (cell(nodes, 0)['free'] = '456')],
    ['a zone that its node does not know', ({ zones }) => (cell(zones, 1)['present'] = '601')],
    ['a sum that is not one', ({ nodes }) => ((nodes.sums as Record<string, string>)['managed'] = '1\u202f081')],
    ['pages owed that the sum leaves out', ({ owed }) => (cell(owed, 0)['owed'] = '8')],
    [
      'an equation that is none',
      ({ laws }) => ((laws[2] as unknown as string[])[2] = 'managed 95 + owed by node 0 7 = free 45 + held 58'),
    ],
    ['an inequality the wrong way', ({ laws }) => ((laws[1] as unknown as string[])[2] = 'free 96 ≤ managed 95')],
  ])('do not close with %s', (_, change) => {
    expect(() => expectClosed(spoilt(change), 1100)).toThrow();
  });

  test('do not close for a guest of another size', () => {
    expect(() => expectClosed(good(), 1101)).toThrow(/pages of one/);
  });
});
