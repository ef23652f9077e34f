/** One moment of one host, dropped on the window as a folder: one host, as measured, and what is not read is named. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFiles } from './read-files.ts';

const FOLDER = join(process.env['PAGESHIFT_DATA']!, 'formats/host-snapshot/S');

const dropped = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { name: `S${path.slice(FOLDER.length)}`, text, sha256: createHash('sha256').update(text).digest('hex') };
  });

function read(files: typeof dropped) {
  const steps = readFiles({ files });
  let step = steps.next();
  while (step.done !== true) step = steps.next(false);
  return step.value;
}

test('a folder opens as its host, with memory where it was measured', () => {
  const { source, diagnostics } = read(dropped);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { scenario } = source!;
  expect(scenario.name).toBe('S');
  expect(scenario.hosts).toHaveLength(1);
  const all = [...scenario.vms, ...(scenario.notPlaced ?? []).map(({ vm }) => vm)];
  const vms = new Map(all.map((vm) => [vm.name, vm]));
  expect([...vms.keys()]).toEqual(expect.arrayContaining(['bronze01', 'gold01', 'idle01', 'off01', 'silver01']));
  // Known from /proc/PID/numa_maps alone: the process is told by where its file stands.
  expect(vms.get('gold01')!.measured!.nodes).toMatchObject([{ node: 1, memoryKiB: 1_048_576 }]);
  expect(diagnostics.some(({ slug }) => slug === 'file-not-read' || slug === 'import-unused')).toBe(true);
});

test('the same files by their own names alone are told of their folders nothing', () => {
  const absolute = dropped.map((file) => ({ ...file, name: `/home/somebody/${file.name}` }));
  const { diagnostics } = read(absolute);
  expect(JSON.stringify(diagnostics)).not.toContain('somebody');
});
