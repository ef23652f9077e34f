import { describe, expect, test } from 'vitest';
import { randomWorld } from './fixture/random-world.ts';
import { overviewOf } from './overview.ts';
import { hostGlyph } from './overview-glyph.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the glyph of a host', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('has the sizes of its nodes, in world %i', (seed) => {
    for (const host of overviewOf(randomWorld(seed)).hosts) {
      const { nodes, owedWidth } = hostGlyph(host, 120, 40);
      expect(nodes.map(({ nid }) => nid)).toEqual(host.nodes.map(({ nid }) => nid));
      expect(sum(nodes.map(({ width }) => width)) + nodes.length - 1).toBeCloseTo(120, 6);
      nodes.forEach((drawn, i) => {
        const node = host.nodes[i]!;
        const free = node.totalPages === 0 ? 40 : (40 * node.freePages) / node.totalPages;
        expect(drawn.usedHeight + free).toBeCloseTo(40, 6);
        expect(drawn.awayHeight).toBeLessThanOrEqual(drawn.usedHeight + 1e-9);
        expect(drawn.awayHeight * node.totalPages).toBeCloseTo(40 * node.awayPages, 4);
        if (host.totalPages > 0)
          expect(drawn.width * host.totalPages).toBeCloseTo((121 - nodes.length) * node.totalPages, 4);
        expect(drawn.crowded).toBe(node.usedPages > 0.9 * node.totalPages);
      });
      expect(owedWidth > 0).toBe(host.owedPages > 0);
      expect(owedWidth).toBeLessThanOrEqual(120);
    }
  });
});
