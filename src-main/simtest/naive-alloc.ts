/**
 * The oracle of allocation order: where an allocation must come from, page by page. It is written from the rules of the
 * 3.10 kernel (mm/page_alloc.c) and shares nothing with the engine: zonelists, watermarks, per-CPU lists, the
 * buddy lists' order, stealing. Slow and plain: free blocks are found by looking at the pages.
 *
 * (a) Zones are tried in the order of the CPU's zonelist, all of them down to the low watermark, then all down to min.
 * (b) A single page comes from the CPU's list of the zone, last put first; an empty list is filled by a batch.
 * (c) A block is taken from the smallest order that will do of the migrate type, its lowest part; when the type has none,
 *     from the largest block of the first type in its fallback list.
 * (d) Which of two pageblocks that have such a block comes first is left open: `mayTake` says whether a block is one of
 *     those that may be taken. Inside a pageblock it is the lowest.
 */
import type { LayoutRange, MmConfig } from '../../shared/model/config.ts';

const NR_ZONES = 3;
const MAX_ORDER = 10;
const PAGEBLOCK_PAGES = 512;
const PAGEBLOCK_ORDER = 9;

export const UNMOVABLE = 0;
export const RECLAIMABLE = 1;
export const MOVABLE = 2;
const TYPES = [UNMOVABLE, RECLAIMABLE, MOVABLE];
const FALLBACK = [
  [RECLAIMABLE, MOVABLE],
  [UNMOVABLE, MOVABLE],
  [RECLAIMABLE, UNMOVABLE],
] as const;
/** lowmem_reserve_ratio. */
const RESERVE_RATIO = [256, 256, 32] as const;

type Kind = 'free' | 'used' | 'listed' | 'reserved' | 'hole';

interface ZoneRules {
  present: number;
  managed: number;
  min: number;
  low: number;
  /** What it keeps from allocations that could use a higher zone of the node. */
  reserve: number;
  batch: number;
  high: number;
}

export interface FreeBlock {
  readonly pfn: number;
  readonly order: number;
}

export class NaiveAlloc {
  readonly #config: MmConfig;
  readonly #kind: Kind[] = [];
  /** A and T of every page. */
  readonly #actual: number[] = [];
  readonly #target: number[] = [];
  /** Of each pageblock. */
  readonly #type: number[] = [];
  /** By zone, nid * NR_ZONES + type of zone. */
  #zones: ZoneRules[] = [];
  #zonelists: number[][] = [];
  readonly #online: boolean[];
  /** By CPU, zone and migrate type; the next page to hand out last. */
  readonly #lists = new Map<string, number[]>();

  constructor(config: MmConfig) {
    this.#config = config;
    const within = (ranges: readonly { start: number; end: number }[], pfn: number): boolean =>
      ranges.some(({ start, end }) => pfn >= start && pfn < end);
    this.#online = Array.from({ length: config.nrNodeIds }, (_, nid) => config.cpuNode.includes(nid));
    for (let pfn = 0; pfn < config.nrPages; pfn++) {
      const nid = config.bootLayout.find(({ start, end }) => pfn >= start && pfn < end)!.nid;
      this.#kind.push(within(config.holes, pfn) ? 'hole' : within(config.reserved, pfn) ? 'reserved' : 'free');
      this.#actual.push(nid);
      this.#target.push(nid);
      this.#online[nid] = true;
    }
    for (let block = 0; block * PAGEBLOCK_PAGES < config.nrPages; block++) this.#type.push(MOVABLE);
    this.#setRules();
    this.#zonelists = this.#buildZonelists(false);
  }

  get zonelists(): readonly (readonly number[])[] {
    return this.#zonelists;
  }

  rules(zone: number): Readonly<ZoneRules> {
    return this.#zones[zone]!;
  }

  zoneOf(pfn: number): number {
    return this.#actual[pfn]! * NR_ZONES + this.#zoneType(pfn);
  }

