/** Small horizontal bars for tables: parts of a whole, each in its class, with exact pages as tooltip. */
import { h } from './markup.ts';
import type { Element } from './markup.ts';
import { exactPages } from '../../shared/view/number-format.ts';

const WIDTH = 168;
const HEIGHT = 14;
/** A part is named where it is at least this wide. */
const LABEL_UNITS = 16;

export interface BarPart {
  readonly pages: number;
  readonly fill: string;
  /** Printed in the part where there is room. */
  readonly label: string;
  /** What the tooltip calls it. */
  readonly name: string;
  readonly hatched?: boolean;
}

/** A bar of `whole` pages; what the parts do not fill stays empty. */
export function bar(parts: readonly BarPart[], whole: number, label: string): Element {
  let before = 0;
  const x = (pages: number): number => (whole === 0 ? 0 : Math.round((WIDTH * 10 * pages) / whole) / 10);
  const drawn = parts.map(({ pages, fill, label: text, name, hatched }) => {
    const box = { x: x(before), y: 0, width: Math.round((x(before + pages) - x(before)) * 10) / 10, height: HEIGHT };
    before += pages;
    if (pages === 0) return null;
    return h(
      'g',
      {},
      h('rect', { ...box, class: fill }),
      hatched === true ? h('rect', { ...box, class: 'pin' }) : null,
      text !== '' && box.width >= LABEL_UNITS
        ? h('text', { x: Math.round((box.x + box.width / 2) * 10) / 10, y: 11, class: 'mid on' }, text)
        : null,
      h('title', {}, `${name}: ${exactPages(pages)}`),
    );
  });
  return h(
    'svg',
    { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label },
    h('rect', { width: WIDTH, height: HEIGHT, class: 'track' }),
    drawn,
  );
}
