/**
 * Colours as the bytes of an image, and what each node's pages are painted with. A colour is one number, its bytes red,
 * green, blue, alpha in memory order on a little-endian machine, which is every machine a browser runs on.
 *
 * (a) calm is what large areas wear, full what is in use, tint what is free; edge is the hue itself.
 * (b) From the ninth node on, a pattern's lines lie over every one of them, as in the rest of the window.
 */
import { NR_HUES, PATTERNS, patternOf } from '../../shared/view/node-colour.ts';

export type Colour = number;

/** What a canvas is painted with, read from the window's theme. Colours as #rrggbb. */
export interface CanvasTheme {
  readonly page: string;
  readonly track: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly grid: string;
  readonly edge: string;
  readonly focus: string;
  readonly good: string;
  /** NR_HUES of them. */
  readonly hues: readonly string[];
  /** Font families, as in CSS. */
  readonly sans: string;
  readonly mono: string;
}

/** @param text #rgb or #rrggbb; anything else is black. */
export function parseColour(text: string): Colour {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text.trim());
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  const parts = short?.slice(1).map((digit) => digit + digit) ?? long?.slice(1) ?? ['00', '00', '00'];
  const [r, g, b] = parts.map((part) => Number.parseInt(part, 16));
  return pack(r!, g!, b!);
}

const pack = (r: number, g: number, b: number): Colour => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
const partsOf = (colour: Colour): [number, number, number] => [
  colour & 255,
  (colour >>> 8) & 255,
  (colour >>> 16) & 255,
];

/** share 0: a. share 1: b. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const [from, to] = [partsOf(a), partsOf(b)];
  const [r, g, bl] = from.map((part, i) => Math.round(part + (to[i]! - part) * share));
  return pack(r!, g!, bl!);
}

export function cssColour(colour: Colour): string {
  return `#${partsOf(colour)
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** A square tile of zeros and ones, its side a power of two. */
export interface Mask {
  readonly side: number;
  readonly bits: Uint8Array;
}

/** A colour, with lines of another over it where the mask is set. */
export interface Fill {
  readonly colour: Colour;
  readonly line: Colour;
  readonly mask: Mask | null;
}

export interface NodeInk {
  readonly calm: Fill;
  readonly full: Fill;
  readonly tint: Fill;
  /** Full, hatched: pages that never move. */
  readonly pinned: Fill;
  readonly edge: Colour;
  /** For text on calm and tint. */
  readonly text: string;
}

const CALM = 0.44;
const FULL = 0.8;
const TINT = 0.17;
const PATTERN_SIDE = 8;
const HATCH_SIDE = 4;

/** The inks of one theme and one device pixel ratio. */
export class InkSet {
  readonly theme: CanvasTheme;
  readonly track: Colour;
  readonly #page: Colour;
  readonly #ink: Colour;
  /** 1 or 2: patterns are as fine on a dense screen. */
  readonly #scale: number;
  readonly #inks = new Map<number, NodeInk>();
  readonly #hatch: Mask;

  constructor(theme: CanvasTheme, pixelRatio: number) {
    this.theme = theme;
    this.track = parseColour(theme.track);
    this.#page = parseColour(theme.page);
    this.#ink = parseColour(theme.ink);
    this.#scale = pixelRatio >= 1.5 ? 2 : 1;
    this.#hatch = hatchMask(HATCH_SIDE * this.#scale, this.#scale);
  }

  /** @param index of shared/view NodeColour. */
  of(index: number): NodeInk {
    let ink = this.#inks.get(index);
    if (ink === undefined) this.#inks.set(index, (ink = this.#make(index)));
    return ink;
  }

  #make(index: number): NodeInk {
    const hue = parseColour(this.theme.hues[index % NR_HUES] ?? this.theme.ink);
    const pattern = patternOf(index);
    const mask = pattern < 0 ? null : patternMask(PATTERNS[pattern]!, PATTERN_SIDE * this.#scale);
    const toned = (share: number): Fill => {
      const colour = mix(this.#page, hue, share);
      return { colour, line: share > 0.3 ? mix(colour, this.#page, 0.6) : mix(colour, hue, 0.45), mask };
    };
    const full = toned(FULL);
    return {
      calm: toned(CALM),
      full,
      tint: toned(TINT),
      pinned: { colour: full.colour, line: mix(full.colour, this.#ink, 0.75), mask: this.#hatch },
      edge: hue,
      text: this.theme.ink,
    };
  }
}

function hatchMask(side: number, width: number): Mask {
  const bits = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) bits[y * side + x] = (x + y) % side < width ? 1 : 0;
  return { side, bits };
}

/** One of PATTERNS (moves and straight lines in an 8 x 8 tile) as a mask of so many pixels a side. */
export function patternMask(path: string, side: number): Mask {
  const lines = segments(path);
  const bits = new Uint8Array(side * side);
  const half = 0.75; // lines are 1.5 wide, as in SVG
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at: Point = [((x + 0.5) * PATTERN_SIDE) / side, ((y + 0.5) * PATTERN_SIDE) / side];
      if (lines.some((line) => distance(at, line) < half)) bits[y * side + x] = 1;
    }
  }
  return { side, bits };
}

type Point = readonly [number, number];
type Segment = readonly [Point, Point];

function segments(path: string): Segment[] {
  const found: Segment[] = [];
  let at: Point = [0, 0];
  for (const [, letter, text] of path.matchAll(/([MLHV])([^MLHV]*)/g)) {
    const numbers = text!
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const to: Point =
      letter === 'H' ? [numbers[0]!, at[1]] : letter === 'V' ? [at[0], numbers[0]!] : [numbers[0]!, numbers[1]!];
    if (letter !== 'M') found.push([at, to]);
    at = to;
  }
  return found;
}

function distance([x, y]: Point, [[x1, y1], [x2, y2]]: Segment): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
