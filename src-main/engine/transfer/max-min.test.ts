import { describe, expect, it } from 'vitest';
import { Prng } from '../core/index.ts';
import { type Flow, maxMinShares } from './max-min.ts';

/** An exact fraction. */
class Ratio {
  readonly n: bigint;
  readonly d: bigint;

  constructor(n: bigint, d = 1n) {
    this.n = n;
    this.d = d;
  }

  minus(o: Ratio): Ratio {
    return new Ratio(this.n * o.d - o.n * this.d, this.d * o.d);
  }

  plus(o: Ratio): Ratio {
    return new Ratio(this.n * o.d + o.n * this.d, this.d * o.d);
  }

  over(k: number): Ratio {
    return new Ratio(this.n, this.d * BigInt(k));
  }

  times(k: number): Ratio {
    return new Ratio(this.n * BigInt(k), this.d);
  }

  isBelow(o: Ratio): boolean {
    return this.n * o.d < o.n * this.d;
  }

  get isZero(): boolean {
    return this.n === 0n;
  }

  get number(): number {
    // To 18 digits: the quotient of two big numbers may be beyond what each is as a number.
    return Number((this.n * 10n ** 18n) / this.d) / 1e18;
  }
}

/**
 * The oracle: progressive filling by its definition, in exact fractions. All flows rise together until one reaches its
 * cap or one of its links is full; that one stays where it is and the others go on.
 */
function fillProgressively(capacities: readonly number[], flows: readonly Flow[]): number[] {
  const shares = flows.map(() => new Ratio(0n));
  const left = capacities.map((c) => new Ratio(BigInt(c)));
  const rising = new Set(flows.keys());
  while (rising.size > 0) {
    const riders = capacities.map((_, l) => [...rising].filter((i) => flows[i]!.links.includes(l)).length);
    const rooms = [
      ...left.flatMap((room, l) => (riders[l]! > 0 ? [room.over(riders[l]!)] : [])),
      ...[...rising].flatMap((i) =>
        flows[i]!.cap === Infinity ? [] : [new Ratio(BigInt(flows[i]!.cap)).minus(shares[i]!)],
      ),
    ];
    const rise = rooms.reduce((least, room) => (room.isBelow(least) ? room : least));
    left.forEach((room, l) => (left[l] = room.minus(rise.times(riders[l]!))));
    for (const i of rising) shares[i] = shares[i]!.plus(rise);
    for (const i of [...rising]) {
      const { links, cap } = flows[i]!;
      const isCapped = cap !== Infinity && new Ratio(BigInt(cap)).minus(shares[i]!).isZero;
      if (isCapped || links.some((l) => left[l]!.isZero)) rising.delete(i);
    }
  }
  return shares.map((share) => share.number);
}

interface Drawn {
  readonly capacities: readonly number[];
  readonly flows: readonly Flow[];
}

function draw(prng: Prng): Drawn {
  const capacities = Array.from({ length: 1 + prng.below(6) }, () => 1 + prng.below(1000));
  const flows = Array.from({ length: 1 + prng.below(8) }, (): Flow => {
    const links = capacities.map((_, l) => l).filter(() => prng.chance(1, 2));
    const cap = prng.chance(1, 3) ? 1 + prng.below(400) : Infinity;
    return { links: links.length > 0 ? links : [prng.below(capacities.length)], cap };
  });
  return { capacities, flows };
}

const TINY = 1e-9;

describe('max-min fair shares', () => {
  it('one link is shared equally, to the last bit', () => {
    const alone = { links: [0], cap: Infinity };
    for (const capacity of [1, 100, 16 * 2 ** 20, 1e9 / 3]) {
      for (const n of [1, 2, 3, 7]) {
        const flows = Array.from({ length: n }, () => alone);
        expect(maxMinShares([capacity], flows)).toEqual(flows.map(() => capacity / n));
      }
    }
  });

  it('what a capped flow leaves is for the others', () => {
    const flows = [10, Infinity, Infinity].map((cap) => ({ links: [0], cap }));
    expect(maxMinShares([100], flows)).toEqual([10, 45, 45]);
  });

  it('a flow over two links leaves room on the wider one', () => {
    //  a --100-- b --60-- c       flows: a-b, b-c, a-c
    // Expect: b-c and a-c share 60; a-b has what a-c leaves of 100.
    const flows = [[0], [1], [0, 1]].map((links) => ({ links, cap: Infinity }));
    expect(maxMinShares([100, 60], flows)).toEqual([70, 30, 30]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('as progressive filling on 50 random networks, seed %i', (seed) => {
    const prng = new Prng(seed, 'max-min');
    for (let n = 0; n < 50; n++) {
      const { capacities, flows } = draw(prng);
      const expected = fillProgressively(capacities, flows);
      maxMinShares(capacities, flows).forEach((share, i) => expect(share).toBeCloseTo(expected[i]!, 8));
    }
  });

  it.each([1, 2, 3, 4])('no link over capacity, every flow capped or bottlenecked, seed %i', (seed) => {
    const prng = new Prng(seed, 'max-min-law');
    for (let n = 0; n < 100; n++) {
      const { capacities, flows } = draw(prng);
      const shares = maxMinShares(capacities, flows);
      const riders = capacities.map((_, l) => flows.map((_flow, i) => i).filter((i) => flows[i]!.links.includes(l)));
      const loads = riders.map((on) => on.reduce((sum, i) => sum + shares[i]!, 0));
      loads.forEach((load, l) => expect(load).toBeLessThanOrEqual(capacities[l]! + TINY));
      flows.forEach(({ links, cap }, i) => {
        expect(shares[i]).toBeLessThanOrEqual(cap);
        const isBottleneck = (l: number): boolean =>
          loads[l]! > capacities[l]! - TINY && riders[l]!.every((other) => shares[other]! <= shares[i]! + TINY);
        expect(shares[i] === cap || links.some(isBottleneck)).toBe(true);
      });
    }
  });

  it.each([1, 2, 3])('does not depend on the order of the flows, seed %i', (seed) => {
    const prng = new Prng(seed, 'max-min-order');
    for (let n = 0; n < 50; n++) {
      const { capacities, flows } = draw(prng);
      const reversed = maxMinShares(capacities, [...flows].reverse()).reverse();
      maxMinShares(capacities, flows).forEach((share, i) => expect(reversed[i]).toBeCloseTo(share, 9));
    }
  });
});
