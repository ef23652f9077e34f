/** Ranges of a guest's memory by the pages that back them. */
import type { HugePageRange } from '../../shared/model/config.ts';
import type { PfnRange } from '../../shared/units/index.ts';

/** A range cut where huge pages begin and end, with their size; null: none. */
export function cutAtPages(
  { start, end }: PfnRange,
  hugePages: readonly HugePageRange[],
): (PfnRange & { readonly framePages: number | null })[] {
  const cut: (PfnRange & { readonly framePages: number | null })[] = [];
  let from = start;
  const push = (to: number, framePages: number | null): void => {
    if (to > from) cut.push({ start: from, end: to, framePages });
    from = Math.max(from, to);
  };
  for (const range of hugePages) {
    push(Math.min(end, range.start), null);
    push(Math.min(end, range.end), range.framePages);
  }
  push(end, null);
  return cut;
}
