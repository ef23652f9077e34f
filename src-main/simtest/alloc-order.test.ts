/** Where allocations come from: the engine beside naive-alloc.ts, page by page, in random guests. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE, type LayoutRange, type MmConfig } from '../../shared/model/config.ts';
import { Prng } from '../engine/core/index.ts';
import { GuestMm, NO_PFN } from '../engine/mm/index.ts';
import { MOVABLE, NaiveAlloc, RECLAIMABLE, UNMOVABLE } from './naive-alloc.ts';

const NR_ZONES = 3;

function drawLayout(prng: Prng, nrPages: number, nodes: number): LayoutRange[] {
  const ranges: LayoutRange[] = [];
  const even = prng.chance(1, 2);
  for (let start = 0; start < nrPages;) {
    const pages = even ? 512 * (1 + prng.below(8)) : 1 + prng.below(4000);
    const end = Math.min(nrPages, start + pages);
    ranges.push({ start, end, nid: prng.below(nodes) });
    start = end;
  }
  return ranges;
}

function drawGuest(prng: Prng): MmConfig {
  const nrPages = 1024 * (6 + prng.below(14));
  const nrNodeIds = 2 + prng.below(4);
  const bootNodes = 1 + prng.below(nrNodeIds);
  const distances = Array.from({ length: nrNodeIds }, () => Array.from({ length: nrNodeIds }, () => 10));
  for (let a = 0; a < nrNodeIds; a++) {
    for (let b = 0; b < a; b++) distances[a]![b] = distances[b]![a] = 20 + prng.below(3);
  }
  const dma32 = prng.chance(1, 3) ? 0 : 1024 * prng.below(3);
  const normal = prng.chance(1, 2) ? 1_048_576 : dma32 + 1024 * (1 + prng.below(4));
  const reserved = Array.from({ length: prng.below(4) }, (_, i) => {
    const start = i * 1500 + prng.below(700);
    return { start, end: start + 1 + prng.below(600) };
  });
  return {
    nrPages,
    holes: [],
    reserved,
    zoneStartPfn: [0, dma32, normal],
    nrNodeIds,
    cpuNode: Array.from({ length: 1 + prng.below(4) }, () => prng.below(bootNodes)),
    distances,
    profile: DEFAULT_PROFILE,
    recordedFree: null,
    bootLayout: drawLayout(prng, nrPages, bootNodes),
  };
}

/** What the worlds did, so that a test can say that they did enough. */
interface Tally {
  allocs: number;
  refused: number;
  large: number;
  fellBack: number;
  stolen: number;
  refills: number;
  commits: number;
}

class Pair {
  readonly #config: MmConfig;
  readonly #mm: GuestMm;
  readonly #naive: NaiveAlloc;
  readonly #tally: Tally;
  readonly #live: { pfn: number; order: number }[] = [];

  constructor(config: MmConfig, tally: Tally) {
    this.#config = config;
    this.#mm = GuestMm.boot(config);
    this.#naive = new NaiveAlloc(config);
    this.#tally = tally;
    this.#compareRules();
  }

  #compareRules(): void {
    const { state } = this.#mm;
    const lists = state.zonelist.map((zones) => [...zones]);
    const online = lists.flatMap((_, nid) => (state.online[nid] === 1 ? [nid] : []));
    for (const nid of online) expect(lists[nid], `zonelist of node ${nid}`).toEqual(this.#naive.zonelists[nid]);
    for (let zone = 0; zone < this.#config.nrNodeIds * NR_ZONES; zone++) {
      const { wmarkMin, wmarkLow, pcpBatch, pcpHigh, lowmemReserve, present, managed } = state.zones;
      expect(
        [present, managed, wmarkMin, wmarkLow, lowmemReserve, pcpBatch, pcpHigh].map((column) => column[zone]),
        `zone ${zone}`,
      ).toEqual(
        (['present', 'managed', 'min', 'low', 'reserve', 'batch', 'high'] as const).map(
          (f) => this.#naive.rules(zone)[f],
        ),
      );
    }
  }

