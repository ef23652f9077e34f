import { describe, expect, test } from 'vitest';
import {
  BOX_LEAST_WIDTH,
  cpuText,
  distanceHeat,
  factorCpus,
  hostLayout,
  isCollapsed,
  LEAST_MEMORY,
  memoryHeight,
  TILE_LEAST_WIDTH,
} from './host-layout.ts';

describe('layout of hosts', () => {
  test.each([
    [[1], 720, 500],
    [[2], 720, 500],
    [[4], 480, 300],
    [[8], 720, 500],
    [[2, 4], 720, 500],
    [[2, 4], 1300, 800],
    [[4, 4, 4, 4], 720, 500],
    [[128], 720, 500],
    [Array.from({ length: 8 }, () => 16), 720, 500],
    [[], 720, 500],
    [[1], 10, 10],
  ])('nodes %j on %i x %i are wide enough to be read and fit the width', (nodes, width, height) => {
    const { kind, columns, nodeWidth } = hostLayout(nodes, width, height);
    expect(columns).toBeGreaterThanOrEqual(1);
    if (width > 100) {
      expect(nodeWidth).toBeGreaterThanOrEqual(kind === 'boxes' ? BOX_LEAST_WIDTH : TILE_LEAST_WIDTH);
      expect(columns * nodeWidth).toBeLessThanOrEqual(width);
    }
  });

  test('few nodes are boxes, many are tiles', () => {
    expect(hostLayout([2], 720, 500).kind).toBe('boxes');
    expect(hostLayout([8], 720, 500)).toMatchObject({ kind: 'boxes', columns: 4 });
    expect(hostLayout([128], 720, 500).kind).toBe('tiles');
    expect(hostLayout([128], 2200, 1200).kind).toBe('tiles');
    expect(hostLayout([16], 1400, 1200).kind).toBe('boxes');
    expect(hostLayout([17], 1400, 1200).kind).toBe('tiles');
    expect(hostLayout([8, 9], 1400, 1200).kind).toBe('tiles');
  });

  test('more than 64 nodes of several hosts are collapsed by host', () => {
    expect(isCollapsed([32, 32])).toBe(false);
    expect(isCollapsed([32, 33])).toBe(true);
    expect(isCollapsed([128])).toBe(false);
    expect(isCollapsed([])).toBe(false);
  });

  test("a node's memory is as high as its size says, or said not to be", () => {
    const layout = { kind: 'boxes', columns: 2, nodeWidth: 100, memoryHeight: 400 } as const;
    expect(memoryHeight(1000, 1000, layout)).toEqual({ height: 400, enlarged: false });
    expect(memoryHeight(250, 1000, layout)).toEqual({ height: 100, enlarged: false });
    expect(memoryHeight(1, 1000, layout)).toEqual({ height: LEAST_MEMORY, enlarged: true });
    expect(memoryHeight(0, 1000, layout)).toEqual({ height: LEAST_MEMORY, enlarged: false });
    expect(memoryHeight(0, 0, layout)).toEqual({ height: LEAST_MEMORY, enlarged: false });
  });

  test('CPUs are factorized, none is lost', () => {
    const cpus = Array.from({ length: 40 }, (_, i) => 2 * i);
    for (const most of [1, 2, 3, 6, 39, 40, 41]) {
      const parts = factorCpus(cpus, most);
      expect(parts.length).toBeLessThanOrEqual(most);
      expect(parts.reduce((sum, part) => sum + (part.kind === 'cpu' ? 1 : part.count), 0)).toBe(40);
    }
    expect(factorCpus(cpus, 3)).toEqual([
      { kind: 'cpu', cpu: 0 },
      { kind: 'more', count: 38 },
      { kind: 'cpu', cpu: 78 },
    ]);
    expect(factorCpus([], 3)).toEqual([]);
    expect(cpuText([0, 1, 2, 40, 41])).toBe('5 CPUs 0-2,40-41');
    expect(cpuText([7])).toBe('1 CPU 7');
    expect(cpuText([])).toBe('no CPUs');
  });

  test('distances are warm by how far they are', () => {
    const matrix = [
      [10, 21],
      [32, 10],
    ];
    expect([10, 21, 32].map((d) => distanceHeat(d, matrix))).toEqual([0, 0.5, 1]);
    expect(distanceHeat(10, [[10]])).toBe(0);
  });
});
