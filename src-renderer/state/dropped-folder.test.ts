import { expect, test } from 'vitest';
import type { DroppedItem } from './dropped-folder.ts';
import { filesIn } from './dropped-folder.ts';

type Tree = string | { readonly [name: string]: Tree };

/** As a browser hands it out: entries in batches of two, then none. */
function entry(name: string, tree: Tree): object {
  if (typeof tree === 'string')
    return {
      ...{ isFile: true, isDirectory: false, name },
      file: (taken: (file: unknown) => void) => taken({ name, size: tree.length, text: () => Promise.resolve(tree) }),
    };
  return {
    ...{ isFile: false, isDirectory: true, name },
    createReader: () => {
      const left = Object.entries(tree).map(([child, own]) => entry(child, own));
      return { readEntries: (taken: (list: readonly object[]) => void) => taken(left.splice(0, 2)) };
    },
  };
}
const item = (name: string, tree: Tree): DroppedItem =>
  ({
    webkitGetAsEntry: () => entry(name, tree),
    getAsFile: () => (typeof tree === 'string' ? { name, size: tree.length, text: () => Promise.resolve(tree) } : null),
  }) as unknown as DroppedItem;

const names = async (...items: DroppedItem[]): Promise<string[]> => (await filesIn(items)).map(({ name }) => name);

test('a folder is looked through, its files are named by their paths, in the order of their names', async () => {
  const folder = {
    xml: { 'b.xml': 'b', 'a.xml': 'a' },
    proc: { 3729: { numa_maps: 'n' } },
    'x.txt': 'x',
    y: 'y',
    z: 'z',
  };
  expect(await names(item('S', folder))).toEqual([
    ...['S/proc/3729/numa_maps', 'S/x.txt', 'S/xml/a.xml', 'S/xml/b.xml', 'S/y', 'S/z'],
  ]);
  expect(await (await filesIn([item('S', folder)]))[0]!.text()).toBe('n');
});

test('files beside it keep their own names', async () => {
  expect(await names(item('host.xml', 'h'), item('S', { a: 'a' }))).toEqual(['host.xml', 'S/a']);
  expect(await names(item('empty', {}))).toEqual([]);
});
