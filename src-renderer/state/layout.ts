/**
 * Sizes of the window's panels, in CSS pixels, and which of them are open.
 *
 * (a) What a person set is remembered as set; what is used of it is what fits the window now, so that a window made
 *     small and large again looks as before.
 * (b) The main view always keeps MAIN_MIN; panels give way to it.
 * (c) What was remembered may be anything: whatever is no sound size is forgotten.
 */
import type { Memory } from './memory.ts';

export const PANELS = ['left', 'inspector', 'time', 'drawer'] as const;
export type PanelName = (typeof PANELS)[number];

export interface Layout {
  /** Widths of left and inspector, heights of time and drawer; null: what the window's size suggests. */
  readonly sizes: Readonly<Record<PanelName, number | null>>;
  readonly open: Readonly<Record<PanelName, boolean>>;
}

export interface Limits {
  readonly min: number;
  readonly max: number;
}

export const DEFAULT_LAYOUT: Layout = {
  sizes: { left: null, inspector: null, time: null, drawer: null },
  open: { left: true, inspector: true, time: true, drawer: false },
};

const MAIN_MIN = { width: 480, height: 220 };
const SMALLEST: Readonly<Record<PanelName, number>> = { left: 180, inspector: 200, time: 96, drawer: 120 };
const LARGEST: Readonly<Record<PanelName, number>> = { left: 480, inspector: 640, time: 480, drawer: 720 };
/** Of toolbar and status bar. */
const FRAME_HEIGHT = 72;

/** At 1280 x 800: 260, 300, 150, 200. Narrow windows give less, wide ones more. */
function suggested(panel: PanelName, width: number, height: number): number {
  const part = { left: width * 0.2032, inspector: width * 0.2344, time: height * 0.1875, drawer: height * 0.25 }[panel];
  const most = { left: 300, inspector: 380, time: 260, drawer: 320 }[panel];
  return Math.round(Math.min(most, Math.max(SMALLEST[panel], part)));
}

/** The size each panel takes in a window of this size; 0 when it is closed. */
export function panelSizes({ sizes, open }: Layout, width: number, height: number): Record<PanelName, number> {
  const wanted = (panel: PanelName): number =>
    open[panel] ? clamp(sizes[panel] ?? suggested(panel, width, height), SMALLEST[panel], LARGEST[panel]) : 0;
  const [left, inspector] = fit([wanted('left'), wanted('inspector')], width - MAIN_MIN.width);
  const [time, drawer] = fit([wanted('time'), wanted('drawer')], height - FRAME_HEIGHT - MAIN_MIN.height);
  return { left: left!, inspector: inspector!, time: time!, drawer: drawer! };
}

/** How small and large a splitter may make a panel now. */
export function panelLimits(panel: PanelName, layout: Layout, width: number, height: number): Limits {
  const now = panelSizes(layout, width, height);
  const across = panel === 'left' || panel === 'inspector';
  const other = now[({ left: 'inspector', inspector: 'left', time: 'drawer', drawer: 'time' } as const)[panel]];
  const room = across ? width - MAIN_MIN.width : height - FRAME_HEIGHT - MAIN_MIN.height;
  return { min: SMALLEST[panel], max: Math.max(SMALLEST[panel], Math.min(LARGEST[panel], room - other)) };
}

export const withSize = (layout: Layout, panel: PanelName, size: number | null): Layout => ({
  sizes: { ...layout.sizes, [panel]: size === null ? null : Math.round(size) },
  open: { ...layout.open, [panel]: true },
});

export const withOpen = (layout: Layout, panel: PanelName, open: boolean): Layout => ({
  ...layout,
  open: { ...layout.open, [panel]: open },
});

export function readLayout(memory: Memory): Layout {
  let kept: unknown;
  try {
    kept = JSON.parse(memory.get('layout') ?? 'null');
  } catch {
    return DEFAULT_LAYOUT;
  }
  const { sizes, open } = Object(kept) as { sizes?: unknown; open?: unknown };
  const sizeOf = (panel: PanelName): number | null => {
    const size = (Object(sizes) as Record<string, unknown>)[panel];
    return typeof size === 'number' && Number.isFinite(size) ? clamp(size, SMALLEST[panel], LARGEST[panel]) : null;
  };
  const openOf = (panel: PanelName): boolean => {
    const value = (Object(open) as Record<string, unknown>)[panel];
    return typeof value === 'boolean' ? value : DEFAULT_LAYOUT.open[panel];
  };
  return {
    sizes: Object.fromEntries(PANELS.map((panel) => [panel, sizeOf(panel)])) as Record<PanelName, number | null>,
    open: Object.fromEntries(PANELS.map((panel) => [panel, openOf(panel)])) as Record<PanelName, boolean>,
  };
}

export const writeLayout = (memory: Memory, layout: Layout): void => memory.set('layout', JSON.stringify(layout));

const clamp = (size: number, min: number, max: number): number => Math.max(min, Math.min(max, size));

/** Two sizes that together take no more than `room`, each giving up in proportion. */
function fit(sizes: readonly [number, number], room: number): readonly number[] {
  const sum = sizes[0] + sizes[1];
  if (sum <= room) return sizes;
  return sizes.map((size) => Math.floor((size * Math.max(0, room)) / sum));
}
