/** A column of page counts with what changed below each; the same in the tables of nodes and of zones. */
import { columnSpec, PAGE_COUNTS } from '../../../shared/columns/index.ts';
import { signed } from '../../../shared/view/change.ts';
import type { PageCounts } from '../../../shared/view/index.ts';
import { count, size } from '../../../shared/view/number-format.ts';
import type { DataColumn } from '../../ui/table.ts';

/** @param before the same row in the state compared with; undefined: it had none; null: nothing to compare with. */
export function countColumns<Row extends PageCounts>(
  before: ((row: Row) => PageCounts | undefined) | null,
): DataColumn<Row>[] {
  return PAGE_COUNTS.map((id) => ({
    id,
    title: columnSpec('zones', id).title,
    value: (row) => row[id],
    text: (row) => count(row[id]),
    tip: (row) => size(row[id]),
    ...(before === null
      ? {}
      : {
          below: (row: Row) => {
            const change = row[id] - (before(row)?.[id] ?? 0);
            return change === 0 ? null : signed(change);
          },
        }),
    sum: count,
  }));
}
