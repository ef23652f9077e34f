import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../facts.ts';
import { printNumactlHardware } from './print.ts';
import { readNumactlHardware } from './read.ts';

const pasted = readFileSync(new URL('fixtures/pasted-mail.txt', import.meta.url), 'utf8');
const read = (...lines: readonly string[]) => readNumactlHardware(lines.join('\n'), 'n.txt');
const problems = (...lines: readonly string[]) =>
  read(...lines).diagnostics.map((d) => `${d.severity} ${d.slug} ${d.where.line}`);
const node = (id: number, cpus = '', size = '10 MB') => [
  `node ${id} cpus: ${cpus}`,
  `node ${id} size: ${size}`,
  `node ${id} free: 5 MB`,
];

describe('readNumactlHardware', () => {
  it('reads a paste with quote marks, wrapped lines, sparse ids and rows out of order', () => {
    const { value, diagnostics } = readNumactlHardware(pasted, 'n.txt');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({
      kind: 'numactl-hardware',
      nodes: [
        { id: 0, memoryKiB: 2000 * 1024, cpus: [0, 1, 2, 3], freeKiB: 1999 * 1024, pages: [] },
        { id: 8, memoryKiB: 1000 * 1024, cpus: [4, 5], freeKiB: 10 * 1024, pages: [] },
        { id: 100, memoryKiB: null, cpus: [], freeKiB: null, pages: [] },
      ],
      distances: {
        ids: [0, 8, 100],
        matrix: [
          [10, 20, 255],
          [21, 10, 40],
          [255, 40, 10],
        ],
      },
      hugepages: [],
      arch: null,
      uuid: null,
      interconnects: [],
      cpuPlaces: [],
    });
    expect(readNumactlHardware(`\ufeff${pasted.replaceAll('\n', '\r\n')}`, 'n.txt').value).toEqual(value);
  });

  it('reads --cpu-compress, a single node and a sentence instead of the matrix', () => {
    const { value, diagnostics } = read(
      'available: 1 nodes (0)',
      ...node(0, '0-3, 8-9 (6)'),
      'No distance information available.',
    );
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({ nodes: [{ cpus: [0, 1, 2, 3, 8, 9] }], distances: null });
  });

  it('takes the order of columns from the head', () => {
    const { value } = read('available: 2 nodes (0-1)', ...node(0), ...node(1), 'node 1 0', '0: 21 10', '1: 10 22');
    expect(value?.distances).toEqual({
      ids: [0, 1],
      matrix: [
        [10, 21],
        [22, 10],
      ],
    });
  });

  it.each([
    ['a node missing', ['available: 2 nodes (0-1)', ...node(0)], 'error node-count 1'],
    [
      'a count that is not the list',
      ['available: 4 nodes (0-2)', ...node(0), ...node(1), ...node(2)],
      'error node-count 1',
    ],
    ['a node that was not announced', ['available: 1 nodes (0)', ...node(1)], 'error node-count 1'],
    ['a node twice', ['available: 1 nodes (0)', ...node(0), 'node 0 size: 3 MB'], 'error node-duplicate 5'],
    ['a descending range', ['available: 1 nodes (0)', ...node(0, '7-3')], 'error id-list-invalid 2'],
    ['a cut range', ['available: 1 nodes (0)', ...node(0, '0-')], 'error id-list-invalid 2'],
    ['a huge id', ['available: 1 nodes (0)', ...node(0, '1000000000')], 'error id-list-invalid 2'],
    ['a count that differs', ['available: 1 nodes (0)', ...node(0, '0-3 (5)')], 'error cpu-count 2'],
    [
      'a CPU in two nodes',
      ['available: 2 nodes (0-1)', ...node(0, '1'), ...node(1, '1')],
      'warning cpu-in-two-nodes 5',
    ],
    ['a size without unit', ['available: 1 nodes (0)', ...node(0, '', '10')], 'error size-invalid 3'],
    ['a negative size', ['available: 1 nodes (0)', ...node(0, '', '-1 MB')], 'error size-invalid 3'],
    ['a cut row', ['available: 1 nodes (0)', ...node(0), 'node 0', '0:'], 'error distances-incomplete 6'],
    [
      'a missing row',
      ['available: 2 nodes (0-1)', ...node(0), ...node(1), 'node 0 1', '0: 10 20'],
      'error distances-incomplete 8',
    ],
    ['a distance above 255', ['available: 1 nodes (0)', ...node(0), 'node 0', '0: 256'], 'error distance-too-large 6'],
    ['an odd diagonal', ['available: 1 nodes (0)', ...node(0), 'node 0', '0: 20'], 'warning distance-local 6'],
    ['more free than there is', ['available: 1 nodes (0)', ...node(0, '', '4 MB')], 'warning free-above-size 4'],
    ['a line cut', ['available: 1 nodes (0)', ...node(0), 'node 0 si'], 'warning line-damaged 5'],
    ['a missing line', ['available: 1 nodes (0)', 'node 0 cpus:', 'node 0 size: 1 MB'], 'warning node-incomplete 2'],
    ['a missing first line', node(0), 'warning available-missing 1'],
    ['no NUMA', ['No NUMA available on this system'], 'error numa-unavailable 1'],
    ['something else', ['hello'], 'error not-numactl 1'],
  ])('diagnoses %s', (_, lines, expected) => {
    expect(problems(...lines)).toEqual([expected]);
  });
});

