/**
 * Colour means host node. Each host node has one index: its hue is the index modulo eight, and from the ninth on a
 * pattern is laid over it. A guest node has the colour of the host node that it represents; a guest node that
 * represents none has an index of its own after all host nodes. Screen and report both use these colours.
 *
 * The hues were chosen so that any two stay apart for normal, protan, deutan and tritan eyes and each has a contrast of
 * at least 3 with the page in its theme; report/colour.test.ts holds both. They are never the only sign: the number is
 * printed.
 */
import type { SnapshotHeader } from '../columns/index.ts';
import type { NodeRow } from './accounting.ts';

/** Blue, orange, green, plum, deep teal or sky, red, olive or yellow, violet. */
export const HUES_LIGHT = [
  '#3e61db',
  '#d8701b',
  '#639788',
  '#8b4a84',
  '#024758',
  '#690d11',
  '#5f5925',
  '#3d1b7b',
] as const;
export const HUES_DARK = [
  '#2e8efe',
  '#f47e18',
  '#85ceb7',
  '#a87d9a',
  '#a4ecfb',
  '#c14719',
  '#dbd243',
  '#8356b5',
] as const;
export const PAGE_LIGHT = '#ffffff';
export const PAGE_DARK = '#14171c';

export const NR_HUES = HUES_LIGHT.length;

/** Lines of an 8 x 8 tile laid over the hue; the second eight nodes wear the first, and so on. After the last the first returns. */
export const PATTERNS = [
  'M-2 2L2 -2M0 8L8 0M6 10L10 6',
  'M-2 6L2 10M0 0L8 8M6 -2L10 2',
  'M0 4H8',
  'M4 0V8',
  'M0 4H8M4 0V8',
  'M0 0L8 8M0 8L8 0',
  'M0 2H8M0 6H8',
  'M2 0V8M6 0V8',
] as const;

/** The pattern of an index: -1 for the plain hue, else an index into PATTERNS. */
export const patternOf = (index: number): number =>
  index < NR_HUES ? -1 : (Math.floor(index / NR_HUES) - 1) % PATTERNS.length;

export interface NodeColour {
  /** Hue: index modulo NR_HUES. Pattern: patternOf(index). */
  readonly index: number;
  /** Short name: the node number, with a letter for the host where there are several. */
  readonly label: string;
}

export class NodeColourTable {
  readonly #index = new Map<string, number>();
  readonly #severalHosts: boolean;

  constructor(header: Pick<SnapshotHeader, 'hosts'>) {
    header.hosts.forEach((host, i) => {
      for (const nid of host.nids) this.#index.set(`${i}:${nid}`, this.#index.size);
    });
    this.#severalHosts = header.hosts.length > 1;
  }

  ofHostNode(host: number, nid: number): NodeColour {
    return { index: this.#index.get(`${host}:${nid}`) ?? this.#index.size, label: this.hostNodeLabel(host, nid) };
  }

  /** A guest node, labelled with its own number. */
  ofGuestNode(node: Pick<NodeRow, 'nid' | 'standsFor'> | undefined, nid: number): NodeColour {
    const own = this.#index.size + nid;
    const index =
      node?.standsFor == null ? own : (this.#index.get(`${node.standsFor.host}:${node.standsFor.nid}`) ?? own);
    return { index, label: String(nid) };
  }

  hostNodeLabel(host: number, nid: number): string {
    return this.#severalHosts ? `${hostLetter(host)}${nid}` : String(nid);
  }
}

/** A, B, … Z, then h26, h27, …: short enough to stand in a bar. */
export const hostLetter = (host: number): string => (host < 26 ? String.fromCharCode(65 + host) : `h${host}.`);
