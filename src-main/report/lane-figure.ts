/**
 * The three maps of a guest before and after, on one address axis. Every column of pixels shows proportions in pages,
 * with the numbers of shared/view/lane. H and T are thin; A, where most changes happen, is tall; owed pages are scaled
 * to the fullest column and at least two units high, so that a single page is visible.
 */
import { guestsOf } from '../../shared/columns/index.ts';
import { guestLanes, nodeRows } from '../../shared/view/index.ts';
import type { Lanes, NodeRow } from '../../shared/view/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { NodeColours, NodeMark } from './colour.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { count, exactPages, hexPfn, size } from '../../shared/view/number-format.ts';

const COLUMNS = 420;
const UNIT = 2;
const LEFT = 112;
const RIGHT = 8;
const WIDTH = LEFT + COLUMNS * UNIT + RIGHT;
const HEIGHTS = { H: 20, T: 20, A: 60, owed: 18 } as const;
const GAP = 4;
/** A run of one node is named where its columns are at least this wide. */
const LABEL_UNITS = 18;
/** The style of a band with the hatch of pinned pages over it. */
const HATCHED = 'full';

interface Band {
  readonly mark: NodeMark;
  readonly style: string;
  readonly pages: Float64Array;
}

/** One figure; the guest must have at least one page. */
export function laneFigure(before: Snapshot, after: Snapshot, guest: number, colours: NodeColours): Element {
  const { name, nrPages } = guestsOf(after)[guest]!;
  const parts: Child[] = [];
  let y = 0;
  for (const [when, snapshot] of [
    ['before', before],
    ['after', after],
  ] as const) {
    const drawn = oneState(snapshot, guest, colours, when, y);
    parts.push(drawn.parts);
    y = drawn.bottom + 10;
  }
  parts.push(addressAxis(nrPages, y - 4));
  const height = y + 16;
  return h(
    'svg',
    {
      class: 'fig',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': `Maps H, T and A and owed pages of ${name}, before and after`,
    },
    parts,
  );
}

/** Which colours a figure of this guest uses, for its legend. */
export function laneLegend(before: Snapshot, after: Snapshot, guest: number, colours: NodeColours): Element {
  const items = new Map<string, { mark: NodeMark; hosts: Set<string>; nodes: Set<number> }>();
  const item = (mark: NodeMark): { hosts: Set<string>; nodes: Set<number> } => {
    const found = items.get(mark.fill) ?? { mark, hosts: new Set<string>(), nodes: new Set<number>() };
    items.set(mark.fill, found);
    return found;
  };
  for (const snapshot of [before, after]) {
    const lanes = lanesOf(snapshot, guest);
    const rows = byNid(snapshot, guest);
    for (const { host, nid } of lanes.hostBands)
      item(colours.ofHostNode(host, nid)).hosts.add(colours.hostNodeLabel(host, nid));
    for (const { nid } of [...lanes.targetBands, ...lanes.actualBands])
      item(colours.ofGuestNode(rows.get(nid), nid)).nodes.add(nid);
  }
  const sorted = [...items.values()].sort((a, b) => Number(a.mark.fill.slice(1)) - Number(b.mark.fill.slice(1)));
  const named = sorted.map(({ mark, hosts, nodes }) => {
    const host = hosts.size > 0 ? `host node ${[...hosts].join(', ')}` : '';
    const node = nodes.size > 0 ? `guest node ${[...nodes].sort((a, b) => a - b).join(', ')}` : '';
    return h('li', {}, swatch(mark.fill), [host, node].filter((text) => text !== '').join(' = '));
  });
  return h(
    'ul',
    { class: 'legend' },
    named,
    h('li', {}, swatch('held'), 'used'),
    h('li', {}, swatch('held tint'), 'free'),
    h('li', {}, swatch('held', true), 'pinned'),
    h('li', {}, swatch('owed'), 'A ≠ T: owed, or pinned elsewhere'),
  );
}

/** A small square in a class's colour. */
export function swatch(fill: string, hatched = false): Element {
  const box = { width: 10, height: 10 };
  return h(
    'svg',
    { class: 'key', ...box, 'aria-hidden': 'true' },
    h('rect', { ...box, class: fill }),
    hatched ? h('rect', { ...box, class: 'pin' }) : null,
  );
}

