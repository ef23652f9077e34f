/**
 * The one figure of the first page: where the memory of each VM lies on the host nodes, before and after, every bar to
 * one scale. Where nothing moved between host nodes, what was owed over time; where nothing was owed either, the bars.
 */
import { exactPages, size } from '../../shared/view/number-format.ts';
import { hostMatrix } from '../../shared/view/index.ts';
import type { HostMatrix, RunRecord, VmHostRow } from '../../shared/view/index.ts';
import { percentText } from '../../shared/view/share.ts';
import type { NodeColours } from './colour.ts';
import { convergenceFigure, guestsThatLagged } from './convergence-figure.ts';
import { swatch } from './lane-figure.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';

/** VMs drawn: those that changed most, the largest first among equals. */
const MAX_VMS = 8;
const WIDTH = 960;
const LEFT = 176;
const RIGHT = 96;
const BAR = 16;
const ROW = 2 * BAR + 22;
/** A part is labelled where it is at least this wide. */
const LABEL_UNITS = 20;

export function frontFigure(record: RunRecord, colours: NodeColours): Child {
  const [before, after] = [hostMatrix(record.before), hostMatrix(record.after)];
  if (after.vms.length === 0) return null;
  const moved = after.vms.some((vm, v) => movedPages(before.vms[v]!, vm) > 0);
  const lagged = guestsThatLagged(record.series);
  if (!moved && lagged.length > 0 && record.series.ticks.length > 1) {
    return h(
      'figure',
      {},
      h(
        'figcaption',
        {},
        'No memory moved between host nodes. Over time: memory that the guest has on another node than the host (lag 1, dashed), and memory in use that is booked on another node than it belongs on, by pair of nodes (lag 2); ▼ is a new map.',
      ),
      convergenceFigure(record, lagged.slice(0, 2), colours),
    );
  }
  const order = after.vms
    .map((_, v) => v)
    .sort((a, b) => {
      const [one, other] = [movedPages(before.vms[a]!, after.vms[a]!), movedPages(before.vms[b]!, after.vms[b]!)];
      return other - one || after.vms[b]!.totalPages - after.vms[a]!.totalPages || a - b;
    });
  const drawn = order.slice(0, MAX_VMS).sort((a, b) => a - b);
  const left = after.vms.length - drawn.length;
  return h(
    'figure',
    {},
    h(
      'figcaption',
      {},
      `Where the memory of each VM lies: before above, after below, to one scale. A colour is a host node; the percentage is the share on the fullest node.${left > 0 ? ` The ${drawn.length} VMs that moved most, of ${after.vms.length}.` : ''}`,
    ),
    legend(before, after, drawn, colours),
    bars(before, after, drawn, colours),
  );
}

/** Pages that are on another node than they were, net. */
const movedPages = (before: VmHostRow, after: VmHostRow): number =>
  after.pages.reduce((sum, pages, i) => sum + Math.max(0, pages - before.pages[i]!), 0);

function legend(before: HostMatrix, after: HostMatrix, drawn: readonly number[], colours: NodeColours): Element {
  const items = after.nodes.flatMap((node, i) => {
    if (!drawn.some((v) => before.vms[v]!.pages[i]! + after.vms[v]!.pages[i]! > 0)) return [];
    const mark = colours.ofHostNode(node.host, node.nid);
    return [h('li', {}, swatch(mark.fill), `${node.hostName} node ${node.nid}`)];
  });
  return h('ul', { class: 'legend' }, items);
}

function bars(before: HostMatrix, after: HostMatrix, drawn: readonly number[], colours: NodeColours): Element {
  const most = Math.max(1, ...drawn.map((v) => Math.max(before.vms[v]!.totalPages, after.vms[v]!.totalPages)));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const height = drawn.length * ROW;
  const rows = drawn.map((v, row) => {
    const vm = after.vms[v]!;
    const top = row * ROW;
    return [
      h('text', { x: 0, y: top + BAR + 6, class: 'big' }, vm.name.length > 22 ? `${vm.name.slice(0, 21)}…` : vm.name),
      h('text', { x: LEFT - 10, y: top + BAR + 6, class: 'soft end' }, size(vm.totalPages)),
      bar(before, before.vms[v]!, top, 'before', scale, colours),
      bar(after, vm, top + BAR + 3, 'after', scale, colours),
    ];
  });
  return h(
    'svg',
    {
      class: 'fig',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': `Memory of ${drawn.map((v) => after.vms[v]!.name).join(', ')} on the host nodes, before and after`,
    },
    rows,
  );
}

function bar(matrix: HostMatrix, vm: VmHostRow, y: number, when: string, scale: number, colours: NodeColours): Child {
  let x = LEFT;
  const parts = matrix.nodes.map((node, i) => {
    const width = Math.round(vm.pages[i]! * scale * 10) / 10;
    if (vm.pages[i] === 0) return null;
    const { fill, label } = colours.ofHostNode(node.host, node.nid);
    const box = { x: Math.round(x * 10) / 10, y, width, height: BAR };
    x += width;
    return h(
      'g',
      {},
      h('rect', { ...box, class: `${fill} crisp${when === 'before' ? ' calm' : ''}` }),
      width >= LABEL_UNITS ? h('text', { x: box.x + width / 2, y: y + 12, class: 'mid on' }, label) : null,
      h('title', {}, `${vm.name} ${when}, ${node.hostName} node ${node.nid}: ${exactPages(vm.pages[i]!)}`),
    );
  });
  return [
    parts,
    h(
      'text',
      { x: Math.round((x + 6) * 10) / 10, y: y + 12, class: when === 'before' ? 'soft' : 'big' },
      percentText(vm.largestNodeShare),
    ),
  ];
}
