import { describe, expect, it } from 'vitest';
import type { LinkConfig } from '../../../shared/model/config.ts';
import { Prng } from '../core/index.ts';
import { Network } from './network.ts';

/** `a-b 100`: joins a and b with 100 bytes a second. */
const linksOf = (...texts: readonly string[]): LinkConfig[] =>
  texts.map((text) => {
    const [name, width] = text.split(' ') as [string, string];
    return { name, hosts: name.split('-') as [string, string], bytesPerSec: Number(width) };
  });

const names = (links: readonly LinkConfig[], from: string, to: string): string[] | null =>
  new Network(links).path(from, to)?.links.map((l) => links[l]!.name) ?? null;

describe('the path between two hosts', () => {
  it('is a direct link where there is one, in either direction, however narrow', () => {
    const links = linksOf('a-b 900', 'b-c 900', 'c-a 1');
    expect(names(links, 'a', 'c')).toEqual(['c-a']);
    expect(names(links, 'c', 'a')).toEqual(['c-a']);
  });

  it('has the fewest links, then the widest narrowest one', () => {
    //  a - b - d   10, 80
    //  a - c - d   70, 20     Expect: by c, 20 against 10.
    //  a - e - f - d  90 each, but three links
    const links = linksOf('a-b 10', 'b-d 80', 'a-c 70', 'c-d 20', 'a-e 90', 'e-f 90', 'f-d 90');
    expect(names(links, 'a', 'd')).toEqual(['a-c', 'c-d']);
    expect(new Network(links).path('a', 'd')).toMatchObject({ bytesPerSec: 20, latencyMs: 0 });
  });

  it('is the first by scenario order among equals', () => {
    const links = linksOf('c-d 50', 'a-c 50', 'a-b 50', 'b-d 50');
    expect(names(links, 'a', 'd')).toEqual(['a-c', 'c-d']);
    const twice = [...linksOf('a-b 5'), ...linksOf('a-b 5')];
    expect(new Network(twice).path('a', 'b')!.links).toEqual([0]);
  });

  it('adds up latencies, and is null where no links lead', () => {
    const links = linksOf('a-b 10', 'b-c 10', 'x-y 10').map((link) => ({ ...link, latencyMs: 2 }));
    expect(new Network(links).path('a', 'c')).toEqual({ links: [0, 1], bytesPerSec: 10, latencyMs: 4 });
    expect(new Network(links).path('a', 'x')).toBeNull();
    expect(new Network(links).path('a', 'a')).toBeNull();
  });

  it.each([1, 2, 3, 4, 5, 6])('is the best of all paths of 40 random networks, seed %i', (seed) => {
    const prng = new Prng(seed, 'network');
    const hosts = ['a', 'b', 'c', 'd', 'e'];
    for (let n = 0; n < 40; n++) {
      const links = Array.from({ length: 3 + prng.below(7) }, (): LinkConfig => {
        const one = prng.below(hosts.length);
        const other = (one + 1 + prng.below(hosts.length - 1)) % hosts.length;
        return { name: '', hosts: [hosts[one]!, hosts[other]!], bytesPerSec: 1 + prng.below(4) };
      });
      expect(new Network(links).path('a', 'b')?.links ?? null).toEqual(bestOfAll(links, 'a', 'b'));
    }
  });
});

/** Every path without a host twice, compared by the stated rule. */
function bestOfAll(links: readonly LinkConfig[], from: string, to: string): number[] | null {
  const found: number[][] = [];
  const walk = (host: string, been: readonly string[], path: readonly number[]): void => {
    if (host === to) {
      found.push([...path]);
      return;
    }
    links.forEach(({ hosts: [a, b] }, l) => {
      const there = a === host ? b : b === host ? a : null;
      if (there !== null && !been.includes(there)) walk(there, [...been, there], [...path, l]);
    });
  };
  walk(from, [from], []);
  const width = (path: readonly number[]): number => Math.min(...path.map((l) => links[l]!.bytesPerSec));
  const firstDifference = (a: readonly number[], b: readonly number[]): number =>
    a.map((l, i) => l - b[i]!).find((d) => d !== 0) ?? 0;
  found.sort((a, b) => a.length - b.length || width(b) - width(a) || firstDifference(a, b));
  return found[0] ?? null;
}
