/** How fast a world is made, and for how long still, by the last seconds: guests with a warm-up cost more than others. */
interface Making {
  readonly pages: number;
  readonly ofPages: number;
}

const WINDOW_MS = 3000;

export interface MakingRate {
  readonly pagesPerSec: number;
  /** "12 s", "3 min" */
  readonly leftText: string;
}

export class MakingMeter {
  #samples: { readonly pages: number; readonly ms: number }[] = [];

  /** @returns null while it cannot be told. */
  add({ pages, ofPages }: Making, nowMs: number): MakingRate | null {
    this.#samples = this.#samples.filter(({ ms }) => nowMs - ms <= WINDOW_MS);
    this.#samples.push({ pages, ms: nowMs });
    const [first] = this.#samples;
    const passedMs = nowMs - first!.ms;
    if (passedMs <= 0 || pages <= first!.pages) return null;
    const pagesPerSec = (1000 * (pages - first!.pages)) / passedMs;
    const leftSec = Math.ceil((ofPages - pages) / pagesPerSec);
    return { pagesPerSec, leftText: leftSec < 100 ? `${leftSec} s` : `${Math.ceil(leftSec / 60)} min` };
  }
}
