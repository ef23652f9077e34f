/**
 * Exact pages of a range, as the payload of a view.tiles reply: six columns one after the other, `pages` entries each.
 *
 *   host     u32  index of the host node in the snapshot's hostNodes table (H); 2^32 - 1 for a hole
 *   target   u8   guest node by the memlayout (T)
 *   actual   u8   guest node by the allocator (A); 255 for a hole
 *   state    u8   see PageTile
 *   order    u8   order of the block the page belongs to
 *   marked   u8   1: the page has the lookup mark: when it is freed, the layout is asked for its node
 *
 * u32 little-endian.
 */
export const PageTile = { hole: 0, free: 1, used: 2, perCpu: 3, reserved: 4, kernel: 5, held: 6 } as const;

export interface Tiles {
  readonly fromPfn: number;
  readonly pages: number;
  readonly target: Uint8Array;
  readonly actual: Uint8Array;
  readonly state: Uint8Array;
  readonly order: Uint8Array;
  readonly host: Uint32Array;
  readonly marked: Uint8Array;
}

export const NO_NODE = 255;
export const NO_HOST_NODE = 0xffffffff;
const BYTES_PER_PAGE = 9;

/** Tiles for this many pages, all zero. The columns are views of one buffer, whose bytes are the payload. */
export function createTiles(fromPfn: number, pages: number): Tiles & { readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(pages * BYTES_PER_PAGE);
  return { ...tilesOf(bytes, fromPfn, pages), bytes };
}

/** @throws RangeError when the number of bytes does not match the number of pages. */
export function readTiles(bytes: Uint8Array, fromPfn: number, pages: number): Tiles {
  if (bytes.length !== pages * BYTES_PER_PAGE) {
    throw new RangeError(`tiles of ${pages} pages take ${pages * BYTES_PER_PAGE} bytes, not ${bytes.length}`);
  }
  // The column of four bytes needs such an offset, which a message's payload may not have.
  return tilesOf(bytes.slice(), fromPfn, pages);
}

function tilesOf(bytes: Uint8Array, fromPfn: number, pages: number): Tiles {
  const u8 = (i: number): Uint8Array => bytes.subarray((4 + i) * pages, (5 + i) * pages);
  const host = new Uint32Array(bytes.buffer, bytes.byteOffset, pages);
  return { fromPfn, pages, host, target: u8(0), actual: u8(1), state: u8(2), order: u8(3), marked: u8(4) };
}
