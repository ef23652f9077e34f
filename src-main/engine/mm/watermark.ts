/**
 * Watermarks and per-CPU list sizes from managed pages, after every commit.
 * min_free_kbytes = clamp(isqrt(lowmem_kB * 16), 128, 65536); a zone's share of it is by managed pages; low and high add
 * a quarter and a half of min. Per-CPU batch from managed / 1024, capped at half a MiB, a power of two less one.
 * Source: spec/dnuma.md section 2.5 (3.9 era: init_per_zone_wmark_min, zone_batchsize).
 */
import { NR_PAGE_ORDERS, NR_ZONES } from './limit.ts';
import type { Mm } from './mm.ts';
import { believedManaged, nrFreePages } from './rfc/rfc-state.ts';
import { PAGE_SIZE_KIB } from '../../../shared/units/index.ts';

const MIN_FREE_KIB_LOWEST = 128;
const MIN_FREE_KIB_HIGHEST = 65536;
const PCP_BATCH_CAP_PAGES = (512 * 1024) / 4096;

/** Zones below the highest keep pages back from allocations that could use a higher zone (lowmem_reserve_ratio). */
const LOWMEM_RESERVE_RATIO = [256, 256, 32] as const;

/** floor(sqrt(n)) for 0 <= n < 2^53, exact: Math.sqrt is correctly rounded, so it is off by at most one. */
function isqrt(n: number): number {
  let root = Math.floor(Math.sqrt(n));
  while (root * root > n) root--;
  while ((root + 1) * (root + 1) <= n) root++;
  return root;
}

const rounddownPow2 = (n: number): number => 1 << (31 - Math.clz32(n));

export function updateWatermarks(mm: Mm): void {
  const { wmarkMin, wmarkLow, wmarkHigh, pcpBatch, pcpHigh, lowmemReserve } = mm.cell;
  const managed = believedManaged(mm);
  let total = 0;
  for (let c = 0; c < mm.nrCells; c++) total += managed[c]!;
  const wanted = isqrt(total * PAGE_SIZE_KIB * 16);
  mm.minFreeKib = Math.min(MIN_FREE_KIB_HIGHEST, Math.max(MIN_FREE_KIB_LOWEST, wanted));
  const minFreePages = Math.floor(mm.minFreeKib / PAGE_SIZE_KIB);
  for (let c = 0; c < mm.nrCells; c++) {
    const pages = managed[c]!;
    const min = total === 0 ? 0 : Math.floor((minFreePages * pages) / total);
    wmarkMin[c] = min;
    wmarkLow[c] = min + (min >>> 2);
    wmarkHigh[c] = min + (min >>> 1);
    lowmemReserve[c] = reserveFor(managed, c);
    // The posted code stops at nr_zones: what is above keeps its sizes.
    if (mm.rfc !== null && c % NR_ZONES >= mm.rfc.nrZones[Math.floor(c / NR_ZONES)]!) continue;
    const quarter = Math.max(1, Math.min(pages >>> 10, PCP_BATCH_CAP_PAGES) >>> 2);
    const batch = rounddownPow2(quarter + (quarter >>> 1)) - 1;
    pcpBatch[c] = Math.max(1, batch);
    pcpHigh[c] = 6 * batch;
  }
}

/** What a zone keeps for allocations that cannot use a higher one: a share of the managed pages above it on its node. */
function reserveFor(managed: Uint32Array, cell: number): number {
  const zone = cell % NR_ZONES;
  let above = 0;
  for (let z = zone + 1; z < NR_ZONES; z++) above += managed[cell - zone + z]!;
  return Math.floor(above / LOWMEM_RESERVE_RATIO[zone]!);
}

/**
 * Whether a cell may give 2^order pages and stay above the mark: order-0 free pages must exceed mark + reserve, and at
 * each order below the wanted one, what is left after the smaller blocks must exceed half as much again (3.10's
 * __zone_watermark_ok).
 */
export function watermarkOk(mm: Mm, cell: number, order: number, mark: number): boolean {
  let left = nrFreePages(mm, cell) - (1 << order) + 1;
  let needed = mark;
  if (left <= needed + mm.cell.lowmemReserve[cell]!) return false;
  for (let o = 0; o < order; o++) {
    left -= mm.cell.nrFree[cell * NR_PAGE_ORDERS + o]! << o;
    needed >>>= 1;
    if (left <= needed) return false;
  }
  return true;
}
