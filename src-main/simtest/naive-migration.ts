/**
 * Live migration page by page, written from the hypervisors' rules alone and beside the engine's, of which it uses nothing:
 * a byte for each page says whether it is dirty, a number which version of it either side has. Slow, for small guests.
 *
 * Guests write their sets in order. A page is written, or sent, as a whole.
 */
export interface NaiveMigration {
  readonly algorithm: 'qemu' | 'xen-classic' | 'xen-modern' | 'cloud-hypervisor';
  readonly zeroPages: number;
  readonly otherPages: number;
  readonly sets: readonly { readonly pages: number; readonly pagesPerSec: number }[];
  /** Bytes a ms. */
  readonly link: number;
  readonly cap: number;
  readonly limitMs: number;
  readonly pageBytes: number;
  readonly zeroBytes: number;
  readonly stopsAtThreshold: boolean;
  readonly autoConverge: boolean;
  readonly timer: boolean;
  readonly postcopyAtMs: number;
  readonly overheadMs: number;
  readonly maxPasses: number;
}

interface NaivePass {
  readonly ms: number;
  readonly pages: number;
  readonly dirtyAtStart: number;
}

export interface NaiveResult {
  readonly passes: NaivePass[];
  readonly totalMs: number;
  readonly downtimeMs: number | null;
  readonly endsBy: 'precopy' | 'postcopy' | null;
  /** Pages that the destination has in another version than the guest: lost. */
  readonly stale: number;
  /** Most often that a page was sent after the guest ran on the destination. */
  readonly mostAfterSwitch: number;
}

export class NaiveMigrator {
  readonly #of: NaiveMigration;
  readonly #dirty: Uint8Array;
  readonly #version: Uint32Array;
  readonly #arrived: Int32Array;
  readonly #written: number[];
  readonly #done: number[];
  readonly #first: number[];
  readonly #passes: { ms: number; pages: number; dirtyAtStart: number }[] = [];
  readonly #pages: number;
  /** Of each page. */
  readonly #costs: Float64Array;
  #at = 0;
  #now = 0;
  #passStart = 0;
  #credit = 0;
  #slowed = 0;

  constructor(of: NaiveMigration) {
    this.#of = of;
    this.#first = [];
    let at = of.zeroPages;
    for (const { pages } of of.sets) {
      this.#first.push(at);
      at += pages;
    }
    this.#pages = at + of.otherPages;
    this.#dirty = new Uint8Array(this.#pages).fill(1);
    this.#version = new Uint32Array(this.#pages);
    this.#arrived = new Int32Array(this.#pages).fill(-1);
    this.#costs = new Float64Array(this.#pages).fill(of.pageBytes).fill(of.zeroBytes, 0, of.zeroPages);
    this.#written = of.sets.map(() => 0);
    this.#done = of.sets.map(() => 0);
  }

  run(): NaiveResult {
    this.#begin();
    return this.#of.algorithm === 'qemu' ? this.#qemu() : this.#rounds();
  }

  // The guest

