/** The colours of shared/view/node-colour.ts as classes and patterns of the report's SVG. */
import type { NodeColour, NodeRow } from '../../shared/view/index.ts';
import { NodeColourTable, NR_HUES, PATTERNS, patternOf } from '../../shared/view/index.ts';
import type { SnapshotHeader } from '../../shared/columns/index.ts';
import { h } from './markup.ts';
import type { Element } from './markup.ts';

export interface NodeMark {
  /** CSS class that fills with the node's colour. */
  readonly fill: string;
  /** CSS class that strokes with the node's hue. */
  readonly stroke: string;
  /** Short name: the node number, with a letter for the host where there are several. */
  readonly label: string;
}

export class NodeColours {
  readonly #table: NodeColourTable;
  #used = 0;

  constructor(header: SnapshotHeader) {
    this.#table = new NodeColourTable(header);
  }

  ofHostNode(host: number, nid: number): NodeMark {
    return this.#mark(this.#table.ofHostNode(host, nid));
  }

  /** A guest node, labelled with its own number. */
  ofGuestNode(node: Pick<NodeRow, 'nid' | 'standsFor'> | undefined, nid: number): NodeMark {
    return this.#mark(this.#table.ofGuestNode(node, nid));
  }

  hostNodeLabel(host: number, nid: number): string {
    return this.#table.hostNodeLabel(host, nid);
  }

  /** The pattern tiles that the marks given out so far refer to. */
  definitions(): Element {
    const tiles: Element[] = [];
    for (let index = NR_HUES; index < this.#used; index++) {
      const lines = PATTERNS[patternOf(index)]!;
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

  #mark({ index, label }: NodeColour): NodeMark {
    this.#used = Math.max(this.#used, index + 1);
    return { fill: `k${index}`, stroke: `s${index}`, label };
  }
}
