/** The laws that were checked, and how to run the scenario again. */
import type { RunRecord } from '../../shared/view/index.ts';
import { h } from './markup.ts';
import type { Child } from './markup.ts';
import { shellWord } from '../../shared/view/command-line.ts';
import { fileStem, scenarioFile } from '../../shared/view/export-name.ts';
import { plural } from '../../shared/view/number-format.ts';
import { name, number, table, text, wide } from './table.ts';
import { checksText } from './verdict.ts';

const MAX_VIOLATIONS = 50;

/**
 * What a check recounts, in short. Laws of operations (a command takes effect whole or not at all, a restored world goes
 * on as the original, committing the layout in force moves nothing) are no property of one moment: tests hold them.
 */
const LAWS: readonly (readonly [string, string])[] = [
  ['H1', 'Every host frame is free, reserved or backs one guest page; per node free + used + reserved = installed'],
  ['G1', 'Every page has exactly one node in the memlayout'],
  ['G2', 'present and managed of every node and zone are counts by the memlayout; their sum never changes'],
  ['G3', 'free is the sum over the free lists, and the number of free pages'],
  ['G4', 'After a commit every free page is on its node; free ≤ managed ≤ present'],
  ['G5', 'size − free = allocated + per-CPU + reserved, on every node'],
  ['G6', 'The owed pages of each node pair are counted; only commits and frees change them'],
  ['G7', 'booked = present − owed to it + owed by it, on every node'],
  ['G8', 'Every page that is owed is marked for a look-up'],
  [
    'G9',
    'The free lists are the unique maximal aligned decomposition of the free pages; no block mixes nodes or zones',
  ],
  ['G10', 'A zone’s span holds every page booked there'],
  ['G12', 'The watermarks are each zone’s share of the reserve'],
  ['W1', 'What the workload holds, pinned and by hand, is what is allocated, each block once'],
];

export function lawSection({ laws, commands }: RunRecord): Child {
  const known = new Set(LAWS.map(([law]) => law));
  const others = [...new Set(laws.broken.map((violation) => violation.law))].filter((law) => !known.has(law)).sort();
  const rows = [...LAWS, ...others.map((law) => [law, ''] as const)].map(([law, says]) => {
    const broken = laws.broken.filter((violation) => violation.law === law).length;
    return [
      name(law),
      wide(says),
      text(
        broken > 0
          ? h('span', { class: 'bad' }, `✗ broken ${plural(broken, 'time')}`)
          : laws.checked === 0
            ? 'not checked'
            : h('span', { class: 'good' }, '✓ not broken'),
      ),
    ];
  });
  const violations = laws.broken
    .slice(0, MAX_VIOLATIONS)
    .map(({ law, vm, text: says }) => [name(law), text(vm ?? ''), wide(says)]);
  return [
    h(
      'p',
      {},
      `${checksText(laws)} over ${plural(commands.length, 'command')}; ${plural(laws.broken.length, 'violation')}. After every tick, besides: free is never above size on any node.`,
    ),
    violations.length === 0
      ? null
      : table({
          caption: `Violations${laws.broken.length > MAX_VIOLATIONS ? `, the first ${MAX_VIOLATIONS}` : ''}`,
          head: ['law', 'VM', 'expected and found'],
          rows: violations,
        }),
    table({ head: ['law', 'says', 'found'], rows }),
  ];
}

export function reproduceSection(record: RunRecord): Child {
  const file = scenarioFile(fileStem(record.scenarioName));
  return [
    h(
      'p',
      {},
      'Save the scenario below as ',
      h('code', {}, file),
      ' and run it with Pageshift ',
      record.version,
      '. The same scenario and seed give the same hash on every machine.',
    ),
    h('pre', {}, `npm run --silent pageshift -- run ${shellWord(file)} --ticks ${record.after.header.tick} --json`),
    table({
      head: ['', 'value'],
      rows: [
        [name('state hash at the end'), h('td', { class: 'mono' }, record.hash)],
        [name('hash chain of all that happened'), h('td', { class: 'mono' }, record.chain)],
        [name('seed'), number(String(record.seed))],
        [name('ticks'), number(record.after.header.tick)],
      ],
    }),
    h(
      'details',
      { class: 'source' },
      h('summary', {}, `The scenario, ${plural(record.sourceText.length, 'character')} of JSON`),
      h('pre', {}, record.sourceText),
    ),
  ];
}
