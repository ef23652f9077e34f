/**
 * /proc/buddyinfo → free blocks of each zone by order. The number of orders differs from kernel to kernel; lines may be
 * wrapped by a terminal.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { admitText } from '../input.ts';
import { zonesSummary } from '../summary.ts';
import { eachLine, numberOf, ZONE_LINE, ZoneLimits } from '../linux-text.ts';

/** Free blocks of a zone by order. */
export interface FreeAreaFacts {
  readonly nid: number;
  readonly zone: string;
  readonly line: number;
  readonly blocks: readonly number[];
}

export interface BuddyinfoFacts {
  readonly kind: string;
  readonly zones: readonly FreeAreaFacts[];
}

/** Kernels have 11 to 14. */
const MAX_ORDERS = 32;

interface Row {
  readonly nid: number;
  readonly zone: string;
  readonly line: number;
  readonly blocks: number[];
}

/** Never throws; errors by slug are in the diagnostics. */
export function readBuddyinfo(text: string, file: string): Read<BuddyinfoFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<BuddyinfoFacts>(null);
  const limits = new ZoneLimits(list);
  const zones: Row[] = [];
  let row: Row | null = null;
  eachLine(admitted, (text, line) => {
    const head = ZONE_LINE.exec(text);
    if (head !== null) {
      row = null;
      const [nid, zone] = [Number(head[1]), head[2]!];
      if (!limits.admit(nid, zone, line)) return;
      row = { nid, zone, line, blocks: [] };
      zones.push(row);
      addCounts(list, row, head[3] ?? '', line);
    } else if (row !== null && /^[\d\s]+$/.test(text)) addCounts(list, row, text, line);
    else if (text.trim() !== '') row = null;
  });
  const orders = zones[0]?.blocks.length ?? 0;
  if (zones.length === 0 && !list.hasErrors) {
    const detail = { expected: 'Node 0, zone DMA and the number of free blocks of each order' };
    list.error('not-buddyinfo', 'This is not the text of /proc/buddyinfo.', { line: 1 }, detail);
  }
  for (const { nid, zone, line, blocks } of zones) {
    if (blocks.length === orders && orders > 0) continue;
    const detail = {
      found: `${blocks.length} numbers`,
      expected: orders === 0 ? 'one for each order' : `${orders}, as in the first line`,
    };
    list.error('orders-differ', `The line of node ${nid} zone ${zone} is cut.`, { line }, detail);
  }
  return list.read<BuddyinfoFacts>({ kind: 'linux-buddyinfo', zones });
}

function addCounts(list: DiagnosticList, row: Row, text: string, line: number): void {
  for (const term of text.trim().split(/\s+/)) {
    if (term === '') continue;
    const value = numberOf(term);
    if (value !== null && row.blocks.length < MAX_ORDERS) row.blocks.push(value);
    else {
      const detail = { found: quote(term), expected: `at most ${MAX_ORDERS} numbers of blocks` };
      list.error(
        'count-invalid',
        `A number of free blocks of node ${row.nid} zone ${row.zone} cannot be read.`,
        { line },
        detail,
      );
      return;
    }
  }
}

export const linuxBuddyinfo: Format<'guest-state', BuddyinfoFacts> = {
  id: 'linux-buddyinfo',
  role: 'guest-state',
  name: "a Linux guest's /proc/buddyinfo",
  mark: '"Node 0, zone DMA" and the numbers of free blocks beside it',
  ...byLine({
    mark: /^[ \t>|]*Node\s+\d+, zone\s+\w+(?:\s+\d+){4,}\s*$/,
    confidence: 0.5,
    holds: /^\s*(?:Node\s+\d+, zone\s+\w+\s[\d\s]*|[\d\s]+)$/,
  }),
  read: readBuddyinfo,
  summary: ({ zones }) => zonesSummary(zones),
};
