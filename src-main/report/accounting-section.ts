/** The accounts of each VM at the end: what numactl prints in it, exact pages per node and zone, and the laws with their numbers. */
import { guestsOf } from '../../shared/columns/index.ts';
import { guestAccounting } from '../../shared/view/index.ts';
import type { Equation, GuestAccounting, PageCounts, RunRecord, Term } from '../../shared/view/index.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { count, hexPfn } from '../../shared/view/number-format.ts';
import { name, number, table, text } from './table.ts';

/** Beyond this many VMs only those whose accounts do not close are opened. */
const MAX_OPEN = 4;
/** VMs with their tables in the report; the table “accounting” has all. */
const MAX_VMS = 64;

export function accountingSection(record: RunRecord): Child {
  const guests = guestsOf(record.after);
  if (guests.length === 0) return h('p', {}, 'No VM, no accounts.');
  const shown = guests.slice(0, MAX_VMS);
  return [
    h(
      'p',
      { class: 'soft' },
      'At the end, in exact pages of 4 KiB. present, managed, per-CPU, allocated and reserved are counted by map T, free and spans by map A. Spans of nodes may overlap; they are not ownership.',
    ),
    shown.map((guest, g) => {
      const accounting = guestAccounting(record.after, g);
      const closes = accounting.equations.every((equation) => equation.closes);
      const open = guests.length <= MAX_OPEN || !closes ? 'open' : null;
      return h(
        'details',
        { open },
        h(
          'summary',
          {},
          h('strong', {}, guest.name),
          ' ',
          closes ? h('span', { class: 'good' }, '✓ closes') : h('span', { class: 'bad' }, '✗ does not close'),
        ),
        h(
          'div',
          { class: 'row' },
          h(
            'div',
            {},
            h('p', { class: 'soft' }, 'numactl --hardware, in the guest ("MB" is MiB, cut)'),
            h('pre', { class: 'fixed' }, accounting.numactlText),
          ),
          zoneTable(accounting, guest.nrPages),
        ),
        equationTable(accounting),
        h(
          'p',
          { class: 'soft' },
          `Transplanted (pages whose node changed, nothing copied): ${count(guest.moved.sweep)} swept from the free lists by commits, ${count(guest.moved.drain)} drained from per-CPU lists, ${count(guest.moved.free)} when freed; ${count(guest.lookups.hit)} look-ups answered by the cached range, ${count(guest.lookups.miss)} by the layout.`,
        ),
      );
    }),
    guests.length > MAX_VMS
      ? h('p', { class: 'soft' }, `The first ${MAX_VMS} of ${guests.length} VMs; the table “accounting” has all.`)
      : null,
  ];
}

/** Guests with more nodes than this are shown without those that are empty. */
const MAX_EMPTY_NODES = 16;

const foldsEmpty = (accounting: GuestAccounting): boolean => accounting.nodes.length > MAX_EMPTY_NODES;
const isEmpty = (row: PageCounts & { readonly spannedPages: number }): boolean =>
  row.spannedPages === 0 && COUNTS.every(([, key]) => row[key] === 0);

const COUNTS = [
  ['present', 'presentPages'],
  ['managed', 'managedPages'],
  ['free', 'freePages'],
  ['per-CPU', 'pcpPages'],
  ['allocated', 'allocatedPages'],
  ['reserved', 'reservedPages'],
] as const satisfies readonly (readonly [string, keyof PageCounts])[];

function zoneTable(accounting: GuestAccounting, nrPages: number): Element {
  const counts = (row: PageCounts): Element[] => COUNTS.map(([, key]) => number(row[key]));
  const shown = accounting.nodes.filter((node) => node.online && !(foldsEmpty(accounting) && isEmpty(node)));
  const rows = shown.flatMap((node) => [
    [name(`node ${node.nid}`), text('all'), number(node.spannedPages), ...counts(node), text('')],
    ...node.zones
      .filter((zone) => !isEmpty(zone))
      .map((zone) => [
        name(''),
        text(zone.zoneName),
        number(zone.spannedPages),
        ...counts(zone),
        h(
          'td',
          { class: 'mono' },
          zone.spannedPages === 0
            ? '–'
            : `${hexPfn(zone.spanStartPfn, nrPages)} to ${hexPfn(zone.spanStartPfn + zone.spannedPages, nrPages)}`,
        ),
      ]),
  ]);
  return table({
    ...(foldsEmpty(accounting) ? { caption: 'Nodes without pages are left out; the table “accounting” has all.' } : {}),
    head: ['node', 'zone', { n: 'spanned' }, ...COUNTS.map(([n]) => ({ n })), 'span [start, end)'],
    rows,
    foot: [name('sum'), text(''), text(''), ...counts(accounting.totals), text('')],
  });
}

function equationTable(accounting: GuestAccounting): Element {
  const empty = (equation: Equation): boolean =>
    equation.closes && [...equation.left, ...equation.right].every((term) => term.pages === 0);
  const equations = accounting.equations.filter((equation) => !foldsEmpty(accounting) || !empty(equation));
  const rows = equations.map((equation) => [
    text(equation.law),
    name(equation.scope),
    h(
      'td',
      { class: 'eq' },
      side(equation.left, (term) => term.name),
      ` ${sign(equation)} `,
      side(equation.right, (term) => term.name),
    ),
    h(
      'td',
      { class: 'eq' },
      side(equation.left, (term) => count(term.pages)),
      ` ${sign(equation)} `,
      side(equation.right, (term) => count(term.pages)),
    ),
    text(
      equation.closes
        ? h('span', { class: 'good' }, '✓')
        : h('span', { class: 'bad' }, `✗ ${count(equation.leftPages)} against ${count(equation.rightPages)}`),
    ),
  ]);
  return table({ head: ['law', 'of', 'says', 'pages', 'closes'], rows });
}

const sign = (equation: Equation): string => (equation.relation === '=' ? '=' : '≤');
const side = (terms: readonly Term[], show: (term: Term) => string): string =>
  terms
    .map((term, i) => `${i === 0 ? (term.sign < 0 ? '−' : '') : term.sign < 0 ? ' − ' : ' + '}${show(term)}`)
    .join('');
