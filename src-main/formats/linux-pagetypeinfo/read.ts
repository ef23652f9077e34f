/**
 * /proc/pagetypeinfo → free blocks by zone, migrate type and order, and pageblocks by migrate type. A kernel that counted
 * long enough prints ">100000": such a count is not known.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { admitText } from '../input.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { nodesSummary } from '../summary.ts';
import { eachLine, numberOf, ZONE_LINE, ZoneLimits } from '../linux-text.ts';

export interface PagetypeinfoFacts {
  readonly kind: string;
  readonly pageblockOrder: number | null;
  /** By migrate type; a count that the kernel gave up at (">100000") is null. */
  readonly free: readonly {
    readonly nid: number;
    readonly zone: string;
    readonly type: string;
    readonly line: number;
    readonly blocks: readonly (number | null)[];
  }[];
  /** Pageblocks by migrate type. */
  readonly pageblocks: readonly {
    readonly nid: number;
    readonly zone: string;
    readonly counts: Readonly<Record<string, number>>;
  }[];
}

const MAX_ORDERS = 32;
const MAX_TYPES = 16;

type Free = PagetypeinfoFacts['free'][number];

/** Never throws; errors by slug are in the diagnostics. */
export function readPagetypeinfo(text: string, file: string): Read<PagetypeinfoFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<PagetypeinfoFacts>(null);
  const limits = new ZoneLimits(list);
  const free: Free[] = [];
  const pageblocks: PagetypeinfoFacts['pageblocks'][number][] = [];
  let pageblockOrder: number | null = null;
  let types: readonly string[] = [];
  eachLine(admitted, (text, line) => {
    const order = /^\s*Page block order:\s*(\d{1,2})$/.exec(text);
    if (order !== null) pageblockOrder = Number(order[1]);
    const head = /^\s*Number of blocks type\s+(.*)$/.exec(text);
    if (head !== null) types = head[1]!.trim().split(/\s+/).slice(0, MAX_TYPES);
    const zone = ZONE_LINE.exec(text);
    if (zone === null) return;
    const [nid, name, rest] = [Number(zone[1]), zone[2]!, zone[3]!.trim()];
    const type = /^type\s+(\w{1,20})\s+(.*)$/.exec(rest);
    if (!limits.admit(nid, name, line, type === null ? 'pageblocks' : type[1])) return;
    const terms = (type === null ? rest : type[2]!).split(/\s+/);
    const counts = terms.map((term) => countOf(term));
    const bad = counts.findIndex((count) => count === undefined);
    const right = type === null ? counts.length === types.length : counts.length <= MAX_ORDERS;
    if (bad !== -1 || !right) {
      const found = quote(bad === -1 ? rest : terms[bad]!);
      const message = `The counts of node ${nid} zone ${name} cannot be read.`;
      list.error('count-invalid', message, { line }, { found, expected: 'a number for each order or migrate type' });
    } else if (type === null) {
      const byType = types.map((each, i) => [each, counts[i] ?? 0] as const);
      pageblocks.push({ nid, zone: name, counts: Object.fromEntries(byType) });
    } else free.push({ nid, zone: name, type: type[1]!, line, blocks: counts.map((count) => count ?? null) });
  });
  if (free.length === 0 && !list.hasErrors) {
    const detail = { expected: 'Free pages count per migrate type at order' };
    list.error('not-pagetypeinfo', 'This is not the text of /proc/pagetypeinfo.', { line: 1 }, detail);
  }
  return list.read<PagetypeinfoFacts>({ kind: 'linux-pagetypeinfo', pageblockOrder, free, pageblocks });
}

/** Null: as many as the kernel was ready to count; undefined: no count. */
function countOf(term: string): number | null | undefined {
  if (/^>\d{1,15}$/.test(term)) return null;
  return numberOf(term) ?? undefined;
}

export const linuxPagetypeinfo: Format<'guest-state', PagetypeinfoFacts> = {
  id: 'linux-pagetypeinfo',
  role: 'guest-state',
  name: "a Linux guest's /proc/pagetypeinfo",
  mark: '"Free pages count per migrate type at order"',
  // Its last lines could be those of a buddyinfo.
  ...byLine({
    mark: /^[ \t>|]*(?:Page block order: \d|Free pages count per migrate type at order)/,
    confidence: 0.7,
    holds: /^\s*(?:Pages per block:|Number of (?:mixed )?blocks|Node\s+\d+, zone\s|[\d\s>]+$)/,
  }),
  read: readPagetypeinfo,
  summary: ({ free }) => `${plural(free.length, 'list')} of free blocks of ${nodesSummary(free)}`,
};
