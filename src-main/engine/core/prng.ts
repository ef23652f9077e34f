/**
 * The one source of chance in the engine: sfc32 (Chris Doty-Humphrey, PractRand), 32-bit integer operations only, so
 * every machine draws the same stream. Each part of the world owns a stream derived from the world's seed and its own
 * name, so adding a guest does not change what another guest draws.
 */
export class Prng {
  /** a, b, c, counter. */
  readonly state = new Uint32Array(4);

  /** @param seed 32-bit unsigned. @param stream any text; different text, independent stream. */
  constructor(seed: number, stream: string) {
    let h = 0x811c9dc5;
    for (let i = 0; i < stream.length; i++) h = Math.imul(h ^ stream.charCodeAt(i), 0x01000193);
    this.state[0] = seed >>> 0;
    this.state[1] = h >>> 0;
    this.state[2] = 0x9e3779b9;
    this.state[3] = 1;
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** Uniform 32-bit unsigned. */
  u32(): number {
    const s = this.state;
    const a = s[0]!;
    const b = s[1]!;
    const c = s[2]!;
    const counter = s[3]!;
    const result = (a + b + counter) >>> 0;
    s[3] = counter + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + result;
    return result;
  }

  /** Uniform integer in [0, n), unbiased. n from 1 to 2^32. */
  below(n: number): number {
    // Quotients of numbers below 2^33 are rounded down exactly, and that is faster than %, which calls a function.
    const limit = Math.floor(0x1_0000_0000 / n) * n;
    let x = this.u32();
    while (x >= limit) x = this.u32();
    return x - Math.floor(x / n) * n;
  }

  /** True with probability numerator / denominator. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  /** Uniform in the open interval (0, 1), a multiple of 2^-32 plus 2^-33: exact in a double. */
  unit(): number {
    return unitOf(this.u32());
  }
}

/** The number in (0, 1) that 32 random bits stand for. */
export const unitOf = (u32: number): number => (u32 + 0.5) / 0x1_0000_0000;
