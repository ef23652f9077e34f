/**
 * Which part of an address axis is on screen: pfn = fromPfn + x * pagesPerPixel, x in CSS pixels. Plain values; every
 * function gives a new viewport.
 *
 * (a) The window lies inside [0, nrPages], never wider than it, and never closer than MAX_PAGE_PIXELS a page (but for a
 *     guest so small that all of it is closer).
 * (b) A zoom keeps the pfn under the pointer where it is, but where (a) forbids.
 */
export interface Viewport {
  readonly nrPages: number;
  readonly widthPixels: number;
  readonly fromPfn: number;
  readonly pagesPerPixel: number;
}

/** A page at the closest: wide enough for its pfn in hex and decimal, its state and its order. */
export const MAX_PAGE_PIXELS = 120;

const widest = (nrPages: number, widthPixels: number): number => nrPages / widthPixels;
const closest = (nrPages: number, widthPixels: number): number =>
  Math.min(1 / MAX_PAGE_PIXELS, widest(nrPages, widthPixels));

/** All of a guest. A width of less than a pixel is one. */
export function fit(nrPages: number, widthPixels: number): Viewport {
  const width = Math.max(1, widthPixels);
  const pages = Math.max(1, nrPages);
  return { nrPages: pages, widthPixels: width, fromPfn: 0, pagesPerPixel: widest(pages, width) };
}

/** The nearest viewport that keeps invariant (a). */
function clamped({ nrPages, widthPixels, fromPfn, pagesPerPixel }: Viewport): Viewport {
  const scale = Math.min(
    widest(nrPages, widthPixels),
    Math.max(closest(nrPages, widthPixels), finite(pagesPerPixel, widest(nrPages, widthPixels))),
  );
  const last = Math.max(0, nrPages - widthPixels * scale);
  return { nrPages, widthPixels, fromPfn: Math.min(last, Math.max(0, finite(fromPfn, 0))), pagesPerPixel: scale };
}

const finite = (n: number, otherwise: number): number => (Number.isFinite(n) ? n : otherwise);

export const toPfn = ({ fromPfn, widthPixels, pagesPerPixel }: Viewport): number =>
  fromPfn + widthPixels * pagesPerPixel;

/** The page under a pixel; what lies outside the axis gives its first or last page. */
export function pfnAt(view: Viewport, x: number): number {
  return Math.min(view.nrPages - 1, Math.max(0, Math.floor(view.fromPfn + x * view.pagesPerPixel)));
}

/** Where a pfn begins, in pixels; may be outside. */
export const xOf = (view: Viewport, pfn: number): number => (pfn - view.fromPfn) / view.pagesPerPixel;

/** factor above 1: closer. */
export function zoomAt(view: Viewport, x: number, factor: number): Viewport {
  const pfn = view.fromPfn + x * view.pagesPerPixel;
  const scaled = clamped({ ...view, pagesPerPixel: view.pagesPerPixel / factor });
  return clamped({ ...scaled, fromPfn: pfn - x * scaled.pagesPerPixel });
}

/** Positive: towards higher addresses. */
export const panBy = (view: Viewport, pixels: number): Viewport =>
  clamped({ ...view, fromPfn: view.fromPfn + pixels * view.pagesPerPixel });

export const panTo = (view: Viewport, fromPfn: number): Viewport => clamped({ ...view, fromPfn });

/** A range, with a little of what is around it. */
export function show(view: Viewport, start: number, end: number): Viewport {
  const margin = Math.max(0.5, (end - start) * 0.06);
  const scaled = clamped({ ...view, pagesPerPixel: (end - start + 2 * margin) / view.widthPixels });
  const spare = view.widthPixels * scaled.pagesPerPixel - (end - start);
  return clamped({ ...scaled, fromPfn: start - spare / 2 });
}

/** Moves the window no more than it must to have a pfn in it, a tenth of the window from its border. */
export function reveal(view: Viewport, pfn: number): Viewport {
  const pages = view.widthPixels * view.pagesPerPixel;
  const room = Math.min(pages / 10, Math.max(0, pages - 1) / 2);
  if (pfn < view.fromPfn || pages < 1) return panTo(view, pfn - room);
  if (pfn + 1 > view.fromPfn + pages) return panTo(view, pfn + 1 + room - pages);
  return view;
}

/** The same part of another width or of another guest: what is in the middle stays there; all stays all. */
export function resized(view: Viewport, nrPages: number, widthPixels: number): Viewport {
  if (isWhole(view)) return fit(nrPages, widthPixels);
  const next = { ...view, nrPages: Math.max(1, nrPages), widthPixels: Math.max(1, widthPixels) };
  const middle = view.fromPfn + (view.widthPixels * view.pagesPerPixel) / 2;
  const scaled = clamped(next);
  return clamped({ ...scaled, fromPfn: middle - (scaled.widthPixels * scaled.pagesPerPixel) / 2 });
}

export const isWhole = ({ nrPages, widthPixels, pagesPerPixel }: Viewport): boolean =>
  pagesPerPixel >= widest(nrPages, widthPixels) * (1 - 1e-9);
