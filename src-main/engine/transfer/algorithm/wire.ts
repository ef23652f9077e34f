/** What pages cost on the wire, and what several channels carry. */

/** A page that is sent alone: flags and offset, then its contents. */
const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 8;
const ZERO_PAGE_BYTES = 9;
/** A packet of multifd has room for so many pages, and a head of fixed size whatever it holds. */
const MULTIFD_PACKET_PAGES = 128;
const MULTIFD_PACKET_BYTES = 320 + 8 * MULTIFD_PACKET_PAGES;
const MULTIFD_SLOT_BYTES = MULTIFD_PACKET_BYTES / MULTIFD_PACKET_PAGES;

export interface WireRules {
  readonly multifd: boolean;
  readonly zeroPages: 'none' | 'legacy' | 'multifd';
  /** Null: as QEMU has it. */
  readonly headerBytes: number | null;
}

/** Bytes of a page that is sent whole, and of one of zeros. */
export function wireCosts({ multifd, zeroPages, headerBytes }: WireRules): {
  readonly page: number;
  readonly zero: number;
} {
  const page = PAGE_BYTES + (headerBytes ?? (multifd ? MULTIFD_SLOT_BYTES : PAGE_HEADER_BYTES));
  if (zeroPages === 'none') return { page, zero: page };
  return { page, zero: multifd && zeroPages === 'multifd' ? MULTIFD_SLOT_BYTES : ZERO_PAGE_BYTES };
}

/** Hit: a header of 11 bytes and what changed; the encoding that does not fit into a page is sent as a page. */
const XBZRLE_HEADER_BYTES = 11;

export interface Xbzrle {
  readonly cachePages: number;
  /** Length of the encoding of what changed in a page. */
  readonly encodedBytes: number;
}

/**
 * What the cache of XBZRLE holds of a written set. Pages enter it when they are sent after the first pass, and are encoded
 * when they are sent again; a slot is not given up while it is young, so of a larger set the cache holds a part.
 */
export class XbzrleCache {
  readonly #rules: Xbzrle;
  readonly #setPages: number;
  readonly #inOrder: boolean;
  #sentPages = 0;

  constructor(rules: Xbzrle, setPages: number, inOrder: boolean) {
    this.#rules = rules;
    this.#setPages = setPages;
    this.#inOrder = inOrder;
  }

  sent(pages: number): void {
    this.#sentPages += pages;
  }

  /** Mean bytes of one of so many dirty pages; `page` if it is sent whole. */
  cost(dirtyPages: number, page: number): number {
    const { cachePages, encodedBytes } = this.#rules;
    const hits = this.#seenBefore(dirtyPages) * Math.min(1, cachePages / Math.max(1, this.#setPages));
    const hit = encodedBytes === 0 ? 0 : encodedBytes >= PAGE_BYTES ? page : XBZRLE_HEADER_BYTES + encodedBytes;
    return hits * hit + (1 - hits) * page;
  }

  /** What is written in order is met again after all of it has been sent once. */
  #seenBefore(dirtyPages: number): number {
    if (dirtyPages <= 0) return 0;
    if (!this.#inOrder) return Math.min(1, this.#sentPages / this.#setPages);
    return Math.min(1, Math.max(0, (this.#sentPages + dirtyPages - this.#setPages) / dirtyPages));
  }
}

/**
 * What so many connections carried over 100 Gbit/s, in MiB/s: a VM of 50 GB, Cloud Hypervisor (its pull request 7669). Not
 * monotone: 16 are slower than 8.
 */
const CHANNEL_CURVE: readonly (readonly [channels: number, mibPerSec: number])[] = [
  [1, 1617.29],
  [2, 3752.15],
  [4, 7238.08],
  [8, 11502.83],
  [16, 10683.72],
];

/** The fastest single stream in a published log (Cloud Hypervisor's pull request 7799). */
export const SINGLE_STREAM_MIB_PER_SEC = 1986.83;

/** At most so much, between the points of the curve by the line between them. */
export function channelsMibPerSec(channels: number): number {
  const above = CHANNEL_CURVE.findIndex(([n]) => n >= channels);
  if (above < 0) return CHANNEL_CURVE.at(-1)![1];
  const [n1, rate1] = CHANNEL_CURVE[above]!;
  if (above === 0) return rate1;
  const [n0, rate0] = CHANNEL_CURVE[above - 1]!;
  return rate0 + ((rate1 - rate0) * (channels - n0)) / (n1 - n0);
}