  alloc(order: number, cpu: number, type: number): void {
    const naive = this.#naive;
    const zone = naive.zoneFor(order, cpu, type);
    const what = `order ${order} for CPU ${cpu}, type ${type}`;
    const listed = zone === null ? [] : [...naive.list(cpu, zone, type)];
    const pfn = this.#mm.allocPages(order, cpu, type);
    this.#tally.allocs++;
    if (zone === null || pfn === NO_PFN) {
      expect([what, pfn], `expected from zone ${zone}`).toEqual([what, zone === null ? NO_PFN : 'a page']);
      this.#tally.refused++;
      return;
    }
    expect([what, 'zone', naive.zoneOf(pfn)]).toEqual([what, 'zone', zone]);
    if (zone !== naive.zonelists[this.#config.cpuNode[cpu]!]![0]) this.#tally.fellBack++;
    if (order === 0 && listed.length > 0) {
      expect([what, pfn]).toEqual([what, listed.at(-1)]);
      naive.popped(cpu, zone, type);
    } else {
      this.#taken(zone, order, type, pfn, 'used', what);
      if (order === 0) this.#refilled(cpu, zone, type, what);
      else this.#tally.large++;
    }
    this.#live.push({ pfn, order });
  }

  #taken(zone: number, order: number, type: number, pfn: number, kind: 'used' | 'listed', what: string): void {
    expect([what, pfn, this.#naive.whyNot(zone, order, type, pfn)]).toEqual([what, pfn, null]);
    if (this.#naive.typeOf(pfn) !== type) this.#tally.stolen++;
    this.#naive.take(pfn, order, type, kind);
  }

  /** The rest of the batch: what the engine's list holds now, in the order in which it was taken. */
  #refilled(cpu: number, zone: number, type: number, what: string): void {
    const { pcp, zoneCount } = this.#mm.state;
    const rest = [...(pcp[(cpu * zoneCount + zone) * NR_ZONES + type] ?? [])].reverse();
    for (const page of rest) this.#taken(zone, 0, type, page, 'listed', `${what}, refill`);
    this.#naive.fill(cpu, zone, type, rest);
    const { batch } = this.#naive.rules(zone);
    if (rest.length !== batch - 1) expect(this.#naive.zoneFor(0, cpu, type), `${what}: a short refill`).not.toBe(zone);
    if (rest.length > 0) this.#tally.refills++;
  }

  free(nth: number, cpu: number): void {
    if (this.#live.length === 0) return;
    const [block] = this.#live.splice(nth % this.#live.length, 1);
    this.#mm.freePages(block!.pfn, block!.order, cpu);
    this.#naive.free(block!.pfn, block!.order, cpu);
  }

  commit(ranges: readonly LayoutRange[]): void {
    expect(this.#mm.commit(ranges).ok).toBe(true);
    this.#naive.commit(ranges);
    this.#tally.commits++;
    this.#compareRules();
  }

  check(): void {
    expect(this.#mm.check()).toEqual([]);
  }
}

const tally: Tally = { allocs: 0, refused: 0, large: 0, fellBack: 0, stolen: 0, refills: 0, commits: 0 };

describe('an allocation comes from the zone, the order and the place that the kernel’s rules give', () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))('seed %i', (seed) => {
    const prng = new Prng(seed, 'alloc-order');
    const config = drawGuest(prng);
    const pair = new Pair(config, tally);
    const large = prng.below(3);
    for (let round = 0; round < 40; round++) {
      if (prng.chance(1, 12)) pair.commit(drawLayout(prng, config.nrPages, config.nrNodeIds));
      const cpu = prng.below(config.cpuNode.length);
      const type = [UNMOVABLE, RECLAIMABLE, MOVABLE, MOVABLE, MOVABLE][prng.below(5)]!;
      const order = prng.below(4) < large ? prng.below(11) : 0;
      for (let n = prng.below(order > 5 ? 12 : 30); n > 0; n--) pair.alloc(order, cpu, type);
      for (let n = prng.below(20); n > 0; n--) pair.free(prng.below(2 ** 20), prng.below(config.cpuNode.length));
    }
    pair.check();
  });

  it('these guests did what there is to do', () => {
    for (const count of Object.values(tally)) expect(count).toBeGreaterThan(10);
  });
});
