/**
 * Which exact pages to ask for: those of the window with a little around it, in whole chunks, so that a small pan asks for
 * nothing new. Null where a page is less than a pixel, or more pages are in sight than one answer holds.
 */
import { MAX_TILE_PAGES } from '../../shared/protocol/limit.ts';
import type { PfnRange } from '../../shared/units/index.ts';
import type { Viewport } from './viewport.ts';
import { toPfn } from './viewport.ts';

const CHUNK_PAGES = 1024;
const MARGIN_WINDOWS = 0.5;

export function exactNeed(view: Viewport, nrPages: number): PfnRange | null {
  if (view.pagesPerPixel > 1) return null;
  const margin = view.widthPixels * view.pagesPerPixel * MARGIN_WINDOWS;
  const down = (pfn: number): number => Math.max(0, Math.floor(pfn / CHUNK_PAGES) * CHUNK_PAGES);
  const up = (pfn: number): number => Math.min(nrPages, Math.ceil(pfn / CHUNK_PAGES) * CHUNK_PAGES);
  const [start, end] = [down(view.fromPfn - margin), up(toPfn(view) + margin)];
  return start < end && end - start <= MAX_TILE_PAGES ? { start, end } : null;
}

/** What of a window must be known for it to be drawn page by page. */
export const inSight = (view: Viewport, nrPages: number): PfnRange => ({
  start: Math.max(0, Math.floor(view.fromPfn)),
  end: Math.min(nrPages, Math.ceil(toPfn(view))),
});
