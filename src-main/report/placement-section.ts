/** Before and after: each VM over the host nodes (map H), and each host node. */
import { hostMatrix } from '../../shared/view/index.ts';
import type { HostMatrix, RunRecord, VmHostRow } from '../../shared/view/index.ts';
import { bar } from './bar-figure.ts';
import type { BarPart } from './bar-figure.ts';
import type { NodeColours } from './colour.ts';
import { swatch } from './lane-figure.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { exactPages, size, UNKNOWN } from '../../shared/view/number-format.ts';
import { percentText } from '../../shared/view/share.ts';
import { barCell, change, name, number, pages, table, text } from './table.ts';

/** The matrix is printed in figures up to this many host nodes; the table “hosts” always has it. */
const MAX_MATRIX_NODES = 16;
/** More host nodes than this are folded away. */
const MAX_LISTED_NODES = 32;

export function placementSection(record: RunRecord, colours: NodeColours): Child {
  const before = hostMatrix(record.before);
  const after = hostMatrix(record.after);
  return [
    after.nodes.length > MAX_LISTED_NODES ? null : legend(after, colours),
    after.vms.length === 0 ? null : vmTable(record, before, after, colours),
    after.vms.length === 0 || after.nodes.length > MAX_MATRIX_NODES ? null : matrixTable(before, after, colours),
    after.nodes.length > MAX_LISTED_NODES
      ? h('details', {}, h('summary', {}, `The ${after.nodes.length} host nodes`), nodeTable(before, after, colours))
      : nodeTable(before, after, colours),
  ];
}

function legend({ nodes }: HostMatrix, colours: NodeColours): Element {
  const items = nodes.map((node) => {
    const mark = colours.ofHostNode(node.host, node.nid);
    return h('li', {}, swatch(mark.fill), `host node ${mark.label}`);
  });
  return h('ul', { class: 'legend' }, items, h('li', {}, swatch('held', true), 'kept by the host'));
}

function parts(matrix: HostMatrix, vm: VmHostRow, colours: NodeColours): BarPart[] {
  return matrix.nodes.map((node, i) => {
    const { fill, label } = colours.ofHostNode(node.host, node.nid);
    return { pages: vm.pages[i]!, fill: `${fill} crisp`, label, name: `node ${label}` };
  });
}

function vmTable(record: RunRecord, before: HostMatrix, after: HostMatrix, colours: NodeColours): Element {
  const rows = after.vms.map((vm, i) => {
    const was = before.vms[i]!;
    return [
      name(vm.name),
      text(record.after.header.hosts[vm.host]!.name),
      pages(vm.totalPages),
      barCell(bar(parts(before, was, colours), was.totalPages, `${vm.name} before: ${spread(before, was, colours)}`)),
      number(percentText(was.largestNodeShare)),
      barCell(bar(parts(after, vm, colours), vm.totalPages, `${vm.name} after: ${spread(after, vm, colours)}`)),
      number(percentText(vm.largestNodeShare)),
      number(
        vm.largestNodeShare === null || was.largestNodeShare === null
          ? null
          : `${signed(vm.largestNodeShare - was.largestNodeShare)} %`,
      ),
    ];
  });
  return table({
    caption:
      'Each VM’s memory over the host nodes (map H, share of its pages). The score is the largest-node share: the percentage of the VM’s memory on its fullest host node.',
    head: ['VM', 'host', { n: 'memory' }, 'before', { n: 'score' }, 'after', { n: 'score' }, { n: 'change' }],
    rows,
  });
}

const signed = (n: number): string => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : '0');

const spread = (matrix: HostMatrix, vm: VmHostRow, colours: NodeColours): string =>
  matrix.nodes
    .flatMap((node, i) =>
      vm.pages[i]! > 0 ? [`node ${colours.hostNodeLabel(node.host, node.nid)} ${size(vm.pages[i]!)}`] : [],
    )
    .join(', ') || UNKNOWN;

function matrixTable(before: HostMatrix, after: HostMatrix, colours: NodeColours): Element {
  const cells = (n: number, was: number): Element =>
    h('td', { class: 'n', title: `${exactPages(n)}, before ${exactPages(was)}` }, size(n));
  const rows = after.vms.map((vm, v) => [
    name(vm.name),
    ...vm.pages.map((n, i) => cells(n, before.vms[v]!.pages[i]!)),
    pages(vm.totalPages),
  ]);
  const total = after.columnPages.reduce((sum, n) => sum + n, 0);
  return table({
    caption: 'Memory of each VM on each host node, after (map H). The sums hold a migration’s second copies too.',
    head: [
      'VM',
      ...after.nodes.map((node) => ({ n: `node ${colours.hostNodeLabel(node.host, node.nid)}` })),
      { n: 'sum' },
    ],
    rows,
    foot: [name('sum'), ...after.columnPages.map(pages), pages(total)],
  });
}

function nodeTable(before: HostMatrix, after: HostMatrix, colours: NodeColours): Element {
  const nodeBar = (matrix: HostMatrix, i: number, when: string): Element => {
    const node = matrix.nodes[i]!;
    const { fill, label } = colours.ofHostNode(node.host, node.nid);
    const shown: BarPart[] = [
      { pages: node.reservedPages, fill: 'held crisp', label: '', name: 'kept by the host', hatched: true },
      { pages: node.usedPages, fill: `${fill} crisp`, label, name: 'used' },
      { pages: node.freePages, fill: `${fill} tint crisp`, label: '', name: 'free' },
    ];
    return bar(
      shown,
      node.totalPages,
      `node ${label} ${when}: used ${size(node.usedPages)}, free ${size(node.freePages)}`,
    );
  };
  const rows = after.nodes.map((node, i) => [
    name(`${node.hostName} node ${node.nid}`),
    pages(node.totalPages),
    barCell(nodeBar(before, i, 'before')),
    pages(before.nodes[i]!.usedPages),
    pages(before.nodes[i]!.freePages),
    barCell(nodeBar(after, i, 'after')),
    pages(node.usedPages),
    pages(node.freePages),
    change(node.usedPages - before.nodes[i]!.usedPages),
  ]);
  return table({
    caption: 'Each host node: kept by the host (hatched), used (full), free (tint), in MiB or GiB.',
    head: [
      'node',
      { n: 'memory' },
      'before',
      { n: 'used' },
      { n: 'free' },
      'after',
      { n: 'used' },
      { n: 'free' },
      { n: 'change' },
    ],
    rows,
  });
}
