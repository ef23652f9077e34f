import { describe, expect, test } from 'vitest';
import { highsSolver } from '../../runtime/highs-solver.ts';
import { answerToText } from '../fixture.ts';
import { libxlOrder, magnitude, numadNodes } from './baseline.ts';

const milp = await highsSolver();

describe('numad', () => {
  // Two pairs of nodes: 16 within a pair, 32 between.
  const distance = (a: number, b: number): number => (a === b ? 10 : a >> 1 === b >> 1 ? 16 : 32);
  const nodes = [
    { freeMib: 30_000, freeCpu: 800 },
    { freeMib: 20_000, freeCpu: 1200 },
    { freeMib: 60_000, freeCpu: 600 },
    { freeMib: 5000, freeCpu: 1600 },
  ];
  const magnitudes = (mib: number, cpu: number): number[] =>
    nodes.map(({ freeMib, freeCpu }) => magnitude(freeMib, freeCpu, mib, cpu));

  test('a small process gets one node', () => {
    expect(magnitudes(8000, 400)).toEqual([470_400_000, 409_600_000, 748_800_000, 180_000_000]);
    expect(numadNodes(nodes, distance, { mib: 8000, cpu: 400 }, 64_000, 1600)).toEqual([2]);
  });

  test('a large one gets the nearest that helps', () => {
    expect(magnitudes(50_000, 1200)).toEqual([1_440_000_000, 1_440_000_000, 1_944_000_000, 380_000_000]);
    expect(numadNodes(nodes, distance, { mib: 50_000, cpu: 1200 }, 64_000, 1600)).toEqual([2, 3]);
  });
});

test('libxl: fewest nodes, then fewer vCPUs, then more memory', () => {
  const candidate = (id: number, count: number, runnableVcpus: number, freeMib: number) => ({
    nodes: Array.from({ length: count }, () => id),
    runnableVcpus,
    freeMib,
  });
  const order = libxlOrder([candidate(0, 2, 0, 9000), candidate(1, 1, 4, 9000), candidate(2, 1, 3, 100), candidate(3, 1, 3, 200)]); // prettier-ignore
  expect(order.map(({ nodes }) => nodes[0])).toEqual([3, 2, 1, 0]);
});

describe('the published counts of family C', () => {
  // Anti-correlated sizes on hosts of 32 CPUs and 64 GiB.
  // By the share of them that are larger, GiB and vCPUs.
  const sizes = [
    [0.15, 24, 2],
    [0.27, 18, 3],
    [0.4, 9, 6],
    [0.52, 6, 9],
    [0.65, 4, 12],
    [0.77, 3, 16],
    [0.88, 31, 5],
    [1, 13, 7],
  ] as const;
  const question = (seed: number, count: number) => {
    let x = seed;
    const newVms = Array.from({ length: count }, (_, i) => {
      x = (Math.imul(1_664_525, x) + 1_013_904_223) >>> 0;
      const [, gib, vcpus] = sizes.find(([share]) => x / 2 ** 32 < share)!;
      return { name: `v${i}`, memoryMiB: gib * 1024, vcpus };
    });
    const hosts = Array.from({ length: 40 }, (_, h) => ({
      name: `h${h}`,
      nodes: [{ nid: 0, cpus: '0-31', memoryMiB: 65_536 }],
    }));
    return { scenario: { pageshift: 1, name: 'c', hosts }, request: { pageshiftRequest: 1, goal: { type: 'place' }, newVms } }; // prettier-ignore
  };

  test.each([
    [1, 60, [15, 15, 18, 18, 15], 14],
    [2, 60, [17, 16, 19, 19, 15], 15],
    [3, 100, [26, 25, 29, 29, 25], 23],
    [4, 100, [27, 27, 31, 31, 26], 25],
    [5, 100, [25, 25, 28, 28, 24], 23],
  ] as const)('seed %i', (seed, count, byHeuristic, best) => {
    const { scenario, request } = question(seed, count);
    const hosts = (solver: string): number | undefined =>
      answerToText(milp, JSON.stringify(scenario), JSON.stringify(request), solver).objective?.[1]?.value;
    expect(['first-fit', 'best-fit', 'ffd', 'bfd', 'dot-product'].map(hosts)).toEqual(byHeuristic);
    expect(hosts('exact')).toBe(best);
  });
});
