/** TESTS ONLY. Guests as the test vectors (simtest/vectors.ts) boot them, for the tests of the defects. Half-open ranges. */
import {
  CORRECT,
  DEFAULT_PROFILE,
  type LayoutRange,
  type MmConfig,
  RFC_V3,
  type RfcSwitches,
} from '../../../../shared/model/config.ts';
import { GuestMm } from '../guest-mm.ts';
import { mmConfig } from '../mm-fixture.ts';

export const P = 32768;
export const range = (start: number, end: number, nid: number): LayoutRange => ({ start, end, nid });
export const ON_0 = [range(0, P, 0)];
export const HALVES = [range(0, 16384, 0), range(16384, P, 1)];

/** The guest of the test vectors: 128 MiB, DMA below 4096, everything free. */
export function configOf(rfc: RfcSwitches, bootLayout: readonly LayoutRange[], more: Partial<MmConfig> = {}): MmConfig {
  return mmConfig({ profile: { ...DEFAULT_PROFILE, rfc }, bootLayout, ...more });
}

export const bootRfcGuest = (bootLayout: readonly LayoutRange[], more: Partial<MmConfig> = {}): GuestMm =>
  GuestMm.boot(configOf(RFC_V3, bootLayout, more));

/** A guest with these defects and no other. */
export const bootWith = (
  switches: Partial<RfcSwitches>,
  bootLayout: readonly LayoutRange[],
  more: Partial<MmConfig> = {},
): GuestMm => GuestMm.boot(configOf({ ...CORRECT, ...switches }, bootLayout, more));

/** dnuma-test's `s base end pagesPerStripe`. */
export function stripes(base: number, end: number, pages: number, nrPages = P): LayoutRange[] {
  const out: LayoutRange[] = [];
  for (let k = 0; k * pages < nrPages; k++) {
    out.push(range(k * pages, Math.min((k + 1) * pages, nrPages), base + (k % (end - base + 1))));
  }
  return out;
}

export function mustCommit(mm: GuestMm, ranges: readonly LayoutRange[]): void {
  const outcome = mm.commit(ranges);
  if (!outcome.ok) throw new Error(outcome.problems[0]!.slug);
}

/** Free pages of a node as numactl adds them up. */
export const freeOf = (mm: GuestMm, nid: number): number =>
  [0, 1, 2].reduce((sum, zoneType) => sum + mm.zone(nid, zoneType).freePages, 0);

/** Free lists as the text writes them: `o0*3 o2`. */
export const listsOf = (mm: GuestMm, nid: number, zoneType: number): string =>
  mm
    .zone(nid, zoneType)
    .freeBlocks.flatMap((n, order) => (n === 0 ? [] : [n === 1 ? `o${order}` : `o${order}*${n}`]))
    .join(' ');

export const movedOf = (mm: GuestMm): number => mm.moved.sweep + mm.moved.free + mm.moved.drain;

export const lookupsOf = (mm: GuestMm): number => mm.lookups.hit + mm.lookups.miss;

/** Holds each page of [start, end) on its own. */
export function holdEach(mm: GuestMm, start: number, end: number): void {
  for (let pfn = start; pfn < end; pfn++) if (!mm.holdBlock(pfn, 0)) throw new Error(`pfn ${pfn} is not free`);
}

export function freeEach(mm: GuestMm, start: number, end: number): void {
  for (let pfn = start; pfn < end; pfn++) mm.freePagesDirect(pfn, 0);
}

/** min/low/high of a zone. */
export function marksOf(mm: GuestMm, nid: number, zoneType: number): string {
  const { wmarkMin, wmarkLow, wmarkHigh } = mm.zone(nid, zoneType);
  return `${wmarkMin}/${wmarkLow}/${wmarkHigh}`;
}
