/**
 * A 64-bit state hash in two 32-bit lanes (murmur3 mixing with different constants). Not cryptographic: it tells
 * whether two worlds are equal, and equal worlds hash alike on every machine (words are read little-endian; the
 * machines Electron runs on all are).
 */
export class StateHash {
  #a: number;
  #b: number;

  constructor(seed = 0) {
    this.#a = (seed ^ 0x243f6a88) >>> 0;
    this.#b = (seed ^ 0x85a308d3) >>> 0;
  }

  word(x: number): void {
    let k = Math.imul(x, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    let a = this.#a ^ Math.imul(k, 0x1b873593);
    a = (a << 13) | (a >>> 19);
    this.#a = (Math.imul(a, 5) + 0xe6546b64) | 0;
    let m = Math.imul(x ^ 0x5bd1e995, 0x239b961b);
    m = (m << 16) | (m >>> 16);
    let b = this.#b ^ Math.imul(m, 0xab0e9789);
    b = (b << 17) | (b >>> 15);
    this.#b = (Math.imul(b, 5) + 0x561ccd1b) | 0;
  }

  /** A finite double, by its 64 bits. */
  number(x: number): void {
    scratchF64[0] = x;
    this.word(scratchU32[0]!);
    this.word(scratchU32[1]!);
  }

  text(s: string): void {
    this.word(s.length);
    for (let i = 0; i < s.length; i++) this.word(s.charCodeAt(i));
  }

  /** The bytes of a typed array, and how many. */
  bytes(array: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = array;
    this.word(byteLength);
    const words = byteLength >>> 2;
    if (byteOffset % 4 === 0) {
      const view = new Uint32Array(buffer, byteOffset, words);
      for (let i = 0; i < words; i++) this.word(view[i]!);
    } else {
      const view = new DataView(buffer, byteOffset, byteLength);
      for (let i = 0; i < words; i++) this.word(view.getUint32(i * 4, true));
    }
    const tail = new Uint8Array(buffer, byteOffset + words * 4, byteLength - words * 4);
    for (let i = 0; i < tail.length; i++) this.word(tail[i]!);
  }

  /** 16 hex digits; the hash may go on being fed afterwards. */
  hex(): string {
    const lane = (x: number): string => finish(x).toString(16).padStart(8, '0');
    return lane(this.#a ^ Math.imul(this.#b, 0x9e3779b1)) + lane(this.#b ^ Math.imul(this.#a, 0x85ebca77));
  }
}

const scratchF64 = new Float64Array(1);
const scratchU32 = new Uint32Array(scratchF64.buffer);

function finish(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
