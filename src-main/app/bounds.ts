/** Bounds of new windows: those of the last window if a screen still shows that place, shifted from open windows. */
import { readFileSync, writeFileSync } from 'node:fs';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Bounds extends Rectangle {
  readonly maximized: boolean;
}

/** What a new BrowserWindow takes; without a place the system finds one. */
export interface Opening {
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
  readonly maximized: boolean;
}

const DESIGN_SIZE = { width: 1280, height: 800 } as const;
export const LEAST_SIZE = { width: 800, height: 560 } as const;
const CASCADE_PIXELS = 24;
/** Of a window's head: enough to take hold of it. */
const GRIP_PIXELS = 100;

/** @param others that are open already, each of which moves it one step */
export function opening(kept: Bounds | null, screens: readonly Rectangle[], others: number): Opening {
  if (kept === null) return { ...DESIGN_SIZE, maximized: false };
  const step = others * CASCADE_PIXELS;
  const size = {
    width: Math.max(kept.width, LEAST_SIZE.width),
    height: Math.max(kept.height, LEAST_SIZE.height),
  };
  const place = { x: kept.x + step, y: kept.y + step };
  const maximized = kept.maximized && others === 0;
  return screens.some((screen) => shows(screen, { ...place, ...size }))
    ? { ...size, ...place, maximized }
    : { ...size, maximized };
}

function shows(screen: Rectangle, window: Rectangle): boolean {
  const wide = Math.min(screen.x + screen.width, window.x + window.width) - Math.max(screen.x, window.x);
  const isTopInside = window.y >= screen.y && window.y <= screen.y + screen.height - GRIP_PIXELS;
  return wide >= GRIP_PIXELS && isTopInside;
}

/** A file that is not there or not ours to read is no memory. */
export function readBounds(file: string): Bounds | null {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const { x, y, width, height, maximized } = read;
    const numbers = [x, y, width, height];
    if (!numbers.every((value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 16)) return null;
    return { ...({ x, y, width, height } as Rectangle), maximized: maximized === true };
  } catch {
    return null;
  }
}

/** Losing it loses little: the next window opens at the design size. */
export function writeBounds(file: string, bounds: Bounds): void {
  try {
    writeFileSync(file, JSON.stringify(bounds));
  } catch {
    // The folder is gone or full.
  }
}
