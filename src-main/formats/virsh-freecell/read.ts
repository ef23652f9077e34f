/**
 * `virsh freecell --all`: free memory of every node of a host, in KiB; without --all the sum alone. libvirt calls a node a
 * cell here. The label of the sum is in the language of the person who ran it.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { admitText } from '../input.ts';
import { eachLine } from '../linux-text.ts';
import type { HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { MAX_NODES } from '../topology.ts';

interface Total {
  readonly kib: number;
  readonly line: number;
}

const NODE = /^\s*(\d{1,9}):\s+(\d{1,15})\s+KiB$/;
const TOTAL = /^\s*\p{L}+\s*:\s+(\d{1,15})\s+KiB$/u;

/** Never throws; errors by slug are in the diagnostics. */
function readFreecell(text: string, file: string): Read<HostStateFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<HostStateFacts>(null);
  const freeKib = new Map<number, number>();
  const totals: Total[] = [];
  eachLine(admitted, (text, line) => {
    const node = NODE.exec(text);
    const sum = TOTAL.exec(text);
    if (sum !== null) totals.push({ kib: Number(sum[1]), line });
    if (node === null) return;
    const nid = Number(node[1]);
    const where = { line, path: `/node ${nid}` };
    if (freeKib.has(nid)) {
      const hint = 'Are these two outputs in one file?';
      list.error('node-duplicate', `Node ${nid} is given twice.`, where, { found: quote(text), hint });
    } else if (nid >= MAX_NODES || freeKib.size >= MAX_NODES) {
      const detail = { found: `node ${nid}`, expected: `at most ${MAX_NODES} nodes` };
      list.error('too-many-nodes', 'There are too many nodes.', where, detail);
    } else freeKib.set(nid, Number(node[2]));
  });
  const [total] = totals;
  if (freeKib.size === 0 && total === undefined)
    list.error('not-freecell', 'This is not the output of virsh freecell.', { line: 1 }, { expected: '0: N KiB' });
  if (freeKib.size > 0 && total !== undefined && !list.hasErrors) checkTotal([...freeKib.values()], total, list);
  return list.read<HostStateFacts>({
    kind: virshFreecell.id,
    ...NO_HOST_STATE,
    nodes: [...freeKib].sort(([a], [b]) => a - b).map(([id, freeKiB]) => ({ id, ...NO_NODE_STATE, freeKiB })),
    freeKiB: total?.kib ?? null,
  });
}

/** virsh adds the nodes up itself: another sum means that lines are missing. */
function checkTotal(ofNodes: readonly number[], { kib, line }: Total, list: DiagnosticList): void {
  const sum = ofNodes.reduce((all, each) => all + each, 0);
  if (sum === kib) return;
  const detail = { found: `${kib} KiB`, expected: `${sum} KiB, the sum of the nodes` };
  list.warning('freecell-total', 'The total is not the sum of the nodes.', { line, path: '/total' }, detail);
}

export const virshFreecell: Format<'host-state'> = {
  id: 'virsh-freecell',
  role: 'host-state',
  name: 'the output of virsh freecell (free memory of a host)',
  mark: '"0: N KiB"',
  ...byLine({
    mark: /^\s*(?:\d{1,9}|Total):\s+\d{1,15}\s+KiB\s*$/,
    confidence: 0.7,
    holds: /^\s*(?:(?:\d{1,9}|\p{L}+\s*):\s+\d{1,15}\s+KiB|-{3,})\s*$/u,
  }),
  read: readFreecell,
  summary: ({ nodes }) => (nodes.length === 0 ? 'free memory' : `free memory of ${plural(nodes.length, 'node')}`),
};
