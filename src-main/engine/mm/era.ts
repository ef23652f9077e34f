/**
 * What a kernel of each era derives from the managed pages of its zones, as pure functions:
 * - 3.10, the RFC's: init_per_zone_wmark_min, zone_batchsize, setup_per_zone_lowmem_reserve, build_zonelists of that
 *   time; transparent huge pages do not raise its reserves (the RFC's figures have none);
 * - 6.1: the same functions of that kernel with watermark_scale_factor 10, watermark_boost_factor at rest,
 *   percpu_pagelist_high_fraction 0, lowmem_reserve_ratio 256 256 32 0 0 and transparent huge pages on, as
 *   distributions ship it: khugepaged raises min_free_kbytes, within 5 % of the memory that is free to be used.
 *
 * A zone's figures are numbers of pages. Zones are in the order nid * NR_ZONES + zone.
 */
import type { KernelProfile } from '../../../shared/model/config.ts';
import { PAGE_SIZE_KIB, pagesFromKib } from '../../../shared/units/index.ts';
import { PAGES_PER_PAGEBLOCK } from './limit.ts';

export type Era = KernelProfile['era'];

export interface Marks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/** What an era's rules see of all zones when they set the watermarks. */
export interface WatermarkFigures {
  readonly managed: ArrayLike<number>;
  readonly present: ArrayLike<number>;
  /** High watermarks in force, 0 before there are any. */
  readonly high: ArrayLike<number>;
}

export interface EraRules {
  /** min_free_kbytes from lowmem, before anything raises it. */
  minFreeKib(figures: WatermarkFigures): number;
  /** What min_free_kbytes is raised to, with the watermarks of minFreeKib in force. */
  raisedMinFreeKib(figures: WatermarkFigures, minFreeKib: number): number;
  /** Watermarks of a zone whose share of min_free_kbytes is `min`. */
  marks(min: number, managed: number): Marks;
  /** pcp batch as zone_batchsize has it, which may be 0: the list's is at least 1. */
  batch(managed: number): number;
  /** pcp high. @param cpus those whose lists share the zone: see cpusByNode. */
  high(batch: number, low: number, cpus: number): number;
  /**
   * What the first node of a distance group is charged with, so that other nodes' lists prefer another one.
   * @param before its load so far. @param taken nodes that stand before it in the list.
   */
  nodeLoad(before: number, onlineNodes: number, taken: number): number;
  /** Whether nodes that are only possible have lists as well, which charge others; otherwise those that are online. */
  readonly listsOfPossible: boolean;
  /** Whether a watermark asks for half as much at each order below the wanted one, or for a block that is large enough. */
  readonly halvesByOrder: boolean;
  /** Whether lists may go by zone before node (default_zonelist_order). */
  readonly zoneOrder: boolean;
  /** Zones of the kernel: entries of a "protection" vector. */
  readonly nrZones: number;
  /** Whether a zone without managed pages keeps back nothing. */
  readonly clearsEmptyReserve: boolean;
}

/** floor(sqrt(n)) for 0 <= n < 2^53, exact: Math.sqrt is correctly rounded, so it is off by at most one. */
function isqrt(n: number): number {
  let root = Math.floor(Math.sqrt(n));
  while (root * root > n) root--;
  while ((root + 1) * (root + 1) <= n) root++;
  return root;
}

const clamp = (n: number, low: number, high: number): number => Math.min(high, Math.max(low, n));
const rounddownPow2 = (n: number): number => 1 << (31 - Math.clz32(n));

/** zone_batchsize: a thousandth of the zone, capped; a quarter of it, one less than a power of two. */
function batchOf(managed: number, capPages: number): number {
  const quarter = Math.max(1, Math.min(managed >>> 10, capPages) >>> 2);
  return rounddownPow2(quarter + (quarter >>> 1)) - 1;
}

const sum = (column: ArrayLike<number>): number => {
  let total = 0;
  for (let c = 0; c < column.length; c++) total += column[c]!;
  return total;
};

/** nr_free_buffer_pages: managed pages above the high watermarks. */
function freeBufferPages({ managed, high }: WatermarkFigures): number {
  let pages = 0;
  for (let c = 0; c < managed.length; c++) pages += Math.max(0, managed[c]! - high[c]!);
  return pages;
}

