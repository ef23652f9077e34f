/**
 * Colour means host node. Each host node of a report has one index: its hue is the index modulo eight, and from the ninth
 * on a pattern is laid over it. A guest node wears the colour of the host node that it stands for; one that stands for
 * none has an index of its own after all host nodes.
 *
 * The hues were chosen so that any two stay apart for normal, protan, deutan and tritan eyes and each has a contrast of
 * at least 3 with the page in its theme; colour.test.ts holds both. They are never the only sign: the number is printed.
 */
import type { NodeRow } from '../../shared/view/index.ts';
import type { SnapshotHeader } from '../../shared/snapshot/index.ts';
import { h } from './markup.ts';
import type { Element } from './markup.ts';

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

const NR_HUES = HUES_LIGHT.length;

/** Lines of an 8 x 8 tile laid over the hue; the second eight nodes wear the first, and so on. After the last the first returns. */
const PATTERNS = [
  'M-2 2L2 -2M0 8L8 0M6 10L10 6',
  'M-2 6L2 10M0 0L8 8M6 -2L10 2',
  'M0 4H8',
  'M4 0V8',
  'M0 4H8M4 0V8',
  'M0 0L8 8M0 8L8 0',
  'M0 2H8M0 6H8',
  'M2 0V8M6 0V8',
] as const;

export interface NodeMark {
  /** CSS class that fills with the node's colour. */
  readonly fill: string;
  /** CSS class that strokes with the node's hue. */
  readonly stroke: string;
  /** Short name: the node number, with a letter for the host where there are several. */
  readonly label: string;
}

export class NodeColours {
  readonly #index = new Map<string, number>();
  readonly #severalHosts: boolean;
  #used = 0;

  constructor(header: SnapshotHeader) {
    header.hosts.forEach((host, i) => {
      for (const nid of host.nids) this.#index.set(`${i}:${nid}`, this.#index.size);
    });
    this.#severalHosts = header.hosts.length > 1;
  }

  ofHostNode(host: number, nid: number): NodeMark {
    return this.#mark(this.#index.get(`${host}:${nid}`) ?? this.#index.size, this.hostNodeLabel(host, nid));
  }

  /** A guest node, labelled with its own number. */
  ofGuestNode(node: Pick<NodeRow, 'nid' | 'standsFor'> | undefined, nid: number): NodeMark {
    const own = this.#index.size + nid;
    const index =
      node?.standsFor == null ? own : (this.#index.get(`${node.standsFor.host}:${node.standsFor.nid}`) ?? own);
    return this.#mark(index, String(nid));
  }

  hostNodeLabel(host: number, nid: number): string {
    return this.#severalHosts ? `${hostLetter(host)}${nid}` : String(nid);
  }

  /** The pattern tiles that the marks given out so far refer to. */
  definitions(): Element {
    const tiles: Element[] = [];
    for (let index = NR_HUES; index < this.#used; index++) {
      const lines = PATTERNS[(Math.floor(index / NR_HUES) - 1) % PATTERNS.length]!;
      tiles.push(
        h(
          'pattern',
          { id: `tile${index}`, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
          h('rect', { width: 8, height: 8, class: `k${index % NR_HUES}` }),
          h('path', { d: lines, class: 'tile' }),
        ),
      );
    }
    const hatch = h(
      'pattern',
      { id: 'hatch', width: 4, height: 4, patternUnits: 'userSpaceOnUse' },
      h('path', { d: 'M-1 1L1 -1M0 4L4 0M3 5L5 3', class: 'hatch' }),
    );
    return h('svg', { class: 'defs', width: 0, height: 0, 'aria-hidden': 'true' }, h('defs', {}, hatch, tiles));
  }

  /** The style rules for the marks given out so far. */
  rules(): string {
    const lines: string[] = [];
    for (let index = 0; index < Math.max(NR_HUES, this.#used); index++) {
      const hue = `var(--n${index % NR_HUES})`;
      lines.push(`.k${index}{fill:${index < NR_HUES ? hue : `url(#tile${index})`}} .s${index}{stroke:${hue}}`);
    }
    return lines.join('\n');
  }

  #mark(index: number, label: string): NodeMark {
    this.#used = Math.max(this.#used, index + 1);
    return { fill: `k${index}`, stroke: `s${index}`, label };
  }
}

/** A, B, … Z, then h26, h27, …: short enough to stand in a bar. */
export const hostLetter = (host: number): string => (host < 26 ? String.fromCharCode(65 + host) : `h${host}.`);
