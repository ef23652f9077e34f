/**
 * Lists of CPUs and nodes as Linux prints them: `0-3,8,10-11`; empty text is no id.
 */
import { idList } from '../../shared/view/id-list.ts';

const PART = /^(\d{1,9})(?:-(\d{1,9}))?$/;

/** The terms as they are written, each inclusive at both ends, or a sentence saying what is wrong. Ids are below `limit`. */
export function readIdTerms(
  text: string,
  limit: number,
): readonly { readonly first: number; readonly last: number }[] | string {
  if (text.trim() === '') return [];
  const terms: { readonly first: number; readonly last: number }[] = [];
  for (const raw of text.split(',')) {
    const part = raw.trim();
    const match = PART.exec(part);
    if (match === null) return `"${part.slice(0, 30)}" is neither an id nor a range such as 0-3`;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first) return `the range ${part} runs backwards`;
    if (last >= limit) return `${last} is above the largest id, ${limit - 1}`;
    terms.push({ first, last });
  }
  return terms;
}

/** The ids in ascending order without repeats, or a sentence saying what is wrong. Ids are below `limit`. */
export function parseIdList(text: string, limit: number): readonly number[] | string {
  const terms = readIdTerms(text, limit);
  if (typeof terms === 'string') return terms;
  const ids: number[] = [];
  let next = 0;
  for (const { first, last } of [...terms].sort((a, b) => a.first - b.first)) {
    for (let id = Math.max(first, next); id <= last; id++) ids.push(id);
    next = Math.max(next, last + 1);
  }
  return ids;
}

/** The ids of a list that the schema has accepted. */
export function idsOf(text: string): readonly number[] {
  const ids = parseIdList(text, Number.POSITIVE_INFINITY);
  return typeof ids === 'string' ? [] : ids;
}

/** `0-3,8` from ids in any order, however often each is there. */
export const formatIdList = (ids: readonly number[]): string => idList([...new Set(ids)].sort((a, b) => a - b));
