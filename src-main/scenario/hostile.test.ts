/** Small documents that would cost much if checking followed what they name instead of how long they are. */
import { expect, test } from 'vitest';
import { parseIdList } from './id-list.ts';
import { nameHint, newHintBudget } from './name-hint.ts';
import { readScenario } from './read.ts';

const host = { name: 'h', nodes: [{ nid: 0, cpus: '0-3', memoryMiB: 65_536 }] };

test('hints for wrong names stop when their budget is used, and every problem is still reported', () => {
  const vms = Array.from({ length: 100 }, (_, i) => ({ name: `vm-${i}-${'x'.repeat(80)}`, host: 'h', memoryMiB: 16 }));
  const commands = Array.from({ length: 1000 }, (_, at) => ({ at, type: 'compact', vm: `wm-${at}-${'x'.repeat(80)}` }));
  const { diagnostics } = readScenario(JSON.stringify({ pageshift: 1, name: 'n', hosts: [host], vms, commands }), 'f');
  const unknown = diagnostics.filter(({ slug }) => slug === 'unknown-vm');
  expect(unknown.length).toBeGreaterThanOrEqual(100);
  expect(unknown[0]!.hint).toMatch(/^Did you mean "vm-0-/);
  expect(unknown.at(-1)!.hint).toBeUndefined();
});

test('a budget for hints is shared by all names of a document', () => {
  const budget = newHintBudget();
  const names = Array.from({ length: 1000 }, (_, i) => `${'n'.repeat(90)}${i}`);
  for (let i = 0; i < 10; i++) nameHint(`${'n'.repeat(89)}${i}`, names, budget);
  expect(budget.comparisons).toBeLessThan(0);
  expect(nameHint('h', ['h1'], budget)).toEqual({ hint: 'There are: h1.' });
});

test('nodes that list too many CPUs are refused without writing the lists out', () => {
  const nodes = Array.from({ length: 1000 }, (_, nid) => ({ nid, cpus: '0-65535', memoryMiB: 64 }));
  const text = JSON.stringify({ pageshift: 1, name: 'n', hosts: [{ name: 'h', nodes }], vms: [] });
  expect(readScenario(text, 'f').diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
    { slug: 'cpus-too-many', found: '65536000, those of each node counted' },
  ]);
});

test('hosts that list too many CPUs together are refused, and what they need is written out once', () => {
  const host = (h: number, cpus: string) => ({ name: `h${h}`, nodes: [{ nid: 0, cpus, memoryMiB: 64 }] });
  const of = (cpus: string) => {
    const hosts = Array.from({ length: 64 }, (_, h) => host(h, cpus));
    return readScenario(JSON.stringify({ pageshift: 1, name: 'n', hosts, vms: [] }), 'f').diagnostics;
  };
  expect(of('0-8191')).toEqual([]);
  expect(of('0-8192')).toMatchObject([{ slug: 'cpus-too-many', found: '524352, those of each node counted' }]);
});

test('a list of ids is written out in order and each id once, however its terms overlap', () => {
  expect(parseIdList('7,0-3,2-5,1', 100)).toEqual([0, 1, 2, 3, 4, 5, 7]);
});

test('work that would take very long is estimated and warned of, and no other', () => {
  const slugs = (memoryMiB: number, workload: object): readonly string[] => {
    const vms = [{ name: 'v', host: 'h', memoryMiB, workload }];
    const { value, diagnostics } = readScenario(JSON.stringify({ pageshift: 1, name: 'n', hosts: [host], vms }), 'f');
    expect(value).not.toBeNull();
    expect(diagnostics.every(({ severity }) => severity === 'warning')).toBe(true);
    return diagnostics.map(({ slug, where }) => `${slug} ${where.path}`);
  };
  const exponential = (meanMs: number) => ({ law: 'exponential', meanMs });
  expect(slugs(16_384, { lifetime: exponential(0.001) })).toEqual(['tick-too-costly /vms/0/workload/lifetime']);
  expect(slugs(16_384, { start: 'fresh', warmupMs: 1e7, lifetime: exponential(1000) })).toEqual([
    'warmup-too-costly /vms/0/workload/warmupMs',
  ]);
  expect(slugs(65_536, {})).toEqual([]);
  expect(slugs(1024, { start: 'fresh', warmupMs: 60_000, lifetime: exponential(5000) })).toEqual([]);
});
