/**
 * What fills the memory of a host node, as blocks of a picture. Numbers of pixels only; nothing is drawn here.
 *
 * (a) Area is memory, always: a block is as high as its pages say, and the blocks are all of the node.
 * (b) A VM has a block of its own from NAMED_PX up. All smaller ones of the node are one block, whose notches are they.
 * (c) From the top: the VMs, the larger first and then by guest, a second copy after its own; the merged block; what the
 *     host reserves; and what is free, also where that is nothing. Nothing changes place because pages move.
 */
import type { HostMatrix, VmPart } from './host.ts';

/** A lower VM has no room for its name. */
export const NAMED_PX = 15;
/** A lower block has no room for any word. */
export const LABEL_PX = 13;
/** Of a line of words in a block. */
const LINE_PX = 16;

/** A VM in a merged block. */
interface Notch {
  readonly guest: number;
  readonly kind: 'vm' | 'copy';
  readonly pages: number;
  readonly top: number;
  readonly height: number;
}

export interface MemoryBlock {
  readonly id: string;
  /** copy: a migration's second copy. */
  readonly kind: 'vm' | 'copy' | 'merged' | 'reserved' | 'free';
  /** Of one VM; null for a merged block and for memory of no VM. */
  readonly guest: number | null;
  readonly pages: number;
  readonly top: number;
  readonly height: number;
  /** The VM lies on several nodes: this is a part of it. */
  readonly split: boolean;
  /** Of a merged block. */
  readonly notches: readonly Notch[];
}

type Piece = Pick<Notch, 'guest' | 'kind' | 'pages'>;

/** @param height of the node's whole memory in pixels */
export function memoryBlocks({ nodes, vms, held }: HostMatrix, node: number, height: number): MemoryBlock[] {
  const { totalPages, reservedPages, freePages } = nodes[node]!;
  if (totalPages === 0) return [];
  const pixels = (pages: number): number => (height * pages) / totalPages;
  const inOrder = [...held[node]!].sort(
    (a, b) => vms[b.guest]!.totalPages - vms[a.guest]!.totalPages || a.guest - b.guest,
  );
  const pieces = inOrder.flatMap(piecesOf);
  const blocks: MemoryBlock[] = [];
  let top = 0;
  const add = (id: string, kind: MemoryBlock['kind'], pages: number, more: Partial<MemoryBlock> = {}): void => {
    blocks.push({ id, kind, guest: null, pages, top, height: pixels(pages), split: false, notches: [], ...more });
    top += pixels(pages);
  };
  const small: Piece[] = [];
  for (const piece of pieces) {
    const { guest, kind, pages } = piece;
    if (pixels(pages) < NAMED_PX) small.push(piece);
    else add(`${kind}${guest}`, kind, pages, { guest, split: kind === 'vm' && isSplit(vms[guest]!.parts) });
  }
  if (small.length > 0) {
    const notches: Notch[] = [];
    let pages = 0;
    for (const piece of small) {
      notches.push({ ...piece, top: pixels(pages), height: pixels(piece.pages) });
      pages += piece.pages;
    }
    add('merged', 'merged', pages, { notches });
  }
  if (reservedPages > 0) add('reserved', 'reserved', reservedPages);
  add('free', 'free', freePages);
  return blocks;
}

function piecesOf({ guest, pages, copyPages }: VmPart): Piece[] {
  const pieces: Piece[] = [];
  if (pages > 0) pieces.push({ guest, kind: 'vm', pages });
  if (copyPages > 0) pieces.push({ guest, kind: 'copy', pages: copyPages });
  return pieces;
}

const isSplit = (parts: readonly VmPart[]): boolean => parts.filter(({ pages }) => pages > 0).length > 1;

/** The VMs of a merged block, each once, in its order. */
export const mergedGuests = ({ notches }: Pick<MemoryBlock, 'notches'>): readonly number[] => [
  ...new Set(notches.map(({ guest }) => guest)),
];

/** Where the words of the merged and of the free block stand: in it, in the free block, or below the memory. */
export interface LabelPlaces {
  readonly merged: 'inside' | 'free' | 'below' | null;
  readonly free: 'inside' | 'below';
}

export function labelPlaces(blocks: readonly MemoryBlock[]): LabelPlaces {
  const merged = blocks.find(({ kind }) => kind === 'merged');
  const free = blocks.find(({ kind }) => kind === 'free')?.height ?? 0;
  return {
    merged:
      merged === undefined
        ? null
        : merged.height >= LABEL_PX
          ? 'inside'
          : free >= LABEL_PX + LINE_PX
            ? 'free'
            : 'below',
    free: free >= LABEL_PX ? 'inside' : 'below',
  };
}
