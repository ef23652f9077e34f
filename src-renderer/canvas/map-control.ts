/**
 * How commands, menus and benchmarks move the map, wherever it is. The map on screen attaches itself; with none, nothing
 * happens. Every draw of a map is also recorded as a performance measure, MAP_DRAW.
 */
import type { Viewport } from './viewport.ts';

export interface MapHandle {
  readonly view: Viewport;
  /** factor above 1: closer, at the cursor or in the middle. */
  zoomBy(factor: number): void;
  fit(): void;
  /** CSS pixels, positive towards higher addresses. */
  panPixels(pixels: number): void;
  /** Half-open pfn range, with a little around it. */
  show(fromPfn: number, toPfn: number): void;
}

export const MAP_DRAW = 'pageshift map draw';

const ZOOM_STEP = 1.6;

class MapControl {
  #map: MapHandle | null = null;

  /** @returns detaches it. */
  attach(map: MapHandle): () => void {
    this.#map = map;
    return () => {
      if (this.#map === map) this.#map = null;
    };
  }

  get view(): Viewport | null {
    return this.#map?.view ?? null;
  }

  zoomIn(): void {
    this.#map?.zoomBy(ZOOM_STEP);
  }

  zoomOut(): void {
    this.#map?.zoomBy(1 / ZOOM_STEP);
  }

  fit(): void {
    this.#map?.fit();
  }

  /** Parts of a window: -0.1 is a tenth to the left. */
  pan(windows: number): void {
    if (this.#map !== null) this.#map.panPixels(windows * this.#map.view.widthPixels);
  }

  panPixels(pixels: number): void {
    this.#map?.panPixels(pixels);
  }

  show(fromPfn: number, toPfn: number): void {
    this.#map?.show(fromPfn, toPfn);
  }
}

export const mapControl = new MapControl();
