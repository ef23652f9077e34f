/** Tables of the report: heads, cells by kind, sums in the foot. A figure's exact pages are in its tooltip. */
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { count, exactPages, size, UNKNOWN } from '../../shared/view/number-format.ts';

/** A column's head; `n` is right-aligned. */
type Head = string | { readonly n: string };

export interface TableParts {
  readonly caption?: string;
  readonly head: readonly Head[];
  readonly rows: readonly (readonly Element[])[];
  readonly foot?: readonly Element[];
}

/** A text up to this long is never broken. */
const SHORT_CHARS = 24;

export function table({ caption, head, rows, foot }: TableParts): Element {
  // A column without a title has no head: an empty one is read out as a title.
  const heads = head.map((column) => {
    if (column === '') return h('td', {});
    return typeof column === 'string'
      ? h('th', { scope: 'col' }, column)
      : h('th', { scope: 'col', class: 'n' }, column.n);
  });
  return h(
    'div',
    { class: 'wrap' },
    caption === undefined ? null : h('p', { class: 'caption' }, caption),
    h(
      'table',
      { 'aria-label': caption ?? null },
      h('thead', {}, h('tr', {}, heads)),
      h(
        'tbody',
        {},
        rows.map((cells) => h('tr', {}, cells)),
      ),
      foot === undefined ? null : h('tfoot', {}, h('tr', {}, foot)),
    ),
  );
}

/** The head of a row; empty where the row above says it. */
export const name = (text: string): Element =>
  text === ''
    ? h('td', {})
    : h('th', { scope: 'row', class: text.length <= SHORT_CHARS ? 'name short' : 'name' }, text);
export const text = (...content: readonly Child[]): Element => {
  const short = content.every((child) => typeof child !== 'string' || child.length <= SHORT_CHARS);
  return h('td', { class: short ? 'short' : null }, content);
};
export const wide = (...content: readonly Child[]): Element => h('td', { class: 'wide' }, content);
export const barCell = (content: Child): Element => h('td', { class: 'bar' }, content);
export const number = (content: string | number | null): Element =>
  h('td', { class: 'n' }, content === null ? UNKNOWN : typeof content === 'number' ? count(content) : content);
/** Pages as MiB or GiB, exact in the tooltip. */
export const pages = (n: number): Element => h('td', { class: 'n', title: exactPages(n) }, size(n));
/** A change in pages as MiB or GiB with its sign. */
export const change = (n: number): Element =>
  h('td', { class: 'n', title: `${n > 0 ? '+' : ''}${exactPages(n)}` }, `${n > 0 ? '+' : ''}${size(n)}`);
