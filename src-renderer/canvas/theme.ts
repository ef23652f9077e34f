/** The window's theme as a canvas needs it: read once, and again when the theme changes. The tokens are those of styles/theme.css. */
import { NR_HUES } from '../../shared/view/node-colour.ts';
import type { CanvasTheme } from './ink.ts';

export function readTheme(): CanvasTheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    page: token('--page'),
    track: token('--track'),
    ink: token('--ink'),
    soft: token('--soft'),
    line: token('--line'),
    grid: token('--grid'),
    edge: token('--edge'),
    focus: token('--focus'),
    good: token('--good'),
    hues: Array.from({ length: NR_HUES }, (_, i) => token(`--n${i}`)),
    sans: token('--sans'),
    mono: token('--mono'),
  };
}

/** Calls at once, and whenever the theme of the window has changed. @returns stops it. */
export function watchTheme(onTheme: (theme: CanvasTheme) => void): () => void {
  const observer = new MutationObserver(() => onTheme(readTheme()));
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  onTheme(readTheme());
  return () => observer.disconnect();
}

/** Calls with the size of an element in CSS pixels and the device's pixel ratio, at once and whenever either changes. @returns stops it. */
export function watchSize(
  element: Element,
  onSize: (width: number, height: number, ratio: number) => void,
): () => void {
  const tell = (): void => onSize(element.clientWidth, element.clientHeight, devicePixelRatio);
  const observer = new ResizeObserver(tell);
  observer.observe(element);
  // The ratio changes when a window is dragged to another screen or the page is zoomed: the size in pixels changes too.
  addEventListener('resize', tell);
  return () => {
    observer.disconnect();
    removeEventListener('resize', tell);
  };
}
