/**
 * /proc/zoneinfo → zones with their sizes, watermarks, per-CPU lists and counters. Kernels of any age: fields may be
 * missing or new, zones without pages may be left out or cut short, counters stand before or after the watermarks. Not
 * guessed: a zone whose sizes are missing or contradict each other.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import { zonesSummary } from '../summary.ts';
import { counterOf, eachLine, numberOf, ZONE_LINE, ZoneLimits } from '../linux-text.ts';

/** A field of one CPU's lists of a zone. */
interface PagesetFacts {
  readonly cpu: number;
  readonly count: number | null;
  readonly high: number | null;
  readonly batch: number | null;
}

/** One zone of /proc/zoneinfo. Numbers are pages. */
export interface ZoneFacts {
  readonly nid: number;
  readonly zone: string;
  /** Where it begins in the file. */
  readonly line: number;
  readonly free: number;
  readonly min: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly boost: number | null;
  readonly spanned: number;
  readonly present: number;
  /** Null in kernels before 3.9. */
  readonly managed: number | null;
  readonly protection: readonly number[] | null;
  /** Null in a zone without pages, which some kernels print without it. */
  readonly startPfn: number | null;
  readonly pagesets: readonly PagesetFacts[];
  /** Of the first CPU that states one. */
  readonly statThreshold: number | null;
  /** Every other `name value` line of the zone, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface ZoneinfoFacts {
  readonly kind: string;
  /** In the order of the file. */
  readonly zones: readonly ZoneFacts[];
  /** Counters of a node ("per-node stats"), which kernels have since 4.8; null where there are none. */
  readonly nodeStats: readonly { readonly nid: number; readonly counters: Readonly<Record<string, number>> }[] | null;
}

/** Counters of one zone or node that are kept; kernels have about a hundred. */
const MAX_COUNTERS = 512;
/** Per-CPU lists of all zones. */
const MAX_PAGESETS = 1_000_000;
const MAX_PROTECTION = 16;

const SIZES = ['min', 'low', 'high', 'boost', 'spanned', 'present', 'managed'] as const;
type Size = (typeof SIZES)[number];

type Counters = Map<string, number>;

/** Which part of a zone's text a line stands in: names mean other things in other parts. */
type Part = 'nodeStats' | 'pages' | 'counters' | 'pagesets';

interface Zone {
  readonly nid: number;
  readonly zone: string;
  readonly line: number;
  part: Part;
  free: number | null;
  readonly sizes: Map<Size, number>;
  protection: readonly number[] | null;
  startPfn: number | null;
  readonly pagesets: { cpu: number; count: number | null; high: number | null; batch: number | null }[];
  statThreshold: number | null;
  readonly counters: Counters;
}

/** Never throws; errors by slug are in the diagnostics. */
export function readZoneinfo(text: string, file: string): Read<ZoneinfoFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<ZoneinfoFacts>(null);
  const reader = new ZoneinfoReader(list);
  eachLine(admitted, (line, number) => reader.line(line, number));
  return list.read(reader.facts());
}

class ZoneinfoReader {
  private readonly list: DiagnosticList;
  private readonly limits: ZoneLimits;
  private readonly zones: Zone[] = [];
  private readonly nodeStats = new Map<number, Counters>();
  private zone: Zone | null = null;
  private pagesets = 0;

  constructor(list: DiagnosticList) {
    this.list = list;
    this.limits = new ZoneLimits(list);
  }

  line(text: string, line: number): void {
    const head = ZONE_LINE.exec(text);
    if (head !== null && (head[3] ?? '').trim() === '') {
      this.begin(Number(head[1]), head[2]!, line);
      return;
    }
    if (text.trim() === '' || this.zone === null) return;
    if (!this.field(this.zone, text, line)) {
      this.list.warning(
        'line-damaged',
        'A line is not understood and ignored.',
        { line },
        { found: quote(text.trim()) },
      );
    }
  }

  private begin(nid: number, zone: string, line: number): void {
    this.zone = null;
    if (!this.limits.admit(nid, zone, line)) return;
    this.zone = {
      nid,
      zone,
      line,
      part: 'pages',
      free: null,
      sizes: new Map(),
      protection: null,
      startPfn: null,
      pagesets: [],
      statThreshold: null,
      counters: new Map(),
    };
    this.zones.push(this.zone);
  }

  /** False when the line is none of a zoneinfo. */
  private field(zone: Zone, text: string, line: number): boolean {
    const trimmed = text.trim();
    if (trimmed === 'per-node stats') {
      zone.part = 'nodeStats';
      return true;
    }
    if (trimmed === 'pagesets') {
      zone.part = 'pagesets';
      return true;
    }
    const free = /^pages free\s+(\d{1,15})$/.exec(trimmed);
    if (free !== null) {
      zone.part = 'pages';
      if (zone.free !== null) this.twice(zone, 'pages free', line);
      else zone.free = Number(free[1]);
      return true;
    }
    const protection = /^protection:\s*\(([\d,\s]{0,400})\)$/.exec(trimmed);
    if (protection !== null) {
      zone.part = 'counters';
      const values = protection[1]!.split(',').map((term) => numberOf(term.trim()));
      zone.protection = values.slice(0, MAX_PROTECTION).map((value) => value ?? 0);
      return true;
    }
    const threshold = /^vm stats threshold:\s*(\d{1,9})$/.exec(trimmed);
    if (threshold !== null) {
      zone.statThreshold ??= Number(threshold[1]);
      return true;
    }
    return this.counter(zone, trimmed, line);
  }