const V3_10: EraRules = {
  minFreeKib: ({ managed }) => clamp(isqrt(sum(managed) * PAGE_SIZE_KIB * 16), 128, 65536),
  raisedMinFreeKib: (_, kib) => kib,
  marks: (min) => ({ min, low: min + (min >>> 2), high: min + (min >>> 1) }),
  batch: (managed) => batchOf(managed, pagesFromKib(512)),
  high: (batch) => 6 * batch,
  nodeLoad: (_, onlineNodes, taken) => onlineNodes - taken,
  listsOfPossible: false,
  halvesByOrder: true,
  zoneOrder: true,
  nrZones: 4,
  clearsEmptyReserve: false,
};

const WATERMARK_SCALE_FACTOR = 10;
/** MIGRATE_PCPTYPES. */
const PCP_TYPES = 3;

/**
 * set_recommended_min_free_kbytes: two pageblocks a populated zone, and one for each pair of migrate types that may
 * share one; at most a twentieth of what is free to be used.
 */
function recommendedMinFreeKib(figures: WatermarkFigures): number {
  let zones = 0;
  for (let c = 0; c < figures.present.length; c++) if (figures.present[c]! > 0) zones++;
  const wanted = PAGES_PER_PAGEBLOCK * zones * (2 + PCP_TYPES * PCP_TYPES);
  return Math.min(wanted, Math.floor(freeBufferPages(figures) / 20)) * PAGE_SIZE_KIB;
}

const V6_1: EraRules = {
  minFreeKib: (figures) => clamp(isqrt(freeBufferPages(figures) * PAGE_SIZE_KIB * 16), 128, 262144),
  raisedMinFreeKib: (figures, kib) => Math.max(kib, recommendedMinFreeKib(figures)),
  marks(min, managed) {
    const gap = Math.max(min >>> 2, Math.floor((managed * WATERMARK_SCALE_FACTOR) / 10000));
    return { min, low: min + gap, high: min + 2 * gap };
  },
  batch: (managed) => batchOf(managed, pagesFromKib(1024)),
  high: (batch, low, cpus) => Math.max(Math.floor(low / cpus), Math.max(1, batch) * 4),
  nodeLoad: (before) => before + 1,
  listsOfPossible: true,
  halvesByOrder: false,
  zoneOrder: false,
  nrZones: 5,
  clearsEmptyReserve: true,
};

export const ERA_RULES: Readonly<Record<Era, EraRules>> = { '3.10': V3_10, '6.1': V6_1 };

/** Every zone's watermarks, its share of min_free_kbytes by managed pages, and min_free_kbytes itself. */
export function watermarksOf(
  rules: EraRules,
  figures: WatermarkFigures,
): { readonly minFreeKib: number; readonly marks: readonly Marks[] } {
  const first = marksFor(rules, figures, rules.minFreeKib(figures));
  const high = first.marks.map((marks) => marks.high);
  const raised = rules.raisedMinFreeKib({ ...figures, high }, first.minFreeKib);
  return raised > first.minFreeKib ? marksFor(rules, figures, raised) : first;
}

function marksFor(
  rules: EraRules,
  { managed }: WatermarkFigures,
  minFreeKib: number,
): { readonly minFreeKib: number; readonly marks: readonly Marks[] } {
  const minFreePages = Math.floor(minFreeKib / PAGE_SIZE_KIB);
  const total = sum(managed);
  const marks = Array.from({ length: managed.length }, (_, c) => {
    const share = total === 0 ? 0 : Math.floor((minFreePages * managed[c]!) / total);
    return rules.marks(share, managed[c]!);
  });
  return { minFreeKib, marks };
}

/** CPUs whose per-CPU lists share a node's zones, by node id: its own, or all where it has none. */
export function cpusByNode(cpuNode: readonly number[], nrNodeIds: number): number[] {
  const cpus = new Array<number>(nrNodeIds).fill(0);
  for (const nid of cpuNode) cpus[nid]!++;
  return cpus.map((own) => (own === 0 ? cpuNode.length : own));
}

/** lowmem_reserve_ratio of DMA, DMA32, Normal. */
export const LOWMEM_RESERVE_RATIO = [256, 256, 32] as const;

/**
 * calculate_normal_threshold: how far a CPU's counter of a zone may run before it is added to the zone's, the "vm stats
 * threshold" of zoneinfo. By the logarithms of CPUs and of the zone's size in units of 128 MiB.
 */
export function statThreshold(managed: number, onlineCpus: number): number {
  const bits = (n: number): number => 32 - Math.clz32(n);
  return Math.min(125, 2 * bits(onlineCpus) * (1 + bits(managed >>> 15)));
}
