/**
 * A figure of the report as an SVG file of its own: on a white page, with its title, style and patterns inside, and no
 * variable in it, so that drawing programs and word processors read it as a browser does.
 */
import { guestsOf } from '../../shared/columns/index.ts';
import { guestsThatLagged, convergenceFigure } from './convergence-figure.ts';
import { NodeColours } from './colour.ts';
import { laneFigure } from './lane-figure.ts';
import { h, write } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { FIGURE_STYLE, resolvedLight } from './style.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { seconds } from '../../shared/view/number-format.ts';

export type FigureName = 'map' | 'convergence';

export type FigureFile = { readonly svg: string; readonly why: null } | { readonly svg: null; readonly why: string };

const HEAD = 32;
const MARGIN = 12;

/** @param vm the guest whose map it is; of no matter to the others. */
export function figureFile(record: RunRecord, figure: FigureName, vm: string): FigureFile {
  const { before, after, series, scenarioName, tickMs } = record;
  const colours = new NodeColours(after.header);
  const at = (tick: number): string => seconds(tick, tickMs);
  const until = at(after.header.tick);
  if (figure === 'convergence') {
    const lagged = guestsThatLagged(series);
    if (series.ticks.length < 2 || lagged.length === 0)
      return { svg: null, why: 'There is nothing to draw: in no VM was a page ever owed.' };
    const title = `${scenarioName}: pages owed, 0 s to ${until}`;
    return drawn(convergenceFigure(record, lagged, colours), title, colours);
  }
  const guest = guestsOf(after).findIndex(({ name }) => name === vm);
  if (guest < 0) return { svg: null, why: 'There is no VM of this name in the run.' };
  if (guestsOf(after)[guest]!.nrPages === 0) return { svg: null, why: 'The VM has no memory to draw.' };
  const title = `${vm}: maps H, T and A before (${at(before.header.tick)}) and after (${until})`;
  return drawn(laneFigure(before, after, guest, colours), title, colours);
}

const drawn = (figure: Element, title: string, colours: NodeColours): FigureFile => ({
  // Patterns and rules are those of the marks that the figure has been given.
  svg: svgFile(figure, title, colours.rules(), colours.definitions().children),
  why: null,
});

/** A figure as a file. @param rules of style, beyond those of all figures. */
export function svgFile(figure: Element, title: string, rules: string, defs: readonly Child[]): string {
  const [, , width, height] = String(figure.attributes['viewBox']).split(' ').map(Number) as [0, 0, number, number];
  const box = { x: -MARGIN, y: -HEAD, width: width + 2 * MARGIN, height: height + HEAD + MARGIN };
  const style = resolvedLight(`${FIGURE_STYLE}.sheet{fill:var(--page)}\n${rules}\n`);
  const svg = h(
    'svg',
    {
      ...figure.attributes,
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `${box.x} ${box.y} ${box.width} ${box.height}`,
      width: box.width,
      height: box.height,
    },
    h('title', {}, title),
    h('style', {}, { verbatim: style }),
    defs,
    h('rect', { ...box, class: 'sheet' }),
    h('text', { x: 0, y: -12, class: 'big' }, title),
    figure.children,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(svg)}`;
}
