/** How the guests converged over time, and each node pair's peak. */
import { OTHER_PAIRS } from '../../shared/view/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { NodeColours } from './colour.ts';
import { convergenceFigure, guestsThatLagged, pairMarks, peak } from './convergence-figure.ts';
import { swatch } from './lane-figure.ts';
import { h } from './markup.ts';
import type { Child } from './markup.ts';
import { count, plural, seconds } from '../../shared/view/number-format.ts';
import { name, number, pages, table, text } from './table.ts';

/** Panels drawn; the table “series” has every VM. */
const MAX_PANELS = 12;
const MAX_PAIR_ROWS = 100;

export function convergenceSection(record: RunRecord, colours: NodeColours): Child {
  const { series } = record;
  const lagged = guestsThatLagged(series);
  if (series.ticks.length < 2 || lagged.length === 0) {
    return h(
      'p',
      {},
      series.guests.length === 0
        ? 'No VM, nothing to converge.'
        : 'In no VM did a page ever live or be booked elsewhere than its memlayout says: both lags stayed 0.',
    );
  }
  const byPeak = [...lagged].sort((a, b) => owedPeak(record, b) - owedPeak(record, a) || a - b);
  const drawn = byPeak.slice(0, MAX_PANELS).sort((a, b) => a - b);
  const still = series.guests.length - lagged.length;
  return h('div', { class: 'row' }, [
    h(
      'figure',
      { class: 'conv' },
      h(
        'figcaption',
        {},
        'Stale, dashed: pages that live on a host node other than the one that their guest node stands for (H against T). Owed, stacked: pages booked on guest node ',
        h('em', {}, 'from'),
        ' (map A, fill) that belong on ',
        h('em', {}, 'to'),
        ' (map T, upper edge), waiting to be freed. Dotted: pages pinned for ever. In MiB or GiB over simulated seconds; ▼ is a commit.',
        series.stride > 1 ? ' Where ticks share a place, a band from the least to the most of them.' : '',
      ),
      convergenceFigure(record, drawn, colours),
      drawn.length < lagged.length
        ? h(
            'p',
            { class: 'soft' },
            `The ${MAX_PANELS} VMs with the highest peaks, of ${lagged.length}; the table “series” has all.`,
          )
        : null,
      still > 0 ? h('p', { class: 'soft' }, `${plural(still, 'VM')} never lagged.`) : null,
    ),
    pairTable(record, lagged, colours),
  ]);
}

const owedPeak = (record: RunRecord, g: number): number => {
  const series = record.series.guests[g]!;
  return peak(series.lags.owed.most) + peak(series.lags.stale.most);
};

function pairTable(record: RunRecord, guests: readonly number[], colours: NodeColours): Child {
  const all = guests.flatMap((g) =>
    record.series.guests[g]!.pairs.map((pair) => ({ g, pair, most: peak(pair.owedPages) })),
  );
  if (all.length === 0) return null;
  const rows = all.slice(0, MAX_PAIR_ROWS).map(({ g, pair, most }, i) => {
    const marks = pairMarks(record, g, pair.from, pair.to, colours);
    const at = record.series.ticks[pair.owedPages.indexOf(most)]!;
    return [
      name(i > 0 && all[i - 1]!.g === g ? '' : record.series.guests[g]!.name),
      text(
        pair.from === OTHER_PAIRS
          ? 'other pairs'
          : [swatch(marks.from.fill), `${pair.from} → `, swatch(marks.to.fill), `${pair.to}`],
      ),
      pages(most),
      number(seconds(at, record.tickMs)),
      number(halfLife(record, pair.owedPages)),
      pages(pair.owedPages.at(-1)!),
      number(count(pair.owedPages.at(-1)!)),
    ];
  });
  return table({
    caption: `Owed by node pair (booked on → belongs on), not pinned${all.length > MAX_PAIR_ROWS ? `; the first ${MAX_PAIR_ROWS} of ${all.length}` : ''}. Halved: time from the peak until half of it was left.`,
    head: ['VM', 'pair', { n: 'peak' }, { n: 'at' }, { n: 'halved after' }, { n: 'at the end' }, { n: 'in pages' }],
    rows,
  });
}

function halfLife(record: RunRecord, owed: readonly number[]): string | null {
  const top = peak(owed);
  const from = owed.lastIndexOf(top);
  const half = owed.findIndex((value, i) => i > from && value * 2 <= top);
  return half < 0 ? null : seconds(record.series.ticks[half]! - record.series.ticks[from]!, record.tickMs);
}
