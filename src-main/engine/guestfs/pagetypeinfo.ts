/** /proc/buddyinfo and /proc/pagetypeinfo (mm/era-fields.ts says how their lines are put together). */
import {
  ERA_FIELDS,
  PAGETYPE_BLOCKS_HEAD,
  PAGETYPE_BLOCKS_HEAD_CHARS,
  PAGETYPE_HEAD,
  PAGETYPE_HEAD_CHARS,
} from '../mm/era-fields.ts';
import {
  type GuestMm,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  NR_PAGE_ORDERS,
  NR_ZONES,
  PAGEBLOCK_ORDER,
  PAGES_PER_PAGEBLOCK,
  ZONE_NAMES,
} from '../mm/index.ts';
import { zoneIndex } from '../mm/mm.ts';
import { isPopulated, memoryNodes, onlineNodes } from './kernel-counters.ts';
import { padded } from './text.ts';

const ORDERS = Array.from({ length: NR_PAGE_ORDERS }, (_, order) => order);
const ZONES = Array.from({ length: NR_ZONES }, (_, zoneType) => zoneType);

/** The kernel's names of the migrate types that the guest has. Others have no pages here. */
const TYPE_OF: Readonly<Record<string, number>> = {
  Unmovable: MIGRATE_UNMOVABLE,
  Reclaimable: MIGRATE_RECLAIMABLE,
  Movable: MIGRATE_MOVABLE,
};

export function buddyinfo({ state: mm }: GuestMm): string {
  let text = '';
  for (const nid of onlineNodes(mm)) {
    for (const zoneType of ZONES) {
      if (!isPopulated(mm, nid, zoneType)) continue;
      const at = zoneIndex(nid, zoneType) * NR_PAGE_ORDERS;
      const blocks = ORDERS.map((order) => `${padded(mm.zones.nrFree[at + order]!, 6)} `).join('');
      text += `Node ${nid}, zone ${ZONE_NAMES[zoneType]!.padStart(8)} ${blocks}\n`;
    }
  }
  return text;
}

export function pagetypeinfo(guest: GuestMm): string {
  const { state: mm } = guest;
  const types = ERA_FIELDS[mm.config.profile.era].migrateTypes;
  const free = freeByType(guest);
  let text = '';
  for (const nid of memoryNodes(mm)) {
    text += `Page block order: ${PAGEBLOCK_ORDER}\nPages per block:  ${PAGES_PER_PAGEBLOCK}\n\n`;
    text += `${PAGETYPE_HEAD.padEnd(PAGETYPE_HEAD_CHARS)} ${ORDERS.map((order) => `${padded(order, 6)} `).join('')}\n`;
    const zones = ZONES.filter((zoneType) => isPopulated(mm, nid, zoneType));
    for (const zoneType of zones) {
      for (const type of types) {
        const at = indexOf(zoneIndex(nid, zoneType), TYPE_OF[type] ?? -1);
        const blocks = ORDERS.map((order) => `${padded(at < 0 ? 0 : free[at + order]!, 6)} `).join('');
        text += `Node ${padded(nid, 4)}, zone ${ZONE_NAMES[zoneType]!.padStart(8)}, type ${type.padStart(12)} ${blocks}\n`;
      }
    }
    text += `\n${PAGETYPE_BLOCKS_HEAD.padEnd(PAGETYPE_BLOCKS_HEAD_CHARS)}`;
    text += `${types.map((type) => `${type.padStart(12)} `).join('')}\n`;
    for (const zoneType of zones) {
      const blocks = blocksByType(guest, nid, zoneType);
      const counts = types.map((type) => `${padded(blocks[TYPE_OF[type] ?? -1] ?? 0, 12)} `).join('');
      text += `Node ${nid}, zone ${ZONE_NAMES[zoneType]!.padStart(8)} ${counts}\n`;
    }
  }
  return text;
}

const NR_TYPES = 3;

const indexOf = (zone: number, type: number): number => (type < 0 ? -1 : (zone * NR_TYPES + type) * NR_PAGE_ORDERS);

/** Free blocks by zone, migrate type and order. */
function freeByType(guest: GuestMm): Uint32Array {
  const { state: mm } = guest;
  const count = new Uint32Array(mm.zoneCount * NR_TYPES * NR_PAGE_ORDERS);
  guest.forEachFreeBlock((pfn, order, nid, zoneType) => {
    count[indexOf(zoneIndex(nid, zoneType), mm.blockType[pfn >>> PAGEBLOCK_ORDER]!) + order]!++;
  });
  return count;
}

/**
 * Pageblocks of a zone by migrate type: those of the zone's span whose first page in it exists; 6.1 looks whether that
 * page is the zone's, too (with pages of several nodes in one span, 3.10 counts a pageblock under each of them).
 */
function blocksByType(guest: GuestMm, nid: number, zoneType: number): number[] {
  const { state: mm } = guest;
  const zone = zoneIndex(nid, zoneType);
  const count = new Array<number>(NR_TYPES).fill(0);
  const asksZone = mm.config.profile.era === '6.1';
  const end = mm.zones.spanEnd[zone]!;
  for (let pfn = mm.zones.spanStart[zone]!; pfn < end; pfn += PAGES_PER_PAGEBLOCK) {
    if (mm.holes.has(pfn) || (asksZone && guest.actualNid(pfn) !== nid)) continue;
    count[mm.blockType[pfn >>> PAGEBLOCK_ORDER]!]!++;
  }
  return count;
}
