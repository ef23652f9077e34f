/**
 * A host as one glyph: a bar for each node, side by side. Numbers of pixels only; nothing is drawn here.
 *
 * (a) A node is as wide as its share of the host's memory, so that area is memory within a host; each is as high as the
 *     glyph, of which what is used stands from the foot up, and of that what is away from its vCPUs again from the foot.
 * (b) A cap says that a node is over 90 % full. The line under the host is as long as its owed share of what it uses, full at
 *     FULL_OWED.
 */
import { isCrowded } from './overview.ts';
import type { OverviewHost } from './overview.ts';

/** The share of used memory that is owed at which the line is as long as the glyph. */
const FULL_OWED = 0.25;
/** Between two nodes. */
const GAP = 1;
/** Something that is there is seen. */
const LEAST = 1;

interface GlyphNode {
  readonly index: number;
  readonly nid: number;
  readonly x: number;
  readonly width: number;
  readonly usedHeight: number;
  readonly awayHeight: number;
  readonly crowded: boolean;
}

export interface Glyph {
  readonly nodes: readonly GlyphNode[];
  readonly owedWidth: number;
}

export function hostGlyph(host: OverviewHost, width: number, height: number): Glyph {
  const gaps = GAP * Math.max(0, host.nodes.length - 1);
  const room = Math.max(0, width - gaps);
  let x = 0;
  const nodes = host.nodes.map((node): GlyphNode => {
    const share = host.totalPages === 0 ? 1 / host.nodes.length : node.totalPages / host.totalPages;
    const high = (pages: number): number => (node.totalPages === 0 ? 0 : (height * pages) / node.totalPages);
    const drawn: GlyphNode = {
      ...{ index: node.index, nid: node.nid, x, width: room * share },
      ...{ usedHeight: high(node.usedPages), awayHeight: high(node.awayPages), crowded: isCrowded(node) },
    };
    x += drawn.width + GAP;
    return drawn;
  });
  const owed = host.usedPages === 0 ? 0 : host.owedPages / host.usedPages;
  const owedWidth = Math.min(width, (width * owed) / FULL_OWED);
  return { nodes, owedWidth: host.owedPages === 0 ? 0 : Math.max(LEAST, owedWidth) };
}

/** How many hosts stand side by side: 8 where there are many, 4 of up to 16. */
export const glyphColumns = (hosts: number): number => (hosts > 16 ? 8 : 4);
/** Up to so many hosts are shown as pictures with their VMs. */
export const PICTURES_UP_TO = 4;
