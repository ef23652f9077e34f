/** The maps H, T and A and the owed pages of each VM, before and after. */
import { guestsOf } from '../../shared/columns/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { NodeColours } from './colour.ts';
import { guestsThatLagged } from './convergence-figure.ts';
import { laneFigure, laneLegend } from './lane-figure.ts';
import { h } from './markup.ts';
import type { Child } from './markup.ts';
import { exactPages, size } from '../../shared/view/number-format.ts';

/** VMs drawn; those that lagged come first. */
const MAX_MAPS = 24;

export function mapSection(record: RunRecord, colours: NodeColours): Child {
  const guests = guestsOf(record.after);
  if (guests.length === 0) return h('p', {}, 'No VM, no map.');
  const lagged = new Set(guestsThatLagged(record.series));
  const order = guests.map((_, g) => g).sort((a, b) => Number(lagged.has(b)) - Number(lagged.has(a)) || a - b);
  const drawn = order.slice(0, MAX_MAPS).sort((a, b) => a - b);
  return [
    h(
      'p',
      { class: 'soft' },
      'H: on which host node each guest page lives. T: on which guest node the memlayout says it belongs. A: on which guest node the allocator books it; full is used, tint is free, hatched is pinned. A guest node wears the colour of the host node it stands for, so the lanes agree in colour when the guest has converged. Each column shows the proportions of its pages (page = 4 KiB); A ≠ T (owed, or pinned elsewhere) is scaled to its fullest column.',
    ),
    guests.length > MAX_MAPS
      ? h('p', { class: 'soft' }, `${MAX_MAPS} of ${guests.length} VMs, those that lagged first.`)
      : null,
    h(
      'div',
      { class: 'vms' },
      drawn.map((g) => oneVm(record, g, colours)),
    ),
  ];
}

function oneVm({ before, after }: RunRecord, g: number, colours: NodeColours): Child {
  const { name, nrPages, validPages } = guestsOf(after)[g]!;
  if (nrPages === 0) return null;
  const { lag } = guestsOf(after)[g]!;
  const facts = `${size(validPages)} · owed ${exactPages(lag.targetActual)} · pinned elsewhere ${exactPages(lag.pinned)} · H ≠ T ${exactPages(lag.hostTarget)}`;
  return h(
    'figure',
    { class: 'vm' },
    h('h3', {}, name),
    h('figcaption', {}, facts),
    laneLegend(before, after, g, colours),
    laneFigure(before, after, g, colours),
  );
}