describe('printNumactlHardware', () => {
  // The text of numactl 2.0.16, put together from its printf formats: "% 3d " and "% 3d: ", "%d MB", " %d".
  it('prints as numactl 2.0.16 does, trailing blanks included', () => {
    const nodes = [
      { id: 0, cpus: [0, 1], memoryKiB: 9434 * 1024 + 1023, freeKiB: 7284 * 1024 },
      { id: 1, cpus: [], memoryKiB: null, freeKiB: 0 },
    ];
    const distances = {
      ids: [0, 1],
      matrix: [
        [10, 21],
        [255, 10],
      ],
    };
    expect(printNumactlHardware({ nodes, distances })).toBe(
      'available: 2 nodes (0-1)\n' +
        'node 0 cpus: 0 1\nnode 0 size: 9434 MB\nnode 0 free: 7284 MB\n' +
        'node 1 cpus:\nnode 1 size: <not available>\nnode 1 free: 0 MB\n' +
        'node distances:\nnode   0   1 \n  0:  10  21 \n  1:  255  10 \n',
    );
    expect(printNumactlHardware({ nodes: nodes.slice(0, 1), distances: null })).toBe(
      'available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 9434 MB\nnode 0 free: 7284 MB\n' +
        'No distance information available.\n',
    );
  });

  const SEED = 20130501;
  it(`reads back what it printed: 300 hosts of seed ${SEED}`, () => {
    const mb = fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: null });
    const kib = (value: number | null) => (value === null ? null : value * 1024);
    const host = fc
      .record({
        ids: fc.uniqueArray(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 9 }),
        cpus: fc.uniqueArray(fc.integer({ min: 0, max: 65535 }), { maxLength: 40 }),
        sizes: fc.array(fc.tuple(mb, mb), { minLength: 9, maxLength: 9 }),
        distances: fc.option(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 81, maxLength: 81 }), {
          nil: null,
        }),
      })
      .map(({ ids: unsorted, cpus, sizes, distances }): HostFacts => {
        const ids = [...unsorted].sort((a, b) => a - b);
        return {
          kind: 'numactl-hardware',
          nodes: ids.map((id, i) => ({
            id,
            memoryKiB: kib(sizes[i]![0]),
            cpus: cpus.filter((cpu) => cpu % ids.length === i).sort((a, b) => a - b),
            freeKiB: kib(sizes[i]![1]),
            pages: [],
          })),
          distances: distances && { ids, matrix: ids.map((_, i) => ids.map((__, j) => distances[9 * i + j]!)) },
          hugepages: [],
          arch: null,
          uuid: null,
          interconnects: [],
          cpuPlaces: [],
        };
      });
    fc.assert(
      fc.property(host, (facts) => {
        expect(readNumactlHardware(printNumactlHardware(facts), 'n.txt').value).toEqual(facts);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
