/** Reading the fields of an element: places for diagnostics, children by name, whole numbers. */
import type { Place } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { XmlElement } from './document.ts';

/** Where an element, or one of its attributes, stands. */
export function placeOf(element: XmlElement, attribute?: string): Place {
  const path = attribute === undefined ? element.path : `${element.path}/@${attribute}`;
  return { line: element.line, column: element.column, path };
}

export const childrenOf = (element: XmlElement | null, name: string): readonly XmlElement[] =>
  element === null ? [] : element.children.filter((child) => child.name === name);

/** The first child of that name, or null. A second one is a warning: libvirt reads only the first. */
export function childOf(element: XmlElement | null, name: string, list: DiagnosticList): XmlElement | null {
  const [first, second] = childrenOf(element, name);
  if (second !== undefined) {
    list.warning('element-repeated', `<${name}> is given twice; only the first is read.`, placeOf(second));
  }
  return first ?? null;
}

/** `text` as a whole number from 0 to `max`; null, with an error, when it is not. */
export function parseWhole(text: string, max: number, where: Place, list: DiagnosticList): number | null {
  const trimmed = text.trim();
  const value = /^\d{1,20}$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (value <= max) return value;
  const detail = { found: quote(text), expected: `a whole number from 0 to ${max}` };
  list.error('number-invalid', 'A number cannot be read.', where, detail);
  return null;
}

/** An attribute as a whole number; null when it is absent or, with an error, unreadable. */
export function wholeAttribute(element: XmlElement, name: string, max: number, list: DiagnosticList): number | null {
  const text = element.attributes.get(name);
  return text === undefined ? null : parseWhole(text, max, placeOf(element, name), list);
}

/** As `wholeAttribute`, and an error when it is absent. */
export function requiredWhole(element: XmlElement, name: string, max: number, list: DiagnosticList): number | null {
  if (!element.attributes.has(name)) reportMissing(element, name, list);
  return wholeAttribute(element, name, max, list);
}

export function reportMissing(element: XmlElement, attribute: string, list: DiagnosticList): void {
  const message = `<${element.name}> has no attribute "${attribute}".`;
  list.error('attribute-missing', message, placeOf(element), { expected: `${attribute}='…'` });
}
