import { describe, expect, test } from 'vitest';
import type { CompactionMove, MigrationMove, Move } from '../../../shared/view/move.ts';
import { bandWords, movingWords } from './band-words.ts';

const vms = ['db', 'web'].map((name, guest) => ({
  guest,
  name,
  host: 0,
  pages: [],
  copyPages: [],
  totalPages: 0,
  largestNodeShare: null,
}));
const compaction = { kind: 'compaction', vm: 'db', row: { nodes: [1], movedPages: 999 }, totalPages: 1000 };
const migration = { kind: 'migration', vm: 'web' };
const running = [compaction as unknown as CompactionMove, migration as unknown as MigrationMove] as readonly Move[];

const band = (guest: number | null, kind: 'vm' | 'copy' | 'free' = 'vm') => ({ id: '', kind, guest, pages: 1 });

describe('a block', () => {
  test('says whether it comes or goes', () => {
    const words = (guest: number | null, kind: 'vm' | 'copy' | 'free', host: number, nid: number) =>
      movingWords(running, { vms }, band(guest, kind), { host, nid });
    expect(words(0, 'vm', 0, 1)).toBe('arriving 99 %');
    expect(words(0, 'vm', 0, 0)).toBe('leaving');
    expect(words(0, 'vm', 1, 0)).toBeNull();
    expect(words(1, 'vm', 0, 0)).toBe('migrating');
    expect(words(1, 'copy', 1, 0)).toBe('arriving');
    expect(words(null, 'free', 0, 0)).toBeNull();
    expect(movingWords([], { vms }, band(0), { host: 0, nid: 1 })).toBeNull();
  });

  test.each([50, 100, 169, 170, 219, 220, 400])('has every word seen in its label, at %i pixels', (width) => {
    for (const rows of [0, 1, 2, 3, 9]) {
      for (const moving of [null, 'leaving']) {
        const { figure, below, label } = bandWords('db', '8 GiB', moving, rows, width);
        const seen = ['db', ...(figure === null ? [] : [figure]), ...below];
        expect(label.startsWith(seen.join(', '))).toBe(true);
        expect(seen.length - (figure === null ? 0 : 1)).toBeLessThanOrEqual(Math.max(1, rows));
      }
    }
  });
});