  #zoneType(pfn: number): number {
    const [, dma32, normal] = this.#config.zoneStartPfn;
    return pfn >= normal ? 2 : pfn >= dma32 ? 1 : 0;
  }

  /** The zone that must give 2^order pages to the CPU; null when none may. */
  zoneFor(order: number, cpu: number, type: number): number | null {
    const list = this.#zonelists[this.#config.cpuNode[cpu]!]!;
    for (const mark of ['low', 'min'] as const) {
      for (const zone of list) {
        if (!this.#isAbove(zone, order, this.#zones[zone]![mark])) continue;
        if (order === 0 && this.list(cpu, zone, type).length > 0) return zone;
        if (this.#blocks(zone).some((block) => block.order >= order)) return zone;
      }
    }
    return null;
  }

  /** __zone_watermark_ok of 3.10. */
  #isAbove(zone: number, order: number, mark: number): boolean {
    const blocks = this.#blocks(zone);
    let free = blocks.reduce((sum, block) => sum + 2 ** block.order, 0) - 2 ** order + 1;
    let wanted = mark;
    if (free <= wanted + this.#zones[zone]!.reserve) return false;
    for (let o = 0; o < order; o++) {
      free -= 2 ** o * blocks.filter((block) => block.order === o).length;
      wanted = Math.floor(wanted / 2);
      if (free <= wanted) return false;
    }
    return true;
  }

  /** Pages on a CPU's list, the next one last. */
  list(cpu: number, zone: number, type: number): number[] {
    const key = `${cpu}/${zone}/${type}`;
    const list = this.#lists.get(key) ?? [];
    this.#lists.set(key, list);
    return list;
  }

  /** Why a zone does not give [pfn, pfn + 2^order) from its buddy lists next; null when it may. */
  whyNot(zone: number, order: number, type: number, pfn: number): string | null {
    const blocks = this.#blocks(zone);
    const own = blocks.filter((block) => block.order >= order && this.typeOf(block.pfn) === type);
    if (own.length > 0) {
      const smallest = Math.min(...own.map((block) => block.order));
      return whyNotAmong(
        own.filter((block) => block.order === smallest),
        pfn,
      );
    }
    const largest = Math.max(...blocks.map((block) => block.order));
    const from = FALLBACK[type]!.find((other) =>
      blocks.some((b) => b.order === largest && this.typeOf(b.pfn) === other),
    );
    return whyNotAmong(
      blocks.filter((b) => b.order === largest && this.typeOf(b.pfn) === from),
      pfn,
    );
  }

  /** It was taken from the buddy lists; a theft may take the pageblock. */
  take(pfn: number, order: number, type: number, kind: 'used' | 'listed'): void {
    const block = this.#blocks(this.zoneOf(pfn)).find((b) => b.pfn === pfn)!;
    if (this.typeOf(pfn) !== type) this.#steal(block, type);
    for (let p = pfn; p < pfn + 2 ** order; p++) this.#kind[p] = kind;
  }

  #steal({ pfn, order }: FreeBlock, type: number): void {
    const first = Math.floor(pfn / PAGEBLOCK_PAGES);
    if (order > PAGEBLOCK_ORDER) this.#type[first + 1] = type;
    let free = 0;
    for (let p = first * PAGEBLOCK_PAGES; p < (first + 1) * PAGEBLOCK_PAGES; p++) if (this.#kind[p] === 'free') free++;
    const isLarge = order >= Math.floor(PAGEBLOCK_ORDER / 2) || type === RECLAIMABLE;
    if (isLarge && free >= PAGEBLOCK_PAGES / 2) this.#type[first] = type;
  }

  /** Pages put on a CPU's list by a refill, in the order in which they were taken after the first. */
  fill(cpu: number, zone: number, type: number, pages: readonly number[]): void {
    this.list(cpu, zone, type).push(...[...pages].reverse());
  }

  popped(cpu: number, zone: number, type: number): void {
    this.#kind[this.list(cpu, zone, type).pop()!] = 'used';
  }

  /** A block is freed; a single page that need not move goes to the CPU's list, which is trimmed at its high. */
  free(pfn: number, order: number, cpu: number): void {
    const moves = Array.from({ length: 2 ** order }, (_, i) => pfn + i).some(
      (p) => this.#actual[p] !== this.#target[p],
    );
    if (order > 0 || moves) {
      for (let p = pfn; p < pfn + 2 ** order; p++) this.#toBuddy(p);
      return;
    }
    const zone = this.zoneOf(pfn);
    this.#kind[pfn] = 'listed';
    this.list(cpu, zone, this.typeOf(pfn)).push(pfn);
    const { high, batch } = this.#zones[zone]!;
    if (TYPES.reduce((sum, type) => sum + this.list(cpu, zone, type).length, 0) >= high) this.#flush(cpu, zone, batch);
  }

  /** Oldest first, the types in turn. */
  #flush(cpu: number, zone: number, count: number): void {
    const lists = TYPES.map((type) => this.list(cpu, zone, type));
    for (let turn = 0, left = count; left > 0 && lists.some((list) => list.length > 0); turn++) {
      const pfn = lists[turn % TYPES.length]!.shift();
      if (pfn === undefined) continue;
      this.#toBuddy(pfn);
      left--;
    }
  }

  #toBuddy(pfn: number): void {
    this.#kind[pfn] = 'free';
    this.#actual[pfn] = this.#target[pfn]!;
  }

  /** Free pages and those of the per-CPU lists go where the layout says; the rules follow what is managed. */
  commit(ranges: readonly LayoutRange[]): void {
    const populated = this.#zones.map((zone) => zone.present > 0).join();
    let changes = false;
    for (const { start, end, nid } of ranges) {
      this.#online[nid] = true;
      for (let pfn = start; pfn < end; pfn++) {
        changes ||= this.#target[pfn] !== nid;
        this.#target[pfn] = nid;
      }
    }
    if (!changes) return;
    this.#kind.forEach((kind, pfn) => {
      if (kind === 'listed' || kind === 'free') this.#toBuddy(pfn);
    });
    this.#lists.clear();
    this.#setRules();
    if (this.#zones.map((zone) => zone.present > 0).join() !== populated) this.#zonelists = this.#buildZonelists(true);
  }

  /** Migrate type of a page's pageblock. */
  typeOf(pfn: number): number {
    return this.#type[Math.floor(pfn / PAGEBLOCK_PAGES)]!;
  }

  /** The free blocks of a zone: at each place the largest aligned one that is free on its node. */
  #blocks(zone: number): FreeBlock[] {
    const nid = Math.floor(zone / NR_ZONES);
    const [, dma32, normal] = this.#config.zoneStartPfn;
    const starts = [0, dma32, normal, this.#config.nrPages];
    const end = Math.min(this.#config.nrPages, starts[(zone % NR_ZONES) + 1]!);
    const isFree = (pfn: number): boolean => this.#kind[pfn] === 'free' && this.#actual[pfn] === nid;
    const blocks: FreeBlock[] = [];
    for (let pfn = starts[zone % NR_ZONES]!; pfn < end;) {
      if (!isFree(pfn)) {
        pfn++;
        continue;
      }
      let order = 0;
      const fits = (o: number): boolean => {
        for (let p = pfn + 2 ** (o - 1); p < pfn + 2 ** o; p++) if (p >= end || !isFree(p)) return false;
        return true;
      };
      while (order < MAX_ORDER && pfn % 2 ** (order + 1) === 0 && fits(order + 1)) order++;
      blocks.push({ pfn, order });
      pfn += 2 ** order;
    }
    return blocks;
  }

  /** min_free_kbytes and its shares, per-CPU sizes, lowmem reserves (2.5). */
  #setRules(): void {
    const { nrNodeIds, nrPages } = this.#config;
    const zones = Array.from({ length: nrNodeIds * NR_ZONES }, () => ({ present: 0, managed: 0 }));
    for (let pfn = 0; pfn < nrPages; pfn++) {
      if (this.#kind[pfn] === 'hole') continue;
      const zone = zones[this.#target[pfn]! * NR_ZONES + this.#zoneType(pfn)]!;
      zone.present++;
      if (this.#kind[pfn] !== 'reserved') zone.managed++;
    }
    const total = zones.reduce((sum, zone) => sum + zone.managed, 0);
    const root = Math.floor(Math.sqrt(total * 4 * 16));
    const minFreePages = Math.floor(Math.min(65536, Math.max(128, root)) / 4);
    this.#zones = zones.map(({ present, managed }, zone) => {
      const min = Math.floor((minFreePages * managed) / total);
      const eighth = Math.max(1, Math.floor(Math.min(Math.floor(managed / 1024), 128) / 4));
      const batch = 2 ** Math.floor(Math.log2(eighth + Math.floor(eighth / 2))) - 1;
      let above = 0;
      for (let z = (zone % NR_ZONES) + 1; z < NR_ZONES; z++) above += zones[zone - (zone % NR_ZONES) + z]!.managed;
      const reserve = Math.floor(above / RESERVE_RATIO[zone % NR_ZONES]!);
      const low = min + Math.floor(min / 4);
      return { present, managed, min, low, reserve, batch: Math.max(1, batch), high: 6 * batch };
    });
  }

  #nodePresent(nid: number): number {
    return [0, 1, 2].reduce((sum, z) => sum + this.#zones[nid * NR_ZONES + z]!.present, 0);
  }

  /** build_zonelists of 3.10. @param knowsCpus not while the kernel boots. */
  #buildZonelists(knowsCpus: boolean): number[][] {
    const { nrNodeIds, distances, cpuNode } = this.#config;
    const load = new Array<number>(nrNodeIds).fill(0);
    const byZone = this.#ordersByZone();
    const nids = Array.from({ length: nrNodeIds }, (_, nid) => nid);
    return nids.map((local) => {
      const order = [local];
      let left = this.#online.filter((is) => is).length;
      for (;;) {
        const rest = nids.filter((nid) => !order.includes(nid) && this.#nodePresent(nid) > 0);
        if (rest.length === 0) break;
        const value = (nid: number): number =>
          (distances[local]![nid]! + (nid < local ? 1 : 0) + (knowsCpus && cpuNode.includes(nid) ? 1 : 0)) * 2 ** 20 +
          load[nid]!;
        const best = rest.reduce((a, b) => (value(b) < value(a) ? b : a));
        left--;
        if (this.#online[local]! && distances[local]![best] !== distances[local]![order.at(-1)!]) load[best] = left;
        order.push(best);
      }
      const zoneTypes = [2, 1, 0];
      const pairs = byZone
        ? zoneTypes.flatMap((z) => order.map((nid) => nid * NR_ZONES + z))
        : order.flatMap((nid) => zoneTypes.map((z) => nid * NR_ZONES + z));
      return pairs.filter((zone) => this.#zones[zone]!.present > 0);
    });
  }

  /** default_zonelist_order of 3.10, on managed pages (patch 30): whether all Normal zones come before any lower one. */
  #ordersByZone(): boolean {
    const nids = this.#online.flatMap((is, nid) => (is ? [nid] : []));
    const sizes = nids.map((nid) => {
      const [dma, dma32, normal] = [0, 1, 2].map((z) => this.#zones[nid * NR_ZONES + z]!) as [
        ZoneRules,
        ZoneRules,
        ZoneRules,
      ];
      return { low: dma.managed + dma32.managed, all: dma.managed + dma32.managed + normal.managed, normal };
    });
    if (sizes.some(({ normal }) => normal.present === 0)) return false;
    const low = sizes.reduce((sum, size) => sum + size.low, 0);
    const all = sizes.reduce((sum, size) => sum + size.all, 0);
    if (low === 0 || low > Math.floor(all / 2)) return false;
    const average = Math.floor(all / (nids.length + 1));
    return !sizes.some((size) => size.low > 0 && size.all > average && size.low > Math.floor((size.all * 70) / 100));
  }
}

/** Why a block that begins at pfn is not the lowest of these in its pageblock. */
function whyNotAmong(blocks: readonly FreeBlock[], pfn: number): string | null {
  const block = Math.floor(pfn / PAGEBLOCK_PAGES);
  const here = blocks.filter((b) => Math.floor(b.pfn / PAGEBLOCK_PAGES) === block);
  if (here.some((b) => b.pfn === pfn && b.pfn === here[0]!.pfn)) return null;
  const may = blocks.slice(0, 5).map((b) => `${b.pfn} order ${b.order}`);
  return `it may take ${may.join(', ') || 'nothing'}${blocks.length > 5 ? ', ...' : ''}`;
}