const lanesOf = (snapshot: Snapshot, guest: number): Lanes =>
  guestLanes(snapshot, guest, { columns: COLUMNS, fromPfn: 0, toPfn: guestsOf(snapshot)[guest]!.nrPages });

const byNid = (snapshot: Snapshot, guest: number): Map<number, NodeRow> =>
  new Map(nodeRows(snapshot, guest).map((row) => [row.nid, row]));

function oneState(
  snapshot: Snapshot,
  guest: number,
  colours: NodeColours,
  when: string,
  top: number,
): { parts: Child; bottom: number } {
  const lanes = lanesOf(snapshot, guest);
  const rows = byNid(snapshot, guest);
  const { lag, layoutSeq } = guestsOf(snapshot)[guest]!;
  const ofGuest = (nid: number): NodeMark => colours.ofGuestNode(rows.get(nid), nid);
  const hostBands = lanes.hostBands.map(({ host, nid, pages }): Band => ({
    mark: colours.ofHostNode(host, nid),
    style: 'calm',
    pages,
  }));
  const targetBands = lanes.targetBands.map(({ nid, pages }): Band => ({ mark: ofGuest(nid), style: 'calm', pages }));
  const actualBands = [
    ...lanes.actualBands.map(({ nid, pinnedPages }): Band => ({
      mark: ofGuest(nid),
      style: HATCHED,
      pages: pinnedPages,
    })),
    ...lanes.actualBands.map(({ nid, usedPages }): Band => ({ mark: ofGuest(nid), style: '', pages: usedPages })),
    ...lanes.actualBands.map(({ nid, freePages }): Band => ({ mark: ofGuest(nid), style: 'tint', pages: freePages })),
  ];
  const parts: Child[] = [h('text', { x: 0, y: top + 12, class: 'big' }, when)];
  let y = top + 18;
  const place = (height: number, key: string, words: string, lane: (y: number) => Child): void => {
    parts.push(
      h('text', { x: 0, y: y + Math.min(14, height - 4) }, h('tspan', { class: 'big' }, key), ` ${words}`),
      lane(y),
    );
    y += height + GAP;
  };
  place(HEIGHTS.H, 'H', 'host truth', (at) => [track(at, HEIGHTS.H), runLane(hostBands, at, HEIGHTS.H)]);
  place(HEIGHTS.T, 'T', `memlayout ${layoutSeq}`, (at) => [track(at, HEIGHTS.T), runLane(targetBands, at, HEIGHTS.T)]);
  place(HEIGHTS.A, 'A', 'allocator', (at) => [
    h('text', { x: 0, y: at + 30, class: 'soft' }, 'share of pages'),
    track(at, HEIGHTS.A),
    stackLane(actualBands, at, HEIGHTS.A),
  ]);
  const owed = lag.targetActual + lag.pinned;
  place(HEIGHTS.owed, 'A ≠ T', owed === 0 ? '0' : count(owed), (at) => [
    track(at, HEIGHTS.owed),
    owedLane(lanes.owedPages, at, HEIGHTS.owed),
  ]);
  return { parts, bottom: y };
}

const track = (y: number, height: number): Element =>
  h('rect', { x: LEFT, y, width: COLUMNS * UNIT, height, class: 'track crisp' });

/** Stacked proportions: pages of each band over the pages of the column, bottom up. */
function stackLane(bands: readonly Band[], y: number, height: number): Child[] {
  const totals = new Float64Array(COLUMNS);
  for (const band of bands) for (let x = 0; x < COLUMNS; x++) totals[x] = totals[x]! + band.pages[x]!;
  const below = new Float64Array(COLUMNS);
  return bands.map((band) => {
    const boxes = new Boxes();
    let pages = 0;
    for (let x = 0; x < COLUMNS; x++) {
      if (band.pages[x] === 0) continue;
      pages += band.pages[x]!;
      const low = (height * below[x]!) / totals[x]!;
      below[x] = below[x]! + band.pages[x]!;
      boxes.add(x, y + height - (height * below[x]!) / totals[x]!, y + height - low);
    }
    if (pages === 0) return null;
    const hatched = band.style === HATCHED;
    const title = h('title', {}, `node ${band.mark.label}: ${exactPages(pages)}`);
    const d = boxes.path();
    return [
      h('path', { class: `crisp ${band.mark.fill} ${band.style}`, d }, title),
      hatched ? h('path', { class: 'crisp pin', d }) : null,
    ];
  });
}

