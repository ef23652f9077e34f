import { describe, expect, test } from 'vitest';
import type { CompactionMove, MigrationMove, Move } from '../../../shared/view/move.ts';
import { bandWords, mergedWords, movingWords } from './band-words.ts';

const vms = ['db', 'web'].map((name) => ({ name, host: 0 }));
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

  test.each([50, 100, 140, 169, 170, 219, 220, 400])('has every word seen in its label, at %i pixels', (width) => {
    for (const rows of [0, 1, 2, 3, 9]) {
      for (const moving of [null, 'leaving']) {
        for (const whole of ['db', 'a-name-of-a-virtual-machine-that-is-long']) {
          const { name, figure, below, label } = bandWords(whole, '8 GiB', moving, rows, width);
          const seen = [...(figure === null ? [] : [figure]), ...below];
          expect(label.startsWith([whole, ...seen].join(', '))).toBe(true);
          expect(below.length).toBeLessThanOrEqual(Math.max(0, rows - 1));
          expect(name === whole || name.includes('…')).toBe(true);
          expect([...name].length * 7 + (figure ?? '').length * 6.5).toBeLessThanOrEqual(Math.max(width, 40));
        }
      }
    }
  });

  test('says its size beside its name, below it, or not at all', () => {
    expect(bandWords('vm-13-batch', '16 GiB', null, 1, 153)).toMatchObject({ name: 'vm-13-batch', figure: '16 GiB' });
    expect(bandWords('a-long-name-indeed', '16 GiB', null, 2, 153)).toMatchObject({ figure: null, below: ['16 GiB'] });
    expect(bandWords('a-long-name-indeed', '16 GiB', null, 1, 153).name).toMatch(/^a-l.*…/);
    expect(mergedWords(37, '20 GiB', 153)).toEqual({ name: '+37 VMs', figure: '20 GiB ▸' });
    expect(mergedWords(1, '2 GiB', 84)).toEqual({ name: '+1 VM', figure: '▸' });
  });
});
