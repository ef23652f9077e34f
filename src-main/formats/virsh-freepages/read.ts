/**
 * `virsh freepages --all` → free pages of each node by size: base pages are the node's free memory, larger ones the free
 * pages of its pools. `virsh freepages --cellno N --pagesize S` names no node; then the pools are the host's.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts, PoolState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing, wholeOf } from '../output-lines.ts';
import { nodesSummary } from '../summary.ts';

const KIND = 'virsh-freepages';
const NODE = /^(?:Node|Knoten|N\u0153ud|Nodo|N\u00f3|W\u0119ze\u0142|\u30ce\u30fc\u30c9|\u8282\u70b9)\s+(\d{1,9}):$/i;
const PAGES = /^(\d{1,10})KiB:\s*(\d{1,16})$/;
/** The largest base page of any architecture. */
const MAX_BASE_KIB = 64;
/** The largest page of any: 16 GiB of POWER. */
const MAX_PAGE_KIB = 16 * 1024 * 1024;
const MAX_PAGES = 2 ** 40;

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): HostStateFacts | null {
  const nodes = new Map<number | null, Map<number, number>>();
  let node: number | null = null;
  for (const { text, line } of lines) {
    const head = NODE.exec(text);
    const pages = PAGES.exec(text);
    if (head !== null) {
      node = Number(head[1]);
      if (nodes.has(node)) {
        const hint = 'Are these two outputs in one file?';
        list.error('node-duplicate', `Node ${node} is given twice.`, { line, path: `/node ${node}` }, { hint });
      } else if (admitNode(node, nodes.size, { line }, list)) nodes.set(node, new Map());
    } else if (pages !== null) {
      const where = { line, path: `${node === null ? '' : `/node ${node}`}/${pages[1]}KiB` };
      const sizes = nodes.get(node) ?? new Map<number, number>();
      nodes.set(node, sizes);
      const size = wholeOf(pages[1]!, where, list, MAX_PAGE_KIB);
      const count = wholeOf(pages[2]!, where, list, MAX_PAGES);
      if (size === null || count === null) continue;
      if (size === 0) list.error('size-invalid', 'A page size is 0.', where, { expected: 'more than 0' });
      else if (sizes.has(size)) {
        const hint = 'Is a line "Node N:" missing, or in another language? Run it again with LC_ALL=C before it.';
        list.error('size-duplicate', `Pages of ${size} KiB are given twice.`, where, { hint });
      } else sizes.set(size, count);
    }
  }
  if (![...nodes.values()].some((sizes) => sizes.size > 0)) {
    return reportNothing('virsh freepages', 'Node 0: and below it 4KiB: 555578', list);
  }
  const bases = new Set([...nodes.values()].flatMap((sizes) => [...sizes.keys()].filter((kib) => kib <= MAX_BASE_KIB)));
  if (bases.size > 1) {
    const detail = { found: [...bases].map((kib) => `${kib} KiB`).join(', '), expected: 'one size of base pages' };
    list.warning(
      'page-sizes-odd',
      'The host lists several sizes of base pages, which no kernel has.',
      { line: 1 },
      detail,
    );
  }
  const base = bases.size === 0 ? null : Math.min(...bases);
  const poolsOf = (sizes: ReadonlyMap<number, number>): readonly PoolState[] =>
    [...sizes]
      .filter(([sizeKiB]) => sizeKiB !== base)
      .sort(([a], [b]) => a - b)
      .map(([sizeKiB, free]) => ({ sizeKiB, total: null, free, surplus: null }));
  const freeOf = (sizes: ReadonlyMap<number, number>): number | null => {
    const pages = base === null ? undefined : sizes.get(base);
    return pages === undefined || base === null ? null : pages * base;
  };
  const unnamed = nodes.get(null);
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    nodes: [...nodes]
      .flatMap(([id, sizes]) => (id === null ? [] : [{ id, sizes }]))
      .sort((a, b) => a.id - b.id)
      .map(({ id, sizes }) => ({ ...NO_NODE_STATE, id, freeKiB: freeOf(sizes), pools: poolsOf(sizes) })),
    ...(unnamed === undefined ? {} : { pools: poolsOf(unnamed), freeKiB: freeOf(unnamed) }),
  };
}

const readFreepages = (text: string, file: string): Read<HostStateFacts> => readOutput(text, file, hostOf);

export const virshFreepages: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of virsh freepages (free pages of a host)',
  mark: '"Node 0:" and "4KiB: 555578" below it',
  ...byLine({
    mark: /^\s*(?:Node \d{1,9}:|\d{1,10}KiB:\s*\d{1,16})\s*$/,
    confidence: 0.8,
    holds: /^\s*\S{1,12}\s\d{1,9}:\s*$/,
  }),
  read: readFreepages,
  summary: ({ nodes, pools }) =>
    nodes.length === 0 ? plural(pools.length, 'pool') : nodesSummary(nodes.map(({ id }) => ({ nid: id }))),
};
