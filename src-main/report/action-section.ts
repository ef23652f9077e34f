/** The commands of a run with their outcomes, and its events. */
import { COMMAND_NAMES, eventText, eventTitle, parametersText } from '../../shared/view/words/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import { h } from './markup.ts';
import type { Child } from './markup.ts';
import { plural, seconds } from '../../shared/view/number-format.ts';
import { name, number, table, text, wide } from './table.ts';

/** Longer lists are cut; the table “events” has all. */
const MAX_EVENTS = 200;
const MAX_COMMANDS = 500;

export function actionSection(record: RunRecord): Child {
  const { commands, events, tickMs } = record;
  const shown = events.filter((event) => event.type !== 'migrationRound' && event.type !== 'commandApplied');
  const commandRows = commands
    .slice(0, MAX_COMMANDS)
    .map((given) => [
      number(seconds(given.tick, tickMs)),
      text(COMMAND_NAMES[given.command.type]),
      name(given.command.vm),
      wide(parametersText(given.command)),
      text(given.applied ? h('span', { class: 'good' }, '✓ applied') : h('span', { class: 'bad' }, '✗ rejected')),
      wide(given.text),
    ]);
  const eventRows = shown
    .slice(0, MAX_EVENTS)
    .map((event) => [
      number(seconds(event.tick, tickMs)),
      text(eventTitle(event.type)),
      name(event.vm ?? ''),
      wide(eventText(event)),
    ]);
  return [
    commands.length === 0
      ? h('p', {}, 'No command was submitted.')
      : table({ head: [{ n: 't' }, 'command', 'VM', 'with', 'outcome', ''], rows: commandRows }),
    cut(commands.length, MAX_COMMANDS, 'command'),
    eventRows.length === 0
      ? null
      : h(
          'details',
          {},
          h('summary', {}, `What happened: ${plural(shown.length, 'event')}`),
          table({ head: [{ n: 't' }, 'event', 'VM', ''], rows: eventRows }),
          cut(shown.length, MAX_EVENTS, 'event'),
        ),
  ];
}

const cut = (there: number, shown: number, what: string): Child =>
  there <= shown
    ? null
    : h('p', { class: 'soft' }, `The first ${shown} of ${plural(there, what)}; the table “events” has all.`);
