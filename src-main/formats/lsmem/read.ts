/**
 * `lsmem` in its forms (columns, -r, -P, -J) → memory of nodes in whole blocks, which is more than the kernel's MemTotal. Which node a
 * range is of is there with -o+NODE alone; exact sizes with -b, else they follow from the ranges.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byJson, byLine } from '../format.ts';
import { admitText } from '../input.ts';
import type { HostStateFacts, NodeState } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, recordOf, reportNothing } from '../output-lines.ts';
import { isObject } from '../qmp.ts';

const KIND = 'lsmem';

interface MemoryRange {
  /** Hex, as printed. */
  readonly range: string;
  /** As printed: rounded without -b. */
  readonly size: string;
  readonly kib: number;
  readonly state: string | null;
  readonly removable: string | null;
  readonly block: string | null;
  readonly node: number | null;
  readonly zones: string | null;
}

interface LsmemFacts extends HostStateFacts {
  readonly ranges: readonly MemoryRange[];
  readonly onlineKiB: number;
  /** `6.5G`, as the summary prints it. */
  readonly online: string | null;
}

const RANGE = /^(0x[\da-f]{1,16})-(0x[\da-f]{1,16})$/i;
const MAX_RANGES = 65_536;

function rangeOf(cells: ReadonlyMap<string, string>): MemoryRange | null {
  const text = (name: string): string | null => cells.get(name) ?? null;
  const match = RANGE.exec(text('range') ?? '');
  if (match === null) return null;
  const bytes = BigInt(match[2]!) - BigInt(match[1]!) + 1n;
  const kib = bytes > 0n ? Number(bytes / 1024n) : 0;
  const node = text('node');
  return {
    range: match[0],
    size: text('size') ?? '',
    kib: kib <= Number.MAX_SAFE_INTEGER ? kib : 0,
    state: text('state'),
    removable: text('removable'),
    block: text('block'),
    node: node !== null && /^\d{1,5}$/.test(node) ? Number(node) : null,
    zones: text('zones'),
  };
}

function factsOf(ranges: readonly MemoryRange[], online: string | null, list: DiagnosticList): LsmemFacts {
  const isOnline = ({ state }: MemoryRange): boolean => state === null || state === 'online';
  const byNode = new Map<number, number>();
  for (const range of ranges.filter(isOnline)) {
    if (range.node === null || !(byNode.has(range.node) || admitNode(range.node, byNode.size, { line: 1 }, list)))
      continue;
    byNode.set(range.node, (byNode.get(range.node) ?? 0) + range.kib);
  }
  if (byNode.size === 0) {
    const hint = 'Run it again as: lsmem -b -o+NODE';
    list.note('nodes-not-told', 'The output does not tell which node a range is of.', { line: 1 }, { hint });
  }
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    nodes: [...byNode]
      .sort(([a], [b]) => a - b)
      .map(([id, kib]): NodeState => ({ ...NO_NODE_STATE, id, memoryByNameKiB: recordOf([['blocks', kib]]) })),
    ranges,
    onlineKiB: ranges.filter(isOnline).reduce((sum, { kib }) => sum + kib, 0),
    online,
  };
}

function tableOf(lines: readonly OutputLine[], list: DiagnosticList): LsmemFacts | null {
  let columns: readonly string[] | null = null;
  const ranges: MemoryRange[] = [];
  for (const { text } of lines) {
    if (/^RANGE\s/.test(text)) columns ??= text.toLowerCase().split(/\s+/);
    const pairs = [...text.matchAll(/\b([A-Z]{2,12})="([^"]{0,200})"/g)];
    const cells =
      pairs.length > 0
        ? new Map(pairs.map(([, name, value]) => [name!.toLowerCase(), value!] as const))
        : new Map((columns ?? []).map((name, i) => [name, text.split(/\s+/)[i] ?? ''] as const));
    const range = rangeOf(cells);
    if (range !== null && ranges.length < MAX_RANGES) ranges.push(range);
  }
  if (ranges.length === 0) return reportNothing('lsmem', 'RANGE SIZE STATE REMOVABLE BLOCK NODE', list);
  const total = lines
    .map(({ text }) => /^Total online memory:\s*(\S{1,20})$/.exec(text)?.[1])
    .find((each) => each !== undefined);
  return factsOf(ranges, total ?? null, list);
}

const holds = (value: unknown): boolean =>
  isObject(value) && Array.isArray(value['memory']) && isObject(value['memory'][0]) && 'range' in value['memory'][0];

function readLsmem(text: string, file: string): Read<LsmemFacts> {
  if (!/^\s*\{/.test(text)) return readOutput(text, file, tableOf);
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<LsmemFacts>(null);
  let rows: readonly unknown[] = [];
  try {
    const value: unknown = JSON.parse(admitted);
    if (isObject(value) && Array.isArray(value['memory'])) rows = value['memory'];
  } catch {
    list.error('json-invalid', 'The text is not JSON.', { line: 1 });
  }
  const ranges = rows
    .filter(isObject)
    .slice(0, MAX_RANGES)
    .flatMap((row) => {
      const cells = Object.entries(row).flatMap(([name, cell]) =>
        ['string', 'number', 'boolean'].includes(typeof cell) ? [[name, String(cell)] as const] : [],
      );
      return rangeOf(new Map(cells)) ?? [];
    });
  return list.read(
    ranges.length === 0 ? reportNothing('lsmem -J', '"memory": [{"range": …}]', list) : factsOf(ranges, null, list),
  );
}

const LINES = byLine({
  mark: /^\s*(?:RANGE="0x|RANGE\s+SIZE|0x[\da-f]{8,16}-0x[\da-f]{8,16}\s+[\d.]+[BKMGTP]?\s+(?:online|offline))/,
  confidence: 0.8,
  holds: /^\s*(?:Memory block size|Total (?:online|offline) memory):/,
});

export const lsmem: Format<'host-state', LsmemFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of lsmem (memory blocks of nodes)',
  mark: '"RANGE SIZE STATE REMOVABLE BLOCK"',
  ...LINES,
  ...byJson(holds),
  recognise: (sample) => byJson(holds).recognise(sample) ?? LINES.recognise(sample),
  read: readLsmem,
  summary: ({ ranges, nodes }) => `${plural(ranges.length, 'range')}, ${plural(nodes.length, 'node')}`,
};
