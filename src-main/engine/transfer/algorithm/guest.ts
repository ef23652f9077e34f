/** The guest as a migration sees it: what it writes, what of it is dirty, how much of its pace it is left. */
import { DirtyBitmap } from './dirty-bitmap.ts';
import { SetWriter, type WrittenSet } from './dirtying.ts';

export interface GuestModel {
  readonly pages: number;
  /** Pages of `pages` that hold nothing but zeros; none of the written ones. */
  readonly zeroPages: number;
  readonly sets: readonly WrittenSet[];
  /** Of its CPUs' time, what it needs to write at its rates: throttling takes only what is above it. 1: all of it. */
  readonly cpuNeed: number;
  readonly vcpus: number;
}

export class MigratingGuest {
  readonly model: GuestModel;
  readonly bitmap: DirtyBitmap;
  readonly writers: readonly SetWriter[];
  /** Guest time that migration has seen, in ms. */
  #nowMs = 0;

  /** @param wholePages counts are whole pages, as the naive model has them. */
  constructor(model: GuestModel, wholePages: boolean) {
    this.model = model;
    this.writers = model.sets.map((set) => new SetWriter(set, wholePages));
    const written = model.sets.reduce((sum, { pages }) => sum + pages, 0);
    const zeroPages = Math.max(0, Math.min(model.zeroPages, model.pages - written));
    const otherPages = Math.max(0, model.pages - written - zeroPages);
    this.bitmap = new DirtyBitmap({ zeroPages, sets: this.writers, otherPages });
  }

  /** It goes on to a moment with a share of its CPUs' time, writing at most so many pages a second. */
  run(toMs: number, cpuShare: number, maxPagesPerSec = Infinity): void {
    const { cpuNeed } = this.model;
    let pace = Math.min(1, cpuNeed > 0 ? cpuShare / cpuNeed : cpuShare > 0 ? 1 : 0);
    const rate = this.pagesPerSecAt(this.#nowMs);
    if (rate * pace > maxPagesPerSec) pace = maxPagesPerSec / rate;
    for (const writer of this.writers) writer.run(this.#nowMs, toMs, pace);
    this.#nowMs = toMs;
  }

  /** Takes what was dirtied since the last sync into the bitmap. Returns the pages that were clean. */
  sync(): number {
    let fresh = 0;
    this.writers.forEach((writer, i) => {
      const dirtied = writer.sync();
      if (dirtied !== null) fresh += this.bitmap.mark(i, dirtied);
    });
    return fresh;
  }

  pagesPerSecAt(ms: number): number {
    return this.writers.reduce((sum, writer) => sum + writer.rateAt(ms), 0);
  }

  /** From when on its rates stay as they are. */
  get steadyFromMs(): number {
    return Math.max(0, ...this.writers.map(({ steadyFromMs }) => steadyFromMs));
  }

  /** The next moment at which a rate changes. */
  nextChangeMs(afterMs: number): number {
    const moments = this.model.sets.flatMap(({ rates }) => rates.map(({ fromMs }) => fromMs));
    return Math.min(Infinity, ...moments.filter((ms) => ms > afterMs));
  }
}
