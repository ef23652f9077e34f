/**
 * The report of a run: one HTML file that needs nothing else (no script, no remote part), and its tables as CSV and JSON.
 *
 * (a) Every number comes from shared/view, as the screen's do. (b) Equal records give equal bytes: no date, no machine.
 * (c) Every text of the user's is escaped by markup.ts.
 */
import { recordsOf } from '../../shared/columns/index.ts';
import { visibleJson } from '../../shared/errors/index.ts';
import { convergedGuests, runDocument } from '../../shared/view/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { accountingSection } from './accounting-section.ts';
import { actionSection } from './action-section.ts';
import { NodeColours } from './colour.ts';
import { frontFigure } from './front-figure.ts';
import { convergenceSection } from './convergence-section.ts';
import { csvFiles } from './csv.ts';
import { inputSection } from './input-section.ts';
import { lawSection, reproduceSection } from './law-section.ts';
import { mapSection } from './map-section.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { page } from './page.ts';
import { migrationSection } from './migration-section.ts';
import { count, exactPages, plural, seconds, size } from '../../shared/view/number-format.ts';
import { assumptionsOf, GLOSSARY, runSummary } from '../../shared/view/words/index.ts';
import { placementSection } from './placement-section.ts';
import { STYLE } from './style.ts';
import { name, table, wide } from './table.ts';
import { verdict } from './verdict.ts';

export interface Report {
  readonly html: string;
  /** By file name. */
  readonly csv: Readonly<Record<string, string>>;
  readonly json: string;
}

export function renderReport(record: RunRecord): Report {
  return {
    html: html(record),
    csv: csvFiles(record),
    json: visibleJson(`${JSON.stringify(runDocument(record), null, 2)}\n`),
  };
}

function html(record: RunRecord): string {
  const colours = new NodeColours(record.after.header);
  const front = frontPage(record, colours);
  const sections: readonly (readonly [string, string, Child])[] = [
    ['figures', 'In figures', figuresSection(record)],
    ['assumptions', 'Assumptions', assumptionSection(record)],
    ['inputs', 'Inputs', inputSection(record)],
    ['actions', 'Actions', actionSection(record)],
    ['placement', 'Before and after', placementSection(record, colours)],
    ['convergence', 'Convergence', convergenceSection(record, colours)],
    ['maps', 'Maps', mapSection(record, colours)],
    ['accounting', 'Accounting', accountingSection(record)],
    ['migrations', 'Migrations and compactions', migrationSection(record)],
    ['laws', 'Laws', lawSection(record)],
    ['words', 'Words', wordSection()],
    ['reproduce', 'Run it again', reproduceSection(record)],
  ];
  // The colours know which patterns are needed only when everything is drawn.
  const style = `${STYLE}${colours.rules()}\n`;
  return page(`${record.scenarioName} · Pageshift report`, style, [
    colours.definitions(),
    h(
      'main',
      {},
      front,
      h('h2', { class: 'appendix', id: 'appendix' }, 'Appendix'),
      h(
        'nav',
        { 'aria-label': 'Sections' },
        sections.map(([id, title]) => h('a', { href: `#${id}` }, title)),
      ),
      sections.map(([id, title, content]) => h('section', { id }, h('h2', {}, title), content)),
    ),
  ]);
}

/** What a reader must know before any figure: the run did not go to its own end. */
function endingBanner({ ending, after, tickMs }: RunRecord): Child {
  const { tick } = after.header;
  const at = `tick ${count(tick)} (${seconds(tick, tickMs)})`;
  switch (ending) {
    case 'settled':
      return null;
    case 'ticks':
      return banner(
        'soft',
        `Run for the ${count(tick)} ticks that were asked for; not all that was begun need have ended.`,
      );
    case 'maxTicks':
      return banner('bad', `Stopped at the tick limit, ${at}: the world has not settled.`);
    case 'neverSettles':
      return banner('bad', `Ended at ${at}: the world has not settled, and it never will.`);
    case 'brokenLaw':
      return banner('bad', `Stopped by a broken law at ${at}. This is a bug in Pageshift.`);
    case 'interrupted':
      return banner('bad', `Interrupted at ${at}: this report is partial, and true of that tick.`);
  }
}

const banner = (mood: 'soft' | 'bad', text: string): Element => h('p', { class: `banner ${mood}` }, text);

/** For a person who was not there: what was asked, what happened, what it means, and one figure. */
function frontPage(record: RunRecord, colours: NodeColours): Element {
  const { asked, happened, placement, guests, meaning } = runSummary(record);
  const lines: readonly (readonly [string, string])[] = [
    ['Asked', asked],
    ['Happened', happened],
    ['Now', placement],
    ['Guests', guests],
    ['Means', meaning],
  ];
  return h(
    'header',
    { class: 'front' },
    h('h1', {}, record.scenarioName),
    endingBanner(record),
    h(
      'dl',
      { class: `lines ${verdict(record).mood}` },
      lines.map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))),
    ),
    frontFigure(record, colours),
    h('p', { class: 'soft' }, assumptionNote(record)),
  );
}

function assumptionNote(record: RunRecord): Child {
  const { length } = assumptionsOf(record);
  return [
    `Simulated by Pageshift ${record.version}, not measured. It rests on `,
    h('a', { href: '#assumptions' }, plural(length, 'assumption')),
    '; ',
    h('a', { href: '#reproduce' }, 'the scenario is at the end'),
    ', so that anybody can run it again.',
  ];
}

function assumptionSection(record: RunRecord): Child {
  return table({
    head: ['taken to be so', 'other figures without it'],
    rows: assumptionsOf(record).map(({ text, affects }) => [wide(text), wide(affects)]),
  });
}

/** The words of the tables that follow, as the window's glossary has them. */
function wordSection(): Child {
  return table({
    head: ['word', 'means'],
    rows: GLOSSARY.map(({ term, name: stands, short }) => [
      name(stands === '' ? term : `${term}, ${stands}`),
      wide(short),
    ]),
  });
}

function figuresSection(record: RunRecord): Child {
  const { guests, tick } = recordsOf(record.after);
  const { mood, sentence } = verdict(record);
  const sum = (of: (guest: (typeof guests)[number]) => number): number =>
    guests.reduce((total, guest) => total + of(guest), 0);
  const owed = sum((guest) => guest.lag.targetActual);
  const away = sum((guest) => guest.lag.hostTarget);
  const pinned = sum((guest) => guest.lag.pinned);
  const moved = sum(({ moved: m }) => m.sweep + m.free + m.drain);
  const figures: readonly (readonly [string, string, string])[] = [
    [
      'VMs converged',
      `${count(convergedGuests(record).filter((converged) => converged).length)} of ${count(guests.length)}`,
      '',
    ],
    ['H ≠ T', size(away), exactPages(away)],
    ['T ≠ A, owed', size(owed), exactPages(owed)],
    ['pinned elsewhere', size(pinned), exactPages(pinned)],
    ['transplanted', size(moved), exactPages(moved)],
    ['laws broken', count(record.laws.broken.length), ''],
    ['simulated time', seconds(tick, record.tickMs), `tick ${count(tick)}`],
  ];
  return [
    h('p', { class: `verdict ${mood}` }, sentence),
    h(
      'dl',
      { class: 'tiles' },
      figures.map(([term, value, title]) =>
        h('div', { title: title === '' ? null : title }, h('dt', {}, term), h('dd', {}, value)),
      ),
    ),
  ];
}
