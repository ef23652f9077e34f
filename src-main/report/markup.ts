/**
 * Elements of the report, built as a tree and written as text at the very end.
 *
 * (a) Every text and attribute is escaped when it is written, and nowhere else. (b) What is written is well-formed XML,
 * so the same bytes can be read as HTML or parsed strictly. (c) Characters that XML cannot hold become U+FFFD, those that
 * would steer a page or a terminal are spelled out.
 */

import { visibleLines } from '../../shared/errors/index.ts';

export type Child = Element | Verbatim | string | number | null | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | null>>;

export interface Element {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
}

/** Text that is written without escaping: only the report's own style sheet. */
interface Verbatim {
  readonly verbatim: string;
}

/** An element; attributes that are null are left out. */
export const h = (tag: string, attributes: Attributes, ...children: readonly Child[]): Element => ({
  tag,
  attributes,
  children,
});

const VOID = new Set(['meta', 'br', 'hr', 'link', 'rect', 'path', 'line', 'use', 'circle']);
/** A line of its own, so that two reports can be compared line by line. */
const BLOCK = new Set([
  'html',
  'head',
  'body',
  'main',
  'header',
  'section',
  'figure',
  'svg',
  'table',
  'thead',
  'tbody',
  'tfoot',
  'tr',
  'h2',
  'h3',
  'p',
  'div',
  'ul',
  'li',
  'details',
  'g',
  'defs',
  'dl',
]);

const escapeText = (text: string): string =>
  visibleLines(text)
    .replace(/[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');

const escapeAttribute = (text: string): string =>
  escapeText(text)
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
    .replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The text of a tree. */
export function write(child: Child): string {
  if (child === null) return '';
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(child);
  if (isList(child)) return child.map(write).join('');
  if ('verbatim' in child) return child.verbatim;
  const { tag, attributes, children } = child;
  const written = Object.entries(attributes).map(([name, value]) =>
    value === null ? '' : ` ${name}="${escapeAttribute(String(value))}"`,
  );
  const end = BLOCK.has(tag) ? '\n' : '';
  if (VOID.has(tag)) return `<${tag}${written.join('')}/>`;
  return `<${tag}${written.join('')}>${children.map(write).join('')}</${tag}>${end}`;
}

const isList = (child: Child): child is readonly Child[] => Array.isArray(child);
