/**
 * Watermarks, per-CPU list sizes and reserves from managed pages, at boot and after every commit, by the rules of the
 * guest's era (era.ts).
 *
 * What a kernel frees at the end of its boot (initrd, init sections) is managed from then on, but its watermarks were
 * set before and stay until they are set again: `watermarkBasis` holds the managed pages that they were computed from.
 */
import { cpusByNode, ERA_RULES, LOWMEM_RESERVE_RATIO, statThreshold, watermarksOf } from './era.ts';
import { NR_PAGE_ORDERS, NR_ZONES } from './limit.ts';
import { targetNid } from './memlayout.ts';
import { zoneIndex, type Mm, zoneTypeOf } from './mm.ts';
import { kernelManaged, kernelPresent, nrFreePages } from './rfc/rfc-state.ts';

/** Sets all of them. The boot of the guest says so, since what it frees late does not count yet. */
export function updateWatermarks(mm: Mm, when: 'boot' | 'running' = 'running'): void {
  mm.bootMarks = when === 'boot' && (mm.config.freedLate ?? []).length > 0;
  const rules = ERA_RULES[mm.config.profile.era];
  const managed = watermarkBasis(mm, kernelManaged(mm));
  const figures = { managed, present: kernelPresent(mm), high: mm.zones.wmarkHigh };
  const { minFreeKib, marks } = watermarksOf(rules, figures);
  mm.minFreeKib = minFreeKib;
  marks.forEach(({ min, low, high }, c) => {
    mm.zones.wmarkMin[c] = min;
    mm.zones.wmarkLow[c] = low;
    mm.zones.wmarkHigh[c] = high;
  });
  const { pcpBatch, pcpHigh, lowmemReserve, wmarkLow } = mm.zones;
  const cpus = cpusByNode(mm.topology.cpuNode, mm.nrNodeIds);
  for (let c = 0; c < mm.zoneCount; c++) {
    const nid = Math.floor(c / NR_ZONES);
    lowmemReserve[c] = reserveFor(mm, managed, c, NR_ZONES - 1);
    // The posted code stops at nr_zones: what is above keeps its sizes.
    if (mm.rfc !== null && c % NR_ZONES >= mm.rfc.nrZones[nid]!) continue;
    const batch = rules.batch(managed[c]!);
    pcpBatch[c] = Math.max(1, batch);
    pcpHigh[c] = rules.high(batch, wmarkLow[c]!, cpus[nid]!);
  }
}

/** Managed pages as the watermarks in force have seen them. @param managed those of now, by zone. */
export function watermarkBasis(mm: Mm, managed: Uint32Array): Uint32Array {
  if (!mm.bootMarks) return managed;
  const basis = managed.slice();
  for (const { start, end } of mm.config.freedLate ?? []) {
    for (let pfn = start; pfn < end; pfn++) basis[zoneIndex(targetNid(mm.layout, pfn), zoneTypeOf(mm, pfn))]!--;
  }
  return basis;
}

/**
 * What a zone keeps for allocations that could use the node's zones up to `upper`: a share of the managed pages above it.
 * A 6.1 kernel keeps nothing in a zone that manages nothing.
 */
function reserveFor(mm: Mm, managed: Uint32Array, zone: number, upper: number): number {
  const zoneType = zone % NR_ZONES;
  if (managed[zone] === 0 && ERA_RULES[mm.config.profile.era].clearsEmptyReserve) return 0;
  let above = 0;
  for (let z = zoneType + 1; z <= upper; z++) above += managed[zone - zoneType + z]!;
  return Math.floor(above / LOWMEM_RESERVE_RATIO[zoneType]!);
}

/**
 * The "protection" of a zone in zoneinfo: what it keeps from allocations that could use each zone of the kernel. Those
 * above Normal have no pages here.
 */
export function protection(mm: Mm, nid: number, zoneType: number): number[] {
  const managed = watermarkBasis(mm, kernelManaged(mm));
  const { nrZones } = ERA_RULES[mm.config.profile.era];
  const reserve = (_: unknown, upper: number): number =>
    reserveFor(mm, managed, zoneIndex(nid, zoneType), Math.min(upper, NR_ZONES - 1));
  return Array.from({ length: nrZones }, reserve);
}

/** The "vm stats threshold" of a zone in zoneinfo. */
export function vmStatThreshold(mm: Mm, nid: number, zoneType: number): number {
  return statThreshold(watermarkBasis(mm, kernelManaged(mm))[zoneIndex(nid, zoneType)]!, mm.nrCpus);
}

/**
 * Whether a zone may give 2^order pages and stay above the mark: order-0 free pages must exceed mark + reserve. Then, in
 * 3.10, at each order below the wanted one what is left after the smaller blocks must exceed half as much again; in 6.1
 * any free block that is large enough will do (__zone_watermark_ok of each).
 */
export function watermarkOk(mm: Mm, zone: number, order: number, mark: number): boolean {
  let left = nrFreePages(mm, zone) - (1 << order) + 1;
  let needed = mark;
  if (left <= needed + mm.zones.lowmemReserve[zone]!) return false;
  if (order === 0) return true;
  if (!ERA_RULES[mm.config.profile.era].halvesByOrder) return hasBlock(mm, zone, order);
  for (let o = 0; o < order; o++) {
    left -= mm.zones.nrFree[zone * NR_PAGE_ORDERS + o]! << o;
    needed >>>= 1;
    if (left <= needed) return false;
  }
  return true;
}

function hasBlock(mm: Mm, zone: number, order: number): boolean {
  for (let o = order; o < NR_PAGE_ORDERS; o++) if (mm.zones.nrFree[zone * NR_PAGE_ORDERS + o]! > 0) return true;
  return false;
}
