/**
 * The accounting of a guest: sizes, free pages and free blocks of nodes and zones, pages owed between nodes, pages
 * moved.
 *
 * (a) size, present, managed and free are what the kernel counts, as in every file of the guest; target, actual and
 *     listed are the truth. The two differ only with the defects of the posted code.
 * (b) The names in the JSON are an interface that programs read. All counts are 4 KiB pages.
 */
import { type ZoneFigures, type GuestMm, NR_PAGE_ORDERS, ZONE_NAMES } from '../mm/index.ts';
import { zoneIndex, zonelistRebuildsOf } from '../mm/mm.ts';
import { isPopulated, nodeFree, nodeManaged, nodePresent, onlineNodes } from './kernel-counters.ts';
import { ERA_FIELDS } from '../mm/era-fields.ts';
import { padded } from './text.ts';

export interface Accounting {
  readonly nodes: readonly AccountingNode[];
  /** Pages in use that are on `from` and belong on `to`: those that will move when they are freed, and those never freed. */
  readonly stranded: readonly {
    readonly from: number;
    readonly to: number;
    readonly pages: number;
    readonly pinned: number;
  }[];
  /** Free pages that are on `from` and belong on `to`: defects leave them there. */
  readonly misplaced: readonly { readonly from: number; readonly to: number; readonly pages: number }[];
  readonly moved: { readonly sweep: number; readonly free: number; readonly drain: number; readonly total: number };
  readonly lookups: { readonly hit: number; readonly miss: number };
  /** Pages with the lookup mark. */
  readonly flagsSet: number;
  /** layout.<seq> in force. */
  readonly layout: number;
  readonly commits: number;
  readonly zonelistRebuilds: number;
  readonly minFreeKib: number;
}

interface AccountingNode {
  readonly nid: number;
  /** What numactl --hardware shows as size. */
  readonly sizePages: number;
  readonly presentPages: number;
  readonly managedPages: number;
  readonly freePages: number;
  /** Pages that the layout gives it, and that are on it. */
  readonly targetPages: number;
  readonly actualPages: number;
  readonly zones: readonly AccountingZone[];
}

/** Figures of the zone as its kernel counts them, and: */
interface AccountingZone extends Omit<ZoneFigures, 'allocatedPages' | 'reservedPages' | 'initialised'> {
  readonly zone: string;
  /** Pages on the free lists, counted. */
  readonly listedPages: number;
  readonly targetPages: number;
}

export function accountingJson(guest: GuestMm): Accounting {
  const { state: mm } = guest;
  const nids = Array.from({ length: mm.nrNodeIds }, (_, nid) => nid);
  const pairs = nids.flatMap((from) => nids.filter((to) => to !== from).map((to) => ({ from, to })));
  const { sweep, free, drain } = guest.moved;
  return {
    nodes: onlineNodes(mm).map((nid) => nodeOf(guest, nid)),
    stranded: pairs
      .map(({ from, to }) => ({ from, to, ...guest.stranded(from, to) }))
      .filter(({ pages, pinned }) => pages + pinned > 0),
    misplaced: pairs
      .map(({ from, to }) => ({ from, to, pages: guest.misplaced(from, to) }))
      .filter(({ pages }) => pages > 0),
    moved: { sweep, free, drain, total: sweep + free + drain },
    lookups: { hit: guest.lookups.hit, miss: guest.lookups.miss },
    flagsSet: guest.markedByNode().reduce((sum, pages) => sum + pages, 0),
    layout: guest.layout.seq,
    commits: mm.commits,
    zonelistRebuilds: zonelistRebuildsOf(mm),
    minFreeKib: mm.minFreeKib,
  };
}

