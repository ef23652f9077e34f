/** A column of page counts with what changed below each; the same in the tables of nodes and of zones. */
import { signed } from '../../../shared/view/change.ts';
import type { PageCounts } from '../../../shared/view/index.ts';
import { count, size } from '../../../shared/view/number-format.ts';
import type { DataColumn } from '../../ui/table.ts';

const COUNTS = [
  { id: 'presentPages', title: 'present', hint: 'Pages that belong here by the memlayout (T)' },
  { id: 'managedPages', title: 'managed', hint: 'Present pages that the allocator manages (T): all but reserved' },
  { id: 'freePages', title: 'free', hint: 'Pages on the free lists here (A)' },
  { id: 'pcpPages', title: 'per-CPU', hint: 'Pages on per-CPU lists (by T)' },
  { id: 'allocatedPages', title: 'allocated', hint: 'Pages in use that belong here (T), wherever they are booked' },
  { id: 'reservedPages', title: 'reserved', hint: 'Pages that were never given to the allocator (T)' },
] as const satisfies readonly { readonly id: keyof PageCounts; readonly title: string; readonly hint: string }[];

/** @param before the same row in the state compared with; undefined: it had none; null: nothing to compare with. */
export function countColumns<Row extends PageCounts>(
  before: ((row: Row) => PageCounts | undefined) | null,
): DataColumn<Row>[] {
  return COUNTS.map(({ id, title, hint }) => ({
    id,
    title,
    hint,
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
