import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bootShares } from './boot-share.ts';
import { placementDiagnostics } from './placement-problem.ts';
import { readScenario } from './read.ts';

const GIB = 2 ** 18;

const text = (vms: string): string =>
  `{ "pageshift": 1, "name": "n",
  "hosts": [{ "name": "h", "nodes": [{ "nid": 0, "memoryMiB": 4096 }, { "nid": 3, "memoryMiB": 4096 }] }],
  "vms": [${vms}] }`;

const shares = (vms: string): ReturnType<typeof bootShares> => {
  const { value, diagnostics } = readScenario(text(vms), 'f');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  return bootShares(value);
};

describe('the shares of a VM at boot', () => {
  test('follow its placement, one VM after the other', () => {
    const found = shares(`
      { "name": "a", "host": "h", "memoryMiB": 1024 },
      { "name": "b", "host": "h", "memoryMiB": 2048, "placement": { "mode": "strict", "nodes": [3] } },
      { "name": "c", "host": "h", "memoryMiB": 2048, "placement": { "mode": "preferred", "nodes": [3] } }`);
    expect(found).toEqual([
      { vm: 'a', host: 'h', pages: GIB, shares: [{ nid: 0, part: 0.5 }, { nid: 3, part: 0.5 }] }, // prettier-ignore
      { vm: 'b', host: 'h', pages: 2 * GIB, shares: [{ nid: 3, part: 1 }] },
      { vm: 'c', host: 'h', pages: 2 * GIB, shares: [{ nid: 0, part: 0.25 }, { nid: 3, part: 0.75 }] }, // prettier-ignore
    ]);
  });

  test('of the shipped example are what its file says', () => {
    const file = new URL('../../shared/examples/two-to-four-migrate.pageshift.json', import.meta.url);
    const { value } = readScenario(readFileSync(file, 'utf8'), 'example');
    expect(bootShares(value!)).toEqual([
      { vm: 'shop', host: 'two-socket', pages: 16 * GIB, shares: [{ nid: 0, part: 0.5 }, { nid: 1, part: 0.5 }] }, // prettier-ignore
      { vm: 'monitor', host: 'two-socket', pages: 2 * GIB, shares: [{ nid: 1, part: 1 }] },
    ]);
  });
});

test('a VM that found no room is named where the text has it, or by its path', () => {
  const given = text(
    '\n    { "name": "a", "host": "h", "memoryMiB": 1024 },\n    { "name": "b", "host": "h", "memoryMiB": 1024 }',
  );
  const { value } = readScenario(given, 'f');
  const short = {
    rule: 0,
    mode: 'strict',
    start: 0,
    end: 262_144,
    host: 'h',
    nodes: [0],
    shortPages: 9,
    framePages: 1,
    inPool: false,
  } as const;
  const problem = [{ guest: 'b', ...short }];
  expect(placementDiagnostics(problem, value!, 'f', given)[0]!.where).toEqual({
    file: 'f',
    line: 5,
    column: 5,
    path: '/vms/1',
  });
  expect(placementDiagnostics(problem, value!, 'f')[0]!.where).toEqual({ file: 'f', path: '/vms/1' });
});
