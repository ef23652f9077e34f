import { describe, expect, test } from 'vitest';
import { libxlOrder, magnitude, numadNodes } from './baseline.ts';

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
