/** Live migrations round by round, and compactions. */
import { recordsOf } from '../../shared/columns/index.ts';
import type { CompactionRow, MigrationRow } from '../../shared/model/transfer.ts';
import { PAGE_SIZE_BYTES } from '../../shared/units/index.ts';
import { idList } from '../../shared/view/index.ts';
import { verdictText } from '../../shared/view/words/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { bar } from './bar-figure.ts';
import { h } from './markup.ts';
import type { Child, Element } from './markup.ts';
import { bytes, count, decimal, plural, seconds, UNKNOWN } from '../../shared/view/number-format.ts';
import { barCell, name, number, pages, table, text } from './table.ts';

/** Rounds printed of one migration: the first and the last; the table “migrations” has all. */
const MAX_ROUNDS = 40;

export function migrationSection({ after, tickMs }: RunRecord): Child {
  const records = recordsOf(after);
  const { migrations, compactions } = records;
  return [
    migrations.length === 0 ? h('p', {}, 'No live migration.') : migrations.map((m) => oneMigration(m, tickMs)),
    compactions.length === 0 ? h('p', {}, 'No compaction.') : compactionTable(compactions, tickMs),
  ];
}

function oneMigration(m: MigrationRow, tickMs: number): Child {
  const took = m.endTick === null ? 'still under way' : `${seconds(m.endTick - m.startTick, tickMs)} total time`;
  const downtime = m.downtimeMs === null ? '' : `, ${decimal(m.downtimeMs)} ms downtime`;
  const most = m.rounds.reduce((a, round) => Math.max(a, round.bytesToSend), 0);
  const rows = m.rounds.map((round, i) => [
    number(i),
    number(seconds(round.startTick, tickMs)),
    barCell(
      bar(
        [
          { pages: round.bytesSent / PAGE_SIZE_BYTES, fill: 'held crisp', label: '', name: 'sent' },
          {
            pages: Math.max(0, round.bytesToSend - round.bytesSent) / PAGE_SIZE_BYTES,
            fill: 'held tint crisp',
            label: '',
            name: 'not sent',
          },
        ],
        most / PAGE_SIZE_BYTES,
        `round ${i}: ${bytes(round.bytesSent)} of ${bytes(round.bytesToSend)} sent`,
      ),
    ),
    amount(round.bytesToSend),
    amount(round.bytesSent),
    round.dirtyBytes === null ? number(UNKNOWN) : amount(round.dirtyBytes),
  ]);
  const cut = rows.length > MAX_ROUNDS;
  return h(
    'div',
    { class: 'vm' },
    h('h3', {}, `${m.vm}: ${m.fromHost} → ${m.toHost}, ${m.phase === 'switchOver' ? 'switching over' : m.phase}`),
    h(
      'p',
      {},
      `${verdictText(m)} (${plural(m.rounds.length, 'round')}, ${took}${downtime}, ${bytes(m.sentBytes)} sent)`,
    ),
    rows.length === 0
      ? null
      : table({
          ...(cut
            ? { caption: `The first ${MAX_ROUNDS - 1} rounds and the last; the table “migrations” has all.` }
            : {}),
          head: [
            { n: 'round' },
            { n: 'began' },
            'sent of what was to send',
            { n: 'to send' },
            { n: 'sent' },
            { n: 'found dirty' },
          ],
          rows: cut ? [...rows.slice(0, MAX_ROUNDS - 1), rows.at(-1)!] : rows,
        }),
  );
}

const amount = (n: number): Element => h('td', { class: 'n', title: `${count(n)} bytes` }, bytes(n));

function compactionTable(compactions: readonly CompactionRow[], tickMs: number): Element {
  const rows = compactions.map((c) => [
    name(c.vm),
    text(c.phase),
    text(c.nodes.length === 0 ? UNKNOWN : idList(c.nodes)),
    number(seconds(c.startTick, tickMs)),
    number(c.endTick === null ? null : seconds(c.endTick - c.startTick, tickMs)),
    pages(c.movedPages),
    pages(c.leftPages),
  ]);
  return table({
    caption: 'Compactions: pages copied to other host frames (map H)',
    head: ['VM', 'phase', 'to host nodes', { n: 'began' }, { n: 'took' }, { n: 'moved' }, { n: 'left' }],
    rows,
  });
}
