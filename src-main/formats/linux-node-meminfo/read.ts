/** /sys/devices/system/node/nodeN/meminfo, of one node or of several one after the other → KiB by name. */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { admitText } from '../input.ts';
import { nodesSummary } from '../summary.ts';
import { eachLine } from '../linux-text.ts';
import { MAX_NODES } from '../topology.ts';

export interface NodeMeminfoFacts {
  readonly kind: string;
  /** KiB by name, or numbers for what has no unit (HugePages_*). Ascending by nid. */
  readonly nodes: readonly {
    readonly nid: number;
    readonly line: number;
    readonly totalKib: number | null;
    readonly freeKib: number | null;
    readonly fields: Readonly<Record<string, number>>;
  }[];
}

const FIELD = /^\s*Node\s+(\d{1,9})\s+([A-Za-z_][\w()]{0,63}):\s*(\d{1,15})(\s+kB)?$/;
const MAX_FIELDS = 256;

/** Never throws; errors by slug are in the diagnostics. */
export function readNodeMeminfo(text: string, file: string): Read<NodeMeminfoFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<NodeMeminfoFacts>(null);
  const nodes = new Map<number, { readonly line: number; readonly fields: Map<string, number> }>();
  eachLine(admitted, (text, line) => {
    const field = FIELD.exec(text);
    if (field === null) return;
    const nid = Number(field[1]);
    const node = nodes.get(nid) ?? { line, fields: new Map<string, number>() };
    const where = { line, path: `/node ${nid}/${field[2]}` };
    if (nid >= MAX_NODES || (!nodes.has(nid) && nodes.size >= MAX_NODES)) {
      const detail = { found: `node ${nid}`, expected: `at most ${MAX_NODES} nodes` };
      list.error('too-many-nodes', 'There are too many nodes.', where, detail);
      return;
    }
    nodes.set(nid, node);
    if (node.fields.has(field[2]!)) {
      const hint = 'Are these two files in one?';
      list.error('field-duplicate', `${field[2]} of node ${nid} is given twice.`, where, { hint });
    } else if (node.fields.size < MAX_FIELDS) node.fields.set(field[2]!, Number(field[3]));
  });
  if (nodes.size === 0) {
    const detail = { expected: 'Node 0 MemTotal: N kB' };
    list.error('not-node-meminfo', "This is not the text of a node's meminfo.", { line: 1 }, detail);
  }
  for (const [nid, { line, fields }] of nodes) {
    const [total, free] = [fields.get('MemTotal'), fields.get('MemFree')];
    const where = { line, path: `/node ${nid}` };
    if (total === undefined) {
      list.error('node-incomplete', `Node ${nid} has no MemTotal.`, where, { expected: `Node ${nid} MemTotal: N kB` });
    } else if (free !== undefined && free > total) {
      const detail = { found: `${free} kB free of ${total} kB`, expected: 'free not above total' };
      list.warning('free-above-size', `Node ${nid} has more free than it has.`, where, detail);
    }
  }
  return list.read<NodeMeminfoFacts>({
    kind: 'linux-node-meminfo',
    nodes: [...nodes]
      .sort(([a], [b]) => a - b)
      .map(([nid, { line, fields }]) => ({
        nid,
        line,
        totalKib: fields.get('MemTotal') ?? null,
        freeKib: fields.get('MemFree') ?? null,
        fields: Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(fields)),
      })),
  });
}

export const linuxNodeMeminfo: Format<'guest-state', NodeMeminfoFacts> = {
  id: 'linux-node-meminfo',
  role: 'guest-state',
  name: "a Linux guest's node meminfo",
  mark: '"Node 0 MemTotal: N kB"',
  ...byLine({
    mark: /^[ \t>|]*Node\s+\d+\s+MemTotal:/,
    confidence: 0.4,
    holds: /^\s*Node\s+\d+\s+[\w()]+:\s*\d+/,
  }),
  read: readNodeMeminfo,
  summary: ({ nodes }) => nodesSummary(nodes),
};