  private counter(zone: Zone, trimmed: string, line: number): boolean {
    const counter = counterOf(trimmed);
    if (counter === null) return false;
    const { name, value } = counter;
    if (zone.part === 'pagesets' && this.pageset(zone, name, value, line)) return true;
    if (name === 'start_pfn') {
      zone.startPfn = value;
      return true;
    }
    if (zone.part === 'pages' && (SIZES as readonly string[]).includes(name)) {
      if (zone.sizes.has(name as Size)) this.twice(zone, name, line);
      else zone.sizes.set(name as Size, value);
      return true;
    }
    // In old kernels counters follow the sizes without a mark between them.
    if (zone.part === 'pages' && name.startsWith('nr_')) zone.part = 'counters';
    const counters = zone.part === 'nodeStats' ? this.countersOf(zone.nid) : zone.counters;
    if (counters.size < MAX_COUNTERS) counters.set(name, value);
    return true;
  }

  private countersOf(nid: number): Counters {
    const counters = this.nodeStats.get(nid) ?? new Map<string, number>();
    this.nodeStats.set(nid, counters);
    return counters;
  }

  private pageset(zone: Zone, name: string, value: number, line: number): boolean {
    if (name === 'cpu') {
      if (value > MAX_ID || ++this.pagesets > MAX_PAGESETS) {
        const detail = { found: `cpu ${value}`, expected: `at most ${MAX_ID}, and ${MAX_PAGESETS} lists in all` };
        this.list.error('too-many-cpus', 'There are more per-CPU lists than are read.', { line }, detail);
        this.zone = null;
      } else zone.pagesets.push({ cpu: value, count: null, high: null, batch: null });
      return true;
    }
    const last = zone.pagesets.at(-1);
    if (last === undefined || (name !== 'count' && name !== 'high' && name !== 'batch')) return false;
    last[name] = value;
    return true;
  }

  private twice(zone: Zone, what: string, line: number): void {
    const message = `"${what}" of node ${zone.nid} zone ${zone.zone} is given twice.`;
    this.list.error('field-duplicate', message, { line });
  }

  facts(): ZoneinfoFacts {
    if (this.zones.length === 0 && !this.list.hasErrors) {
      const detail = { expected: 'Node 0, zone DMA, and its fields below' };
      this.list.error('not-zoneinfo', 'This is not the text of /proc/zoneinfo.', { line: 1 }, detail);
    }
    const zones = this.zones.map((zone) => this.zoneFacts(zone)).filter((zone) => zone !== null);
    const nodes = [...this.nodeStats].sort(([a], [b]) => a - b);
    return {
      kind: 'linux-zoneinfo',
      zones,
      nodeStats: nodes.length === 0 ? null : nodes.map(([nid, counters]) => ({ nid, counters: recordOf(counters) })),
    };
  }

  private zoneFacts(zone: Zone): ZoneFacts | null {
    const { nid, sizes, line } = zone;
    const where = { line, path: `/node ${nid}/zone ${zone.zone}` };
    const spanned = sizes.get('spanned');
    const present = sizes.get('present');
    const managed = sizes.get('managed') ?? null;
    if (zone.free === null || spanned === undefined || present === undefined) {
      const missing = [
        zone.free === null ? 'pages free' : '',
        spanned === undefined ? 'spanned' : '',
        present === undefined ? 'present' : '',
      ].filter((name) => name !== '');
      const detail = {
        found: `no ${missing.join(', no ')}`,
        expected: 'pages free, spanned and present of every zone',
      };
      this.list.error('zone-incomplete', `Zone ${zone.zone} of node ${nid} is cut short.`, where, detail);
      return null;
    }
    const most = managed ?? present;
    if (present > spanned || most > present || zone.free > most) {
      const found = `${zone.free} free, ${managed === null ? '' : `${managed} managed, `}${present} present, ${spanned} spanned`;
      const detail = { found, expected: 'free ≤ managed ≤ present ≤ spanned' };
      this.list.error(
        'zone-sizes',
        `The sizes of zone ${zone.zone} of node ${nid} contradict each other.`,
        where,
        detail,
      );
    }
    return {
      nid,
      zone: zone.zone,
      line,
      free: zone.free,
      min: sizes.get('min') ?? null,
      low: sizes.get('low') ?? null,
      high: sizes.get('high') ?? null,
      boost: sizes.get('boost') ?? null,
      spanned,
      present,
      managed,
      protection: zone.protection,
      startPfn: zone.startPfn,
      pagesets: zone.pagesets satisfies PagesetFacts[],
      statThreshold: zone.statThreshold,
      counters: recordOf(zone.counters),
    };
  }
}

/** Without a prototype, whatever a file calls its fields. */
const recordOf = (counters: Counters): Readonly<Record<string, number>> =>
  Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(counters));

export const linuxZoneinfo: Format<'guest-state', ZoneinfoFacts> = {
  id: 'linux-zoneinfo',
  role: 'guest-state',
  name: "a Linux guest's /proc/zoneinfo",
  mark: '"Node 0, zone DMA" and the fields of the zone below',
  // Every line below a zone is of it, whatever the kernel calls it.
  ...byLine({
    mark: /^[ \t>|]*Node\s+\d+, zone\s+\w+\s*$/,
    confidence: 0.6,
    holds: /^\s*(?:per-node stats$|pages free\s+\d|cpu: \d|pagesets$|vm stats threshold:|[\w()]+:?\s+[\d(])/,
  }),
  read: readZoneinfo,
  summary: ({ zones }) => zonesSummary(zones),
};
