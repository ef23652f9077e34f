/**
 * How a node's colour is written in CSS and SVG. Up to the eighth node it is a plain hue; from the ninth on a pattern of
 * ui/Patterns.svelte, which the window holds once.
 */
import { NR_HUES, patternOf } from '../../shared/view/node-colour.ts';

/** A CSS paint for `fill`: `var(--n3)`, or `url(#tile-3-0)` for the ninth node and on. */
export function nodeFill(index: number): string {
  const pattern = patternOf(index);
  return pattern < 0 ? nodeHue(index) : `url(#${tileId(index % NR_HUES, pattern)})`;
}

/** The plain hue alone, for strokes and text marks: `var(--n3)`. */
export const nodeHue = (index: number): string => `var(--n${index % NR_HUES})`;

export const tileId = (hue: number, pattern: number): string => `tile-${hue}-${pattern}`;

/** Fine hatch for what is pinned, to lay over a fill. */
export const PINNED_FILL = 'url(#pinned)';
