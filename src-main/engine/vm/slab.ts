/**
 * Slab caches of a guest's kernel, as far as its memory layout is concerned: objects on single unmovable pages, so that
 * one object that lives on keeps its page, and with it the page's node. A small model, not a slab allocator:
 *
 * (a) The number of objects in a cache is constant: one that dies is replaced in the same tick. Each object is equally
 *     likely to die; on average it lives meanTicks.
 * (b) A new object goes to the slab that most recently became partly used, or to a new page when no slab is partly
 *     used. A slab whose last object dies stays as an empty slab while there are fewer than MIN_PARTIAL of them;
 *     otherwise its page is freed (and goes where the layout says).
 * (c) A cache that is not notified of a commit goes on filling partly used slabs wherever they are booked: they are
 *     owed for as long as it fills them. A notified cache (`retarget`) puts no new object on an owed slab, which then
 *     empties.
 * (d) `shrink` frees the empty slabs; in a cache whose objects can be dropped (dentries, inodes, buffer heads) it drops
 *     those on owed slabs, which frees these too. They come back elsewhere in the next tick, as they are used.
 *
 * A page of a slab is an ordinary allocation of one page that the workload does not know about.
 */
import { Prng, type StateReader, type StateWriter } from '../core/index.ts';
import { type GuestMm, MIGRATE_UNMOVABLE, NO_PFN } from '../mm/index.ts';

interface CacheKind {
  readonly name: string;
  readonly objectBytes: number;
  readonly objectsPerSlab: number;
  /** SLAB_RECLAIM_ACCOUNT: its objects can be dropped. */
  readonly reclaimable: boolean;
  readonly meanTicks: number;
  /** Of 100 pages of all caches. */
  readonly share: number;
}

/** Sizes are those of 64-bit kernels. */
const KINDS: readonly CacheKind[] = [
  { name: 'buffer_head', objectBytes: 104, objectsPerSlab: 39, reclaimable: true, meanTicks: 600, share: 10 },
  { name: 'dentry', objectBytes: 192, objectsPerSlab: 21, reclaimable: true, meanTicks: 1200, share: 30 },
  { name: 'inode_cache', objectBytes: 608, objectsPerSlab: 6, reclaimable: true, meanTicks: 1200, share: 30 },
  { name: 'kmalloc-256', objectBytes: 256, objectsPerSlab: 16, reclaimable: false, meanTicks: 300, share: 15 },
  { name: 'kmalloc-64', objectBytes: 64, objectsPerSlab: 64, reclaimable: false, meanTicks: 300, share: 15 },
];

/** Empty slabs that a cache keeps. */
const MIN_PARTIAL = 5;
/** Slabs are this full when a guest boots. */
const BOOT_FILL_PERCENT = 80;

export interface SlabFigures {
  readonly name: string;
  readonly objectBytes: number;
  readonly objectsPerSlab: number;
  readonly reclaimable: boolean;
  readonly slabs: number;
  readonly objects: number;
  /** Slabs that are partly used, and objects on them. */
  readonly partial: number;
  readonly objectsPartial: number;
  /** Slabs whose page is owed to another node. */
  readonly owed: number;
}

class SlabCache {
  readonly kind: CacheKind;
  readonly #mm: GuestMm;
  readonly #prng: Prng;
  /** By slab: its page, its objects, and whether new objects are kept off it. */
  readonly #pfn: number[] = [];
  readonly #used: number[] = [];
  readonly #closed: boolean[] = [];
  /** Slabs that may take an object, the next one last; may name slabs that no longer can. */
  #open: number[] = [];
  #objects = 0;
  /** Slabs without an object. */
  #empty = 0;
  #wanted = 0;
  /** Deaths that are due, with the part of one that is not yet. */
  #due = 0;

  constructor(kind: CacheKind, mm: GuestMm, prng: Prng) {
    this.kind = kind;
    this.#mm = mm;
    this.#prng = prng;
  }

  get pages(): number {
    return this.#pfn.length;
  }

  forEachPage(visit: (pfn: number) => void): void {
    this.#pfn.forEach(visit);
  }

  want(objects: number): void {
    this.#wanted = objects;
  }

