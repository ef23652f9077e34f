/**
 * Sizes and id sets as libvirt writes them. Units without regard to case: b, byte, bytes; k, m, g, t, p, e alone or
 * with `iB` are powers of 1024, with `B` powers of 1000 (virScaleInteger); the result is rounded up to KiB.
 */
import { kibFromBytes } from '../../shared/units/index.ts';
import { idList } from '../../shared/view/id-list.ts';
import type { Place } from '../../shared/errors/index.ts';
import type { DiagnosticList } from './diagnostic-list.ts';
import { quote } from './diagnostic-list.ts';
import { parseIdList } from './id-list.ts';
import type { XmlElement } from './xml/index.ts';
import { placeOf } from './xml/index.ts';

const PREFIXES = 'kmgtpe';

/** Bytes in a unit, or null for a unit libvirt does not know. */
function libvirtUnitBytes(unit: string): bigint | null {
  const lower = unit.trim().toLowerCase();
  if (lower === 'b' || lower === 'byte' || lower === 'bytes') return 1n;
  const power = PREFIXES.indexOf(lower.charAt(0)) + 1;
  const suffix = lower.slice(1);
  if (lower === '' || power === 0) return null;
  if (suffix === '' || suffix === 'ib') return 1024n ** BigInt(power);
  return suffix === 'b' ? 1000n ** BigInt(power) : null;
}

/** A size in KiB, rounded up; null, with an error, when number or unit cannot be read or it is 2^53 KiB and more. */
export function readSizeKib(
  value: string,
  unit: string | undefined,
  where: Place,
  list: DiagnosticList,
): number | null {
  const trimmed = value.trim();
  if (!/^\d{1,30}$/.test(trimmed)) {
    const detail = { found: quote(value), expected: 'a whole number, not negative' };
    list.error('size-invalid', 'A size cannot be read.', where, detail);
    return null;
  }
  // libvirt takes an empty unit for none.
  const unitBytes = libvirtUnitBytes(unit === undefined || unit === '' ? 'KiB' : unit);
  if (unitBytes === null) {
    const detail = { found: quote(unit ?? ''), expected: 'bytes, KB, KiB, MB, MiB, GB, GiB, TB or TiB' };
    list.error('unit-unknown', 'A unit of size is not known.', where, detail);
    return null;
  }
  const kib = kibFromBytes(BigInt(trimmed) * unitBytes);
  if (kib <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(kib);
  const detail = { found: quote(`${trimmed} ${unit ?? 'KiB'}`), expected: 'less than 8 EiB' };
  list.error('size-too-large', 'A size is too large.', where, detail);
  return null;
}

/** The size in an element's text, with its `unit`; null when the element is absent or unreadable. */
export const elementSizeKib = (element: XmlElement | null, list: DiagnosticList): number | null =>
  element === null ? null : readSizeKib(element.text, element.attributes.get('unit'), placeOf(element), list);

/** A set of ids; null, with an error, when it cannot be read. libvirt refuses empty sets except where `mayBeEmpty`. */
export function readIdSet(
  text: string,
  where: Place,
  mayBeEmpty: boolean,
  list: DiagnosticList,
): readonly number[] | null {
  const result = parseIdList(text, 'comma', list.idBudget);
  if (!result.ok) {
    const message = `A list of ids cannot be read at ${quote(result.term)}: ${result.reason}.`;
    list.error('id-list-invalid', message, where, { found: quote(text), expected: 'a list such as 0-3,8,^2' });
    return null;
  }
  if (result.ids.length > 0 || mayBeEmpty) return result.ids;
  list.error('id-list-empty', 'A list of ids is empty.', where, { found: quote(text), expected: 'at least one id' });
  return null;
}

/** An attribute that is a set of ids; null when absent or, with an error, unreadable or empty. */
export function idSetAttribute(element: XmlElement, name: string, list: DiagnosticList): readonly number[] | null {
  const text = element.attributes.get(name);
  return text === undefined ? null : readIdSet(text, placeOf(element, name), false, list);
}

/** Ids for a message: all of them as ranges, cut when there are many. */
export function idRangeText(ids: readonly number[]): string {
  const text = idList(ids);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