/** A lane of runs: calm stacked fill, a strong edge of the node that has most of each column, the node's number in long runs. */
function runLane(bands: readonly Band[], y: number, height: number): Child[] {
  const parts: Child[] = stackLane(bands, y, height);
  const winner = Array.from({ length: COLUMNS }, (_, x) => {
    let best = -1;
    bands.forEach((band, i) => {
      if (band.pages[x]! > 0 && (best < 0 || band.pages[x]! > bands[best]!.pages[x]!)) best = i;
    });
    return best;
  });
  const edges = bands.map(() => new Boxes());
  for (let from = 0; from < COLUMNS;) {
    let to = from;
    while (to < COLUMNS && winner[to] === winner[from]) to++;
    const band = winner[from]!;
    for (let x = from; x < to && band >= 0; x++) edges[band]!.add(x, y + height - 3, y + height);
    if (band >= 0 && (to - from) * UNIT >= LABEL_UNITS) {
      parts.push(
        h(
          'text',
          { x: LEFT + ((from + to) / 2) * UNIT, y: y + height / 2 + 3, class: 'mid on' },
          bands[band]!.mark.label,
        ),
      );
    }
    from = to;
  }
  edges.forEach((boxes, i) => {
    if (!boxes.isEmpty) parts.push(h('path', { class: `crisp ${bands[i]!.mark.fill}`, d: boxes.path() }));
  });
  return parts;
}

function owedLane(owed: Float64Array, y: number, height: number): Child {
  const most = owed.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return null;
  const boxes = new Boxes();
  for (let x = 0; x < COLUMNS; x++) {
    if (owed[x]! > 0) boxes.add(x, y + height - Math.max(2, (height * owed[x]!) / most), y + height);
  }
  return h('path', { class: 'owed crisp', d: boxes.path() }, h('title', {}, `at most ${exactPages(most)} in a column`));
}

function addressAxis(nrPages: number, y: number): Child[] {
  const ticks = [0, 1, 2, 3, 4].map((quarter) => Math.floor((nrPages * quarter) / 4));
  return [...new Set(ticks)].map((pfn) => {
    const x = LEFT + (COLUMNS * UNIT * pfn) / nrPages;
    const anchor = pfn === 0 ? '' : pfn === nrPages ? ' end' : ' mid';
    return [
      h('line', { x1: x, x2: x, y1: y - 8, y2: y - 4, class: 'axis crisp' }),
      h(
        'text',
        { x, y: y + 8, class: `hex${anchor}` },
        `${hexPfn(pfn, nrPages)}${pfn === nrPages ? ` pfn (${size(nrPages)})` : ''}`,
      ),
    ];
  });
}

/** Rectangles of whole columns, neighbours of equal height joined, as one path. */
class Boxes {
  readonly #parts: string[] = [];
  #from = 0;
  #to = -1;
  #top = '';
  #bottom = '';

  add(x: number, top: number, bottom: number): void {
    const [t, b] = [round(top), round(bottom)];
    if (x === this.#to && t === this.#top && b === this.#bottom) {
      this.#to = x + 1;
      return;
    }
    this.#flush();
    [this.#from, this.#to, this.#top, this.#bottom] = [x, x + 1, t, b];
  }

  get isEmpty(): boolean {
    return this.#to < 0 && this.#parts.length === 0;
  }

  path(): string {
    this.#flush();
    return this.#parts.join('');
  }

  #flush(): void {
    if (this.#to < 0) return;
    this.#parts.push(
      `M${LEFT + this.#from * UNIT} ${this.#top}H${LEFT + this.#to * UNIT}V${this.#bottom}H${LEFT + this.#from * UNIT}z`,
    );
    this.#to = -1;
  }
}

const round = (n: number): string => String(Math.round(n * 10) / 10);