function nodeOf(guest: GuestMm, nid: number): AccountingNode {
  const { state: mm } = guest;
  const zones = ZONE_NAMES.flatMap((name, zoneType) =>
    isKnown(guest, nid, zoneType) ? [zoneOf(guest, nid, zoneType, name)] : [],
  );
  const presentPages = nodePresent(mm, nid);
  const managedPages = nodeManaged(mm, nid);
  const targetPages = zones.reduce((sum, z) => sum + z.targetPages, 0);
  let owed = 0;
  for (let other = 0; other < mm.nrNodeIds; other++) {
    for (const [from, to, sign] of [
      [nid, other, 1],
      [other, nid, -1],
    ] as const) {
      const { pages, pinned } = guest.stranded(from, to);
      owed += sign * (pages + pinned + guest.misplaced(from, to));
    }
  }
  return {
    nid,
    sizePages: ERA_FIELDS[mm.config.profile.era].nodeMemTotal === 'present' ? presentPages : managedPages,
    presentPages,
    managedPages,
    freePages: nodeFree(mm, nid),
    targetPages,
    actualPages: targetPages + owed,
    zones,
  };
}

/** Whether a zone of a node has ever had a page, or is counted as having one. */
const isKnown = ({ state: mm }: GuestMm, nid: number, zoneType: number): boolean =>
  isPopulated(mm, nid, zoneType) || mm.zones.initialised[zoneIndex(nid, zoneType)] === 1;

function zoneOf(guest: GuestMm, nid: number, zoneType: number, name: string): AccountingZone {
  const { presentPages, managedPages, freePages, freeBlocks, pcpPages, ...rest } = guest.zone(nid, zoneType);
  const { spanStart, spannedPages, wmarkMin, wmarkLow, wmarkHigh, pcpBatch, pcpHigh } = rest;
  const { free, present } = guest.state.zones;
  const zone = zoneIndex(nid, zoneType);
  return {
    ...{ zone: name, presentPages, managedPages, freePages, freeBlocks, listedPages: free[zone]!, pcpPages },
    ...{ targetPages: present[zone]!, spanStart, spannedPages, wmarkMin, wmarkLow, wmarkHigh, pcpBatch, pcpHigh },
  };
}

/** The same for a person: a table of nodes and zones, then what is owed and what has moved. */
export function accountingText(guest: GuestMm): string {
  const { nodes, stranded, misplaced, moved, lookups, flagsSet, layout, minFreeKib } = accountingJson(guest);
  const orders = Array.from({ length: NR_PAGE_ORDERS }, (_, order) => padded(`o${order}`, 6)).join('');
  const lines = [`node zone      size  present  managed     free${orders}`];
  for (const node of nodes) {
    const total = [node.sizePages, node.presentPages, node.managedPages, node.freePages];
    lines.push(
      `${padded(node.nid, 4)} ${'all'.padEnd(6)}${total
        .map((n) => padded(n, 8))
        .join(' ')
        .padStart(35)}`,
    );
    for (const zone of node.zones) {
      const pages = [zone.presentPages, zone.managedPages, zone.freePages].map((n) => padded(n, 8)).join(' ');
      const blocks = zone.freeBlocks.map((n) => padded(n, 6)).join('');
      lines.push(`${' '.repeat(5)}${zone.zone.padEnd(6)}${' '.repeat(8)} ${pages}${blocks}`);
    }
  }
  lines.push(...stranded.map((s) => `stranded ${s.from} -> ${s.to}: ${s.pages}, and ${s.pinned} pinned`));
  lines.push(...misplaced.map((m) => `misplaced ${m.from} -> ${m.to}: ${m.pages}`));
  lines.push(
    `moved: ${moved.sweep} by sweeps, ${moved.free} by frees, ${moved.drain} by drains, ${moved.total} in all`,
  );
  lines.push(`lookups: ${lookups.hit} hits, ${lookups.miss} misses`);
  lines.push(`flags set: ${flagsSet}`);
  lines.push(`layout.${layout} is in force; min_free_kbytes ${minFreeKib}`);
  return lines.map((line) => `${line}\n`).join('');
}