  #runs(ms: number): void {
    this.#now += ms;
    this.#of.sets.forEach(
      ({ pagesPerSec }, i) => (this.#written[i]! += (pagesPerSec * ms * (1 - this.#slowed)) / 1000),
    );
  }

  /** The log of what was written since the last sync. Returns pages that were clean. */
  #sync(): number {
    let fresh = 0;
    this.#of.sets.forEach(({ pages }, i) => {
      for (const end = Math.floor(this.#written[i]! + 1e-6); this.#done[i]! < end; this.#done[i]!++) {
        const page = this.#first[i]! + (this.#done[i]! % pages);
        this.#version[page]!++;
        if (this.#dirty[page] === 0) fresh++;
        this.#dirty[page] = 1;
      }
    });
    return fresh;
  }

  #left(): number {
    let left = 0;
    for (let page = 0; page < this.#pages; page++) left += this.#dirty[page]!;
    return left;
  }

  #begin(): void {
    this.#passStart = this.#now;
    this.#passes.push({ ms: 0, pages: 0, dirtyAtStart: this.#left() });
  }

  #end(): void {
    this.#passes.at(-1)!.ms = this.#now - this.#passStart;
  }

  // The wire

  #cost(page: number): number {
    return this.#costs[page]!;
  }

  /** Sends with what a time brings, page by page. */
  #send(ms: number, rate: number, after?: Uint8Array): void {
    this.#credit += ms * rate;
    for (let clean = 0; clean < this.#pages;) {
      if (this.#at === this.#pages) this.#at = 0;
      if (this.#dirty[this.#at] === 0) {
        this.#at++;
        clean++;
        continue;
      }
      const cost = this.#cost(this.#at);
      if (this.#credit < cost - 1e-5) return;
      this.#credit -= cost;
      this.#dirty[this.#at] = 0;
      this.#arrived[this.#at] = this.#version[this.#at]!;
      if (after !== undefined) after[this.#at]!++;
      this.#passes.at(-1)!.pages++;
      this.#at++;
      clean = 0;
    }
    this.#credit = 0;
  }

  #bytesLeft(): number {
    let bytes = 0;
    for (let page = 0; page < this.#pages; page++) if (this.#dirty[page] === 1) bytes += this.#cost(page);
    return bytes;
  }

  #result(stoppedMs: number, endsBy: NaiveResult['endsBy'], after: Uint8Array | null = null): NaiveResult {
    this.#end();
    let stale = 0;
    for (let page = 0; page < this.#pages; page++) if (this.#arrived[page] !== this.#version[page]) stale++;
    return {
      passes: this.#passes,
      totalMs: this.#now,
      downtimeMs: endsBy === null ? null : this.#now - stoppedMs,
      endsBy,
      stale: endsBy === null ? 0 : stale,
      mostAfterSwitch: after === null ? 0 : Math.max(...after),
    };
  }

  // QEMU

  #qemu(): NaiveResult {
    const { link, cap, limitMs, stopsAtThreshold } = this.#of;
    const budget = cap * 100;
    let windowStart = 0;
    let windowSent = 0;
    let threshold = 0;
    let highs = 0;
    let sentSoFar = 0;
    let sentThen = 0;
    let freshPages = 0;
    let evaluated = 0;
    let tick = 5000;
    let syncsAtTick = 0;
    const fits = (): boolean => {
      const left = this.#left() * 4096;
      return left === 0 || (stopsAtThreshold ? left <= threshold + 0.999 : left < threshold - 0.999);
    };
    const total = (): number => sentSoFar;
    const sync = (): void => {
      freshPages += this.#sync();
      this.#end();
      if (this.#of.autoConverge && this.#now > evaluated + 1000) {
        const dirtied = freshPages * 4096;
        const half = (total() - sentThen) / 2;
        if (dirtied > half) highs++;
        if (dirtied > half && highs >= 2) {
          highs = 0;
          this.#slowed = this.#slowed === 0 ? 0.2 : Math.min(0.99, Math.round(this.#slowed * 100 + 10) / 100);
        }
        evaluated = this.#now;
        sentThen = total();
        freshPages = 0;
      }
      this.#begin();
    };
    for (;;) {
      if (this.#passes.length > this.#of.maxPasses) return this.#result(0, null);
      if (this.#of.autoConverge && this.#of.timer && this.#now >= tick) {
        while (tick <= this.#now) tick += 5000;
        const isIdle = this.#passes.length > 1 && this.#passes.length === syncsAtTick;
        if (isIdle) sync();
        syncsAtTick = this.#passes.length;
      }
      const switches = (): boolean => threshold > 0 && this.#now >= this.#of.postcopyAtMs - 1e-6;
      if (fits() && !switches()) {
        sync();
        if (fits()) {
          const stopped = this.#now;
          sync();
          const ms = Math.max(0, this.#bytesLeft() - this.#credit) / link;
          this.#send(ms + 1, link);
          this.#now = Math.max(stopped + 0.5, this.#now + ms);
          return this.#result(stopped, 'precopy');
        }
      }
      if (switches()) return this.#postcopy();
      const ms = Math.max(0, Math.min(50, (budget - windowSent) / link, (this.#bytesLeft() - this.#credit) / link));
      this.#runs(ms);
      const before = this.#credit;
      this.#send(ms, link);
      sentSoFar += before + ms * link - this.#credit;
      windowSent += ms * link;
      if (budget - windowSent <= 1e-3 && this.#now < windowStart + 100) this.#runs(windowStart + 100 - this.#now);
      if (this.#now >= windowStart + 100 - 1e-6) {
        threshold = (windowSent / (this.#now - windowStart)) * limitMs;
        windowStart = this.#now;
        windowSent = 0;
      }
    }
  }

  #postcopy(): NaiveResult {
    this.#sync();
    this.#end();
    this.#begin();
    const after = new Uint8Array(this.#pages);
    this.#credit = 0;
    let bytes = 0;
    for (let page = 0; page < this.#pages; page++)
      if (this.#dirty[page] === 1) bytes += page < this.#of.zeroPages ? this.#of.zeroBytes : this.#of.pageBytes;
    const stopped = this.#now;
    this.#send(1, Infinity, after);
    this.#now = Math.max(stopped + 8, stopped + bytes / this.#of.link);
    return { ...this.#result(stopped, 'postcopy', after), downtimeMs: 8 };
  }

  // Xen and Cloud Hypervisor

  #rounds(): NaiveResult {
    const { algorithm, link, overheadMs, limitMs } = this.#of;
    let sentPages = 0;
    let isLast = false;
    for (let round = 0; ; round++) {
      if (round > 0) {
        this.#sync();
        const dirty = this.#left();
        if (round > this.#of.maxPasses) return this.#result(0, null);
        const stops =
          isLast ||
          (algorithm === 'xen-classic' && (dirty < 50 || round >= 29 || sentPages > 3 * this.#pages)) ||
          (algorithm === 'xen-modern' && round >= 5) ||
          (algorithm === 'cloud-hypervisor' && (dirty * 4096) / link <= limitMs);
        this.#begin();
        if (stops) {
          const stopped = this.#now;
          this.#now = Math.max(stopped + 0.5, this.#now + this.#bytesLeft() / link);
          this.#send(1, Infinity);
          return this.#result(stopped, 'precopy');
        }
        isLast = algorithm === 'xen-modern' && dirty < 50;
      }
      const ms = this.#bytesLeft() / link + overheadMs;
      sentPages += this.#left();
      this.#send(1, Infinity);
      this.#credit = 0;
      this.#runs(ms);
      this.#end();
    }
  }
}
