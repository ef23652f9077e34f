/**
 * Lists of CPU and node ids: `0-3,8` (kernel), `0-5,^4` (libvirt, terms from left to right), `0 1 2` and `0-15` with
 * blanks between them (numactl). Ids are bounded, so that no list can exhaust memory; a range that descends or is cut
 * short is an error that quotes it, never guessed.
 */

/** The largest id read. Linux stops at 8192 CPUs and 1024 nodes, libvirt at 16384; pins in files have up to 5 digits. */
export const MAX_ID = 65_535;

/**
 * How many ids the lists of one file may still name, ranges counted by their length. At first 4 million: 2048 vCPUs,
 * each pinned to 2048 CPUs.
 */
export interface IdBudget {
  left: number;
}

export const newIdBudget = (): IdBudget => ({ left: 4 * 1024 * 1024 });

export type IdSeparator = 'comma' | 'blank';

export type IdList =
  | { readonly ok: true; readonly ids: readonly number[]; /** Ids named again. */ readonly repeated: readonly number[] }
  | { readonly ok: false; /** The term that cannot be read. */ readonly term: string; readonly reason: string };

const TERM = /^(\^?)\s*(\d{1,20})(?:\s*-\s*(\d{1,20}))?$/;

/**
 * The ids of a list, ascending and distinct; an empty text is an empty list. With 'comma' terms are separated by
 * commas and `^` excludes; with 'blank' by blanks or commas. Takes what it reads from `budget`.
 */
export function parseIdList(text: string, separator: IdSeparator, budget: IdBudget): IdList {
  const ids = new Set<number>();
  const repeated = new Set<number>();
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, ids: [], repeated: [] };
  // libvirt lets a comma end a list.
  const terms = separator === 'comma' ? trimmed.replace(/,$/, '').split(',') : trimmed.split(/\s*,\s*|\s+/);
  for (const untrimmed of terms) {
    const term = untrimmed.trim();
    const range = readTerm(term, separator);
    if (typeof range === 'string') return { ok: false, term, reason: range };
    budget.left -= range.last - range.first + 1;
    if (budget.left < 0) return { ok: false, term, reason: 'the file names too many ids in all' };
    for (let id = range.first; id <= range.last; id++) {
      if (range.exclude) ids.delete(id);
      else if (ids.has(id)) repeated.add(id);
      else ids.add(id);
    }
  }
  return { ok: true, ids: ascending(ids), repeated: ascending(repeated) };
}

function readTerm(
  term: string,
  separator: IdSeparator,
): string | { readonly first: number; readonly last: number; readonly exclude: boolean } {
  const match = TERM.exec(term);
  if (match === null) return term === '' ? 'an id is missing' : 'it is neither an id nor a range';
  const exclude = match[1] === '^';
  if (exclude && separator === 'blank') return 'exclusions are not known here';
  const first = Number(match[2]);
  const last = match[3] === undefined ? first : Number(match[3]);
  if (exclude && match[3] !== undefined) return 'only a single id can be excluded';
  if (last < first) return 'the range descends';
  if (last > MAX_ID) return `the largest id read is ${MAX_ID}`;
  return { first, last, exclude };
}

const ascending = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);
