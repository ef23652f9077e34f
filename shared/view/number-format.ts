/**
 * Number formats for people: thin spaces between thousands, at most two decimals, units always, "–" for unknown.
 */
import { PAGE_SIZE_BYTES, PAGES_PER_MIB } from '../units/index.ts';

const THIN = '\u202f';
export const UNKNOWN = '–';

/** A whole number with thin spaces: 61 204. */
export function count(n: number): string {
  const digits = String(Math.abs(n));
  return `${n < 0 ? '−' : ''}${digits.replace(/\B(?=(\d{3})+(?!\d))/g, THIN)}`;
}

/** At most two decimals, no trailing zeros: 1.5, 12, 0.04. */
export function decimal(n: number): string {
  const [whole, fraction] = Math.abs(n).toFixed(2).split('.') as [string, string];
  const cut = fraction.replace(/0+$/, '');
  const text = `${count(Number(whole))}${cut === '' ? '' : `.${cut}`}`;
  return n < 0 && text !== '0' ? `−${text}` : text;
}

/** Pages as MiB or GiB: 239.08 MiB, 16 GiB. Less than a hundredth of a MiB but not nothing: <0.01 MiB. */
export function size(pages: number): string {
  const mib = pages / PAGES_PER_MIB;
  if (Math.abs(mib) >= 1024) return `${decimal(mib / 1024)} GiB`;
  if (pages !== 0 && Math.abs(mib) < 0.005) return `${pages < 0 ? '−' : ''}<0.01 MiB`;
  return `${decimal(mib)} MiB`;
}

/** The exact figure behind `size`, for tooltips: 61 204 pages. */
export const exactPages = (pages: number): string => `${count(pages)} ${Math.abs(pages) === 1 ? 'page' : 'pages'}`;

/** Bytes as MiB or GiB. */
export const bytes = (n: number): string => size(n / PAGE_SIZE_BYTES);

/** A tick as simulated seconds: 42.6 s. */
export const seconds = (tick: number, tickMs: number): string => `${decimal((tick * tickMs) / 1000)} s`;

/** A pfn in hex, as wide as `nrPages` needs. */
export const hexPfn = (pfn: number, nrPages: number): string =>
  `0x${pfn.toString(16).padStart(Math.max(1, (nrPages - 1).toString(16).length), '0')}`;

/** The numerus: 1 page, 2 pages. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** A round step for an axis up to `max` with about `steps` marks: 1, 2 or 5 times a power of ten. `max` above 0. */
export function niceStep(max: number, steps: number): number {
  const raw = max / steps;
  let power = 1;
  while (power * 10 <= raw) power *= 10;
  while (power > raw) power /= 10;
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= raw) ?? 10 * power;
}