  /** Slabs of boot, each so full; until it has what it wants, or there is no memory. */
  fill(cpu: () => number): void {
    const each = Math.max(1, Math.floor((this.kind.objectsPerSlab * BOOT_FILL_PERCENT) / 100));
    while (this.#objects + each <= this.#wanted && this.#newSlab(cpu(), each));
  }

  step(cpu: () => number, cpuShare: number): void {
    this.#due += (this.#objects / this.kind.meanTicks) * cpuShare;
    for (; this.#due >= 1 && this.#objects > 0; this.#due--) this.#die();
    while (this.#objects < this.#wanted && this.#born(cpu));
  }

  /** One object, each as likely: a slab at random, taken as often as it is full. */
  #die(): void {
    for (;;) {
      const slab = this.#prng.below(this.#pfn.length);
      if (this.#prng.below(this.kind.objectsPerSlab) >= this.#used[slab]!) continue;
      const wasFull = this.#used[slab] === this.kind.objectsPerSlab;
      this.#objects--;
      this.#used[slab]!--;
      if (this.#used[slab] === 0) this.#empty++;
      if (this.#used[slab] === 0 && (this.#closed[slab]! || this.#empty > MIN_PARTIAL)) this.#freeSlab(slab);
      else if (wasFull && !this.#closed[slab]!) this.#openSlab(slab);
      return;
    }
  }

  /** Numbers that have gone stale are dropped when they are many. */
  #openSlab(slab: number): void {
    if (this.#open.length > 2 * this.#pfn.length + 16) {
      this.#open = [...new Set(this.#open)].filter((each) => this.#takes(each));
    }
    this.#open.push(slab);
  }

  #born(cpu: () => number): boolean {
    while (this.#open.length > 0) {
      const slab = this.#open.at(-1)!;
      if (this.#takes(slab)) {
        if (this.#used[slab] === 0) this.#empty--;
        this.#used[slab]!++;
        this.#objects++;
        return true;
      }
      this.#open.pop();
    }
    return this.#newSlab(cpu(), 1);
  }

  #takes(slab: number): boolean {
    return slab < this.#pfn.length && !this.#closed[slab]! && this.#used[slab]! < this.kind.objectsPerSlab;
  }

  #newSlab(cpu: number, objects: number): boolean {
    const pfn = this.#mm.allocPages(0, cpu, MIGRATE_UNMOVABLE);
    if (pfn === NO_PFN) return false;
    this.#open.push(this.#pfn.length);
    this.#pfn.push(pfn);
    this.#used.push(objects);
    this.#closed.push(false);
    this.#objects += objects;
    return true;
  }

  /** An empty one; the last slab takes its number. */
  #freeSlab(slab: number): void {
    this.#mm.freePages(this.#pfn[slab]!, 0, 0);
    this.#empty--;
    const [pfn, used, closed] = [this.#pfn.pop()!, this.#used.pop()!, this.#closed.pop()!];
    if (slab < this.#pfn.length) {
      this.#pfn[slab] = pfn;
      this.#used[slab] = used;
      this.#closed[slab] = closed;
    }
    if (this.#takes(slab)) this.#openSlab(slab);
  }

  #isOwed(slab: number): boolean {
    const pfn = this.#pfn[slab]!;
    return this.#mm.actualNid(pfn) !== this.#mm.targetNid(pfn);
  }

  retarget(): void {
    for (let slab = 0; slab < this.#pfn.length; slab++) {
      const owed = this.#isOwed(slab);
      if (this.#closed[slab]! && !owed && this.#used[slab]! < this.kind.objectsPerSlab) this.#openSlab(slab);
      this.#closed[slab] = owed;
    }
  }

  /** @returns pages given up. */
  shrink(): number {
    const before = this.#pfn.length;
    for (let slab = this.#pfn.length - 1; slab >= 0; slab--) {
      if (this.kind.reclaimable && this.#isOwed(slab)) {
        if (this.#used[slab]! > 0) this.#empty++;
        this.#objects -= this.#used[slab]!;
        this.#used[slab] = 0;
      }
      if (this.#used[slab] === 0) this.#freeSlab(slab);
    }
    return before - this.#pfn.length;
  }

  figures(): SlabFigures {
    const { name, objectBytes, objectsPerSlab, reclaimable } = this.kind;
    let [partial, objectsPartial, owed] = [0, 0, 0];
    this.#used.forEach((used, slab) => {
      if (this.#isOwed(slab)) owed++;
      if (used === 0 || used === objectsPerSlab) return;
      partial++;
      objectsPartial += used;
    });
    const { length: slabs } = this.#pfn;
    return {
      name,
      objectBytes,
      objectsPerSlab,
      reclaimable,
      slabs,
      objects: this.#objects,
      partial,
      objectsPartial,
      owed,
    };
  }

  /** Slabs, objects and partly used slabs on each node (A), index nid. */
  byNode(): { slabs: number[]; objects: number[]; partial: number[] } {
    const none = (): number[] => new Array<number>(this.#mm.state.nrNodeIds).fill(0);
    const out = { slabs: none(), objects: none(), partial: none() };
    this.#pfn.forEach((pfn, slab) => {
      const nid = this.#mm.actualNid(pfn);
      const used = this.#used[slab]!;
      out.slabs[nid]!++;
      out.objects[nid]! += used;
      if (used > 0 && used < this.kind.objectsPerSlab) out.partial[nid]!++;
    });
    return out;
  }

  save(w: StateWriter): void {
    w.json(`slab.${this.kind.name}`, { objects: this.#objects, wanted: this.#wanted, due: this.#due });
    w.column(`slab.${this.kind.name}.pfn`, Uint32Array.from(this.#pfn));
    w.column(`slab.${this.kind.name}.used`, Uint8Array.from(this.#used));
    w.column(`slab.${this.kind.name}.closed`, Uint8Array.from(this.#closed, Number));
    w.column(`slab.${this.kind.name}.open`, Uint32Array.from(this.#open));
    w.column(`slab.${this.kind.name}.prng`, this.#prng.state);
  }

  load(r: StateReader): void {
    const saved = r.json<{ objects: number; wanted: number; due: number }>(`slab.${this.kind.name}`);
    this.#objects = saved.objects;
    this.#wanted = saved.wanted;
    this.#due = saved.due;
    for (const pfn of r.shared<Uint32Array>(`slab.${this.kind.name}.pfn`)) this.#pfn.push(pfn);
    for (const used of r.shared<Uint8Array>(`slab.${this.kind.name}.used`)) this.#used.push(used);
    this.#empty = this.#used.filter((used) => used === 0).length;
    for (const closed of r.shared<Uint8Array>(`slab.${this.kind.name}.closed`)) this.#closed.push(closed === 1);
    this.#open = Array.from(r.shared<Uint32Array>(`slab.${this.kind.name}.open`));
    this.#prng.state.set(r.shared<Uint32Array>(`slab.${this.kind.name}.prng`));
  }
}

export class SlabCaches {
  readonly #mm: GuestMm;
  /** Made when they are first asked for: most guests have no slab caches. */
  #made: readonly SlabCache[] | null = null;
  readonly #seed: number;
  readonly #stream: string;
  #turn = 0;
  /** Pages given up by shrinking, since boot. */
  shrunk = 0;
  /** Caches that were once used keep their chance, also when they have given up every page. */
  #everUsed = false;

  private constructor(mm: GuestMm, seed: number, stream: string) {
    this.#mm = mm;
    this.#seed = seed;
    this.#stream = stream;
  }

  get #caches(): readonly SlabCache[] {
    return (this.#made ??= KINDS.map(
      (kind) => new SlabCache(kind, this.#mm, new Prng(this.#seed, `${this.#stream}/slab/${kind.name}`)),
    ));
  }

  /** @param pages that all caches are to have at boot. */
  static create(mm: GuestMm, pages: number, seed: number, stream: string): SlabCaches {
    // Caches that were never used are written down by nothing, so nothing of them may depend on the seed.
    const slabs = pages > 0 ? new SlabCaches(mm, seed, stream) : new SlabCaches(mm, 0, '');
    slabs.want(pages);
    if (pages > 0) for (const cache of slabs.#caches) cache.fill(slabs.#nextCpu);
    return slabs;
  }

  get pages(): number {
    return this.#everUsed ? this.#caches.reduce((sum, { pages }) => sum + pages, 0) : 0;
  }

  /** Sets the number of objects to what this many pages hold at boot. Surplus objects are not removed: they die. */
  want(pages: number): void {
    if (pages === 0 && !this.#everUsed) return;
    this.#everUsed = true;
    for (const cache of this.#caches) {
      const { share, objectsPerSlab } = cache.kind;
      const perSlab = Math.max(1, Math.floor((objectsPerSlab * BOOT_FILL_PERCENT) / 100));
      cache.want(Math.floor((pages * share) / 100) * perSlab);
    }
  }

  readonly #nextCpu = (): number => {
    this.#turn = this.#turn + 1 >= this.#mm.state.nrCpus ? 0 : this.#turn + 1;
    return this.#turn;
  };

  step(cpuShare = 1): void {
    if (!this.#everUsed) return;
    for (const cache of this.#caches) cache.step(this.#nextCpu, cpuShare);
  }

  /** Notifies the caches that a layout has been committed. */
  told(shrink: boolean): void {
    if (!this.#everUsed) return;
    for (const cache of this.#caches) cache.retarget();
    if (shrink) for (const cache of this.#caches) this.shrunk += cache.shrink();
  }

  /** Writes 1 to the cache's `shrink`. False: there is no such cache. */
  shrinkOne(name: string): boolean {
    const cache = this.#caches.find(({ kind }) => kind.name === name);
    if (cache === undefined) return false;
    this.shrunk += cache.shrink();
    return true;
  }

  /** By name, ascending. */
  get names(): readonly string[] {
    return KINDS.map(({ name }) => name);
  }

  /** Figures of one cache, with those of each node. */
  cache(name: string): { readonly all: SlabFigures; readonly byNode: ReturnType<SlabCache['byNode']> } {
    const cache = this.#caches.find(({ kind }) => kind.name === name)!;
    return { all: cache.figures(), byNode: cache.byNode() };
  }

  figures(): readonly SlabFigures[] {
    return this.#caches.map((cache) => cache.figures());
  }

  /** Pages that are owed to another node. */
  get owed(): number {
    return this.#everUsed ? this.figures().reduce((sum, { owed }) => sum + owed, 0) : 0;
  }

  /** One bit a page; null when there are none. */
  bits(): Int32Array | null {
    if (this.pages === 0) return null;
    const bits = new Int32Array(Math.ceil(this.#mm.state.nrPages / 32));
    for (const cache of this.#caches) cache.forEachPage((pfn) => (bits[pfn >>> 5]! |= 1 << (pfn & 31)));
    return bits;
  }

  /** What does not hold; empty when all does: every slab is one page, allocated, and no page is two slabs. */
  check(): readonly string[] {
    const seen = new Set<number>();
    const wrong: string[] = [];
    for (const { kind, forEachPage } of this.#caches.map((cache) => ({
      kind: cache.kind,
      forEachPage: cache.forEachPage.bind(cache),
    }))) {
      forEachPage((pfn) => {
        if (!this.#mm.isAllocation(pfn, 0) || this.#mm.isHeld(pfn, 0) || seen.has(pfn))
          wrong.push(`the slab of ${kind.name} at pfn ${pfn} is not an allocation of its own`);
        seen.add(pfn);
      });
    }
    return wrong;
  }

  /** Nothing is written of caches that never had a page. */
  save(w: StateWriter): void {
    if (!this.#everUsed) return;
    w.json('slab', { turn: this.#turn, shrunk: this.shrunk });
    for (const cache of this.#caches) cache.save(w);
  }

  static load(mm: GuestMm, r: StateReader): SlabCaches {
    const slabs = new SlabCaches(mm, 0, '');
    if (!r.has('slab')) return slabs;
    slabs.#everUsed = true;
    const { turn, shrunk } = r.json<{ turn: number; shrunk: number }>('slab');
    slabs.#turn = turn;
    slabs.shrunk = shrunk;
    for (const cache of slabs.#caches) cache.load(r);
    return slabs;
  }
}
