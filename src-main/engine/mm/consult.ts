/**
 * Allocation during a commit that consults the target (BeyondConfig.consultTarget; the RFC does not): among the free
 * pages of a node it takes those that will stay there. Until the sweep has passed, the free lists are those of the old
 * layout, and a page taken from them without consulting the target is stranded from its first moment.
 *
 * (a) Zones are tried in the order of the zonelist, above their low watermark, as by any allocation; in each the
 *     per-CPU list first, then the buddy lists from the smallest sufficient order. Other migrate types are not stolen
 *     from.
 * (b) At most MAX_SEGMENTS pageblocks of a list are looked at: an allocation must not cost a sweep.
 * (c) NO_PFN when nothing is found; then the plain path takes any page.
 *
 * Counters changed: those of buddy.ts and pcp.ts, beyondCounters.consulted.
 */
import { firstBlock, isFull } from './bitmap.ts';
import { takeExactly } from './buddy.ts';
import { MAX_PAGE_ORDER, NO_PFN, NR_PAGE_ORDERS, NR_ZONES, PAGEBLOCK_ORDER, PAGES_PER_PAGEBLOCK } from './limit.ts';
import type { Mm } from './mm.ts';
import { countAllocation } from './numa-event.ts';
import { ALLOCATED } from './page.ts';
import { pcpTakeWhere } from './pcp.ts';
import { firstOf } from './segment.ts';
import { bitsAt, blockOf, countOf, nextOf } from './segment-table.ts';
import { differsFrom } from './transplant.ts';
import { watermarkOk } from './watermark.ts';

const MAX_SEGMENTS = 32;

export function allocConsulting(mm: Mm, order: number, cpu: number, type: number): number {
  if (order > PAGEBLOCK_ORDER) return NO_PFN;
  const list = mm.zonelist[mm.topology.cpuNode[cpu]!]!;
  for (let i = 0; i < list.length; i++) {
    const zone = list[i]!;
    // A node that has nothing in the new layout has no page that will stay.
    if (mm.zones.present[zone] === 0 || !watermarkOk(mm, zone, order, mm.zones.wmarkLow[zone]!)) continue;
    const pfn = consultZone(mm, zone, order, cpu, type);
    if (pfn === NO_PFN) continue;
    countAllocation(mm, list[0]!, zone, cpu, order);
    return pfn;
  }
  return NO_PFN;
}

function consultZone(mm: Mm, zone: number, order: number, cpu: number, type: number): number {
  const nid = Math.floor(zone / NR_ZONES);
  if (order === 0) {
    const stays = (pfn: number): boolean => !differsFrom(mm.layout, pfn, 0, nid);
    const { pfn, passedOver } = pcpTakeWhere(mm, cpu, zone, type, stays);
    if (pfn !== NO_PFN) {
      if (passedOver > 0) mm.beyondCounters.consulted++;
      return pfn;
    }
  }
  for (let o = order; o <= MAX_PAGE_ORDER; o++) {
    if (mm.zones.nrFree[zone * NR_PAGE_ORDERS + o] === 0) continue;
    const pfn = consultList(mm, zone, order, o, type, nid);
    if (pfn !== NO_PFN) return pfn;
  }
  return NO_PFN;
}

/** Looks along the list of one order, from which a block of `order` is to be taken. */
function consultList(mm: Mm, zone: number, order: number, listOrder: number, type: number, nid: number): number {
  const t = mm.segment;
  const first = firstOf(mm, zone, type, listOrder);
  let seen = 0;
  for (let seg = first; seg !== -1 && seen < MAX_SEGMENTS; seg = nextOf(t, seg, listOrder)) {
    seen++;
    if (countOf(t, seg, listOrder) === 0) continue;
    const pfn = stayingBlock(mm, seg, order, nid);
    if (pfn === NO_PFN) continue;
    const plain = listOrder > PAGEBLOCK_ORDER ? 0 : firstBlock(t.row, bitsAt(first), listOrder);
    if (differsFrom(mm.layout, (blockOf(t, first) << PAGEBLOCK_ORDER) + plain, order, nid)) {
      mm.beyondCounters.consulted++;
    }
    return takeExactly(mm, pfn, order, ALLOCATED) ? pfn : NO_PFN;
  }
  return NO_PFN;
}

/** The first block of the order in a segment whose pages will all stay on the node; NO_PFN if there is none. */
function stayingBlock(mm: Mm, seg: number, order: number, nid: number): number {
  const { row } = mm.segment;
  const start = blockOf(mm.segment, seg) << PAGEBLOCK_ORDER;
  for (let offset = 0; offset < PAGES_PER_PAGEBLOCK; offset += 1 << order) {
    if (isFull(row, bitsAt(seg), offset, order) && !differsFrom(mm.layout, start + offset, order, nid)) {
      return start + offset;
    }
  }
  return NO_PFN;
}
