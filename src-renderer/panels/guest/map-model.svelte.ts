/** Where one is on the address axis: one for all the maps that are lined up under each other. */
import { mapControl } from '../../canvas/map-control.ts';
import type { MapHandle } from '../../canvas/map-control.ts';
import { fit, panBy, panTo, resized, reveal, show, xOf, zoomAt } from '../../canvas/viewport.ts';
import type { Viewport } from '../../canvas/viewport.ts';

export class MapModel implements MapHandle {
  view = $state.raw<Viewport>(fit(1, 1));
  /** The page under the pointer, and the guest whose map it is. */
  hover = $state.raw<{ readonly guest: number; readonly pfn: number } | null>(null);
  /** The keyboard's page; null until a key has moved it. */
  cursor = $state.raw<{ readonly guest: number; readonly pfn: number } | null>(null);
  /** Where a selection by keyboard began. */
  anchor: number | null = null;

  attach(): () => void {
    return mapControl.attach(this);
  }

  resize(nrPages: number, widthPixels: number): void {
    this.view = resized(this.view, nrPages, widthPixels);
  }

  zoomBy(factor: number): void {
    const x = this.cursor === null ? this.view.widthPixels / 2 : xOf(this.view, this.cursor.pfn);
    this.zoomAt(x < 0 || x > this.view.widthPixels ? this.view.widthPixels / 2 : x, factor);
  }

  zoomAt(x: number, factor: number): void {
    this.view = zoomAt(this.view, x, factor);
  }

  fit(): void {
    this.view = fit(this.view.nrPages, this.view.widthPixels);
  }

  panPixels(pixels: number): void {
    this.view = panBy(this.view, pixels);
  }

  panTo(fromPfn: number): void {
    this.view = panTo(this.view, fromPfn);
  }

  show(fromPfn: number, toPfn: number): void {
    this.view = show(this.view, fromPfn, toPfn);
  }

  moveCursor(guest: number, pfn: number): void {
    this.cursor = { guest, pfn };
    this.view = reveal(this.view, pfn);
  }
}
