import { describe, expect, test } from 'vitest';
import { drawer } from '../../shared/view/fixture/page-model.ts';
import {
  fit,
  isWhole,
  MAX_PAGE_PIXELS,
  panBy,
  panTo,
  pfnAt,
  resized,
  reveal,
  show,
  toPfn,
  xOf,
  zoomAt,
} from './viewport.ts';
import type { Viewport } from './viewport.ts';

const TIB = 2 ** 28;

function sound({ nrPages, widthPixels, fromPfn, pagesPerPixel }: Viewport): void {
  expect(fromPfn).toBeGreaterThanOrEqual(0);
  expect(fromPfn + widthPixels * pagesPerPixel).toBeLessThanOrEqual(nrPages * (1 + 1e-9));
  expect(1 / pagesPerPixel).toBeLessThanOrEqual(Math.max(MAX_PAGE_PIXELS, widthPixels / nrPages) * (1 + 1e-9));
}

describe('a viewport', () => {
  test.each([1, 2, 3, 64, 513, 1 << 20, TIB])('of %d pages stays inside them whatever is done to it', (nrPages) => {
    const draw = drawer(nrPages);
    let view = fit(nrPages, 800);
    expect([view.fromPfn, toPfn(view)]).toEqual([0, nrPages]);
    for (let i = 0; i < 400; i++) {
      const [what, x] = [draw(6), draw(800)];
      const start = draw(nrPages);
      if (what === 0) view = zoomAt(view, x, 0.2 + draw(400) / 100);
      if (what === 1) view = panBy(view, draw(3000) - 1500);
      if (what === 2) view = show(view, start, start + 1 + draw(nrPages - start));
      if (what === 3) view = panTo(view, draw(2 * nrPages) - nrPages);
      if (what === 4) view = resized(view, nrPages, 1 + draw(2000));
      if (what === 5) {
        view = reveal(view, start);
        expect(xOf(view, start)).toBeGreaterThanOrEqual(-1e-6);
        const pageFits = view.widthPixels * view.pagesPerPixel >= 1;
        expect(xOf(view, pageFits ? start + 1 : start)).toBeLessThanOrEqual(view.widthPixels + 1e-6);
      }
      sound(view);
    }
  });

  test('keeps the pfn under the pointer over a zoom there and back', () => {
    const draw = drawer(11);
    let view = zoomAt(fit(TIB, 1000), 500, 1000);
    for (let i = 0; i < 200; i++) {
      const x = draw(1000);
      const before = view.fromPfn + x * view.pagesPerPixel;
      const factor = 1.01 + draw(100) / 100;
      const closer = zoomAt(view, x, factor);
      if (closer.pagesPerPixel === view.pagesPerPixel / factor) {
        expect(closer.fromPfn + x * closer.pagesPerPixel).toBeCloseTo(before, 3);
        const back = zoomAt(closer, x, 1 / factor);
        expect(back.fromPfn).toBeCloseTo(view.fromPfn, 3);
      }
      view = panTo(view, draw(TIB));
    }
  });

  test('zooms in no closer than a page can be read, and out no farther than the guest', () => {
    let view = fit(TIB, 1000);
    for (let i = 0; i < 100; i++) view = zoomAt(view, 321, 2);
    expect(1 / view.pagesPerPixel).toBe(MAX_PAGE_PIXELS);
    expect(pfnAt(view, 321)).toBe(Math.floor(TIB * 0.321));
    for (let i = 0; i < 100; i++) view = zoomAt(view, 700, 0.5);
    expect(isWhole(view)).toBe(true);
    expect(view.fromPfn).toBe(0);
  });

  test('finds the page under a pixel and the pixel of a page, and no page beyond the axis', () => {
    const view = show(fit(4096, 1000), 100, 200);
    for (const pfn of [100, 150, 199]) {
      expect(pfnAt(view, xOf(view, pfn) + 1e-6)).toBe(pfn);
      expect(pfnAt(view, xOf(view, pfn + 1) - 1e-6)).toBe(pfn);
    }
    expect(pfnAt(fit(1, 800), 799.9)).toBe(0);
    expect(pfnAt(fit(64, 800), -5)).toBe(0);
    expect(pfnAt(fit(64, 800), 5000)).toBe(63);
  });

  test('shows a range with a little around it, in the middle', () => {
    const view = show(fit(1 << 20, 1000), 5000, 9000);
    expect(xOf(view, 5000)).toBeCloseTo(1000 - xOf(view, 9000), 6);
    expect(xOf(view, 5000)).toBeGreaterThan(20);
    expect(xOf(view, 5000)).toBeLessThan(120);
    expect(show(fit(1 << 20, 1000), 0, 1 << 20)).toEqual(fit(1 << 20, 1000));
  });

  test('of another width shows the same middle; all stays all', () => {
    const view = show(fit(1 << 20, 1000), 5000, 9000);
    const wide = resized(view, 1 << 20, 1600);
    expect(pfnAt(wide, 800)).toBe(pfnAt(view, 500));
    expect(wide.pagesPerPixel).toBe(view.pagesPerPixel);
    expect(resized(fit(1 << 20, 1000), 1 << 21, 700)).toEqual(fit(1 << 21, 700));
  });
});
