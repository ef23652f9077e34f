/**
 * The report's tables as CSV (RFC 4180: CRLF, quotes doubled). All counts are exact 4 KiB pages, all times ticks and
 * simulated seconds. A text that a spreadsheet would run as a formula gets an apostrophe before it.
 */
import { visibleLines } from '../../shared/errors/index.ts';
import {
  FREE_ORDERS,
  GUEST_TRACKS,
  guestsOf,
  HOST_FIGURES,
  migrationsOf,
  ZONE_FIGURES,
} from '../../shared/columns/index.ts';
import { eventText, verdictText } from '../../shared/view/words/index.ts';
import { guestAccounting, hostMatrix, owedPairs } from '../../shared/view/index.ts';
import type { RunRecord } from '../../shared/view/index.ts';
import type { Snapshot } from '../../shared/columns/index.ts';

export type Cell = string | number | null;

/** Rows, the first being the names of the columns, as CSV. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = visibleLines(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Names of the tables of a report. */
export const CSV_FILES = [
  'accounting.csv',
  'hosts.csv',
  'stranded.csv',
  'series.csv',
  'migrations.csv',
  'events.csv',
] as const;

/** Every table of the report, by file name. */
export function csvFiles(record: RunRecord): Record<(typeof CSV_FILES)[number], string> {
  return {
    'accounting.csv': csv(accountingRows(record)),
    'hosts.csv': csv(hostRows(record)),
    'stranded.csv': csv(strandedRows(record)),
    'series.csv': csv(seriesRows(record)),
    'migrations.csv': csv(migrationRows(record)),
    'events.csv': csv(eventRows(record)),
  };
}

const states = ({ before, after }: RunRecord): [string, Snapshot][] => [
  ['before', before],
  ['after', after],
];

function accountingRows(record: RunRecord): Cell[][] {
  const rows: Cell[][] = [['state', 'vm', 'node', 'zone', 'online', ...ZONE_FIGURES, ...FREE_ORDERS]];
  for (const [state, snapshot] of states(record)) {
    guestsOf(snapshot).forEach(({ name }, g) => {
      for (const node of guestAccounting(snapshot, g).nodes) {
        for (const zone of node.zones) {
          const figures = ZONE_FIGURES.map((figure) => zone[figure]);
          rows.push([state, name, node.nid, zone.zoneName, node.online ? 1 : 0, ...figures, ...zone.freeBlocks]);
        }
      }
    });
  }
  return rows;
}

/** One row per host node for the node itself (vm empty), then one per VM that has pages there. */
function hostRows(record: RunRecord): Cell[][] {
  const rows: Cell[][] = [['state', 'host', 'node', 'vm', ...HOST_FIGURES, 'vmPages', 'vmCopyPages']];
  const none = HOST_FIGURES.map(() => null);
  for (const [state, snapshot] of states(record)) {
    const { nodes, vms } = hostMatrix(snapshot);
    nodes.forEach((node, i) => {
      const figures = HOST_FIGURES.map((figure) => node[figure]);
      rows.push([state, node.hostName, node.nid, '', ...figures, null, null]);
      for (const vm of vms) {
        if (vm.pages[i]! + vm.copyPages[i]! > 0)
          rows.push([state, node.hostName, node.nid, vm.name, ...none, vm.pages[i]!, vm.copyPages[i]!]);
      }
    });
  }
  return rows;
}

function strandedRows(record: RunRecord): Cell[][] {
  const rows: Cell[][] = [['state', 'vm', 'from', 'to', 'owedPages', 'pinnedPages']];
  for (const [state, snapshot] of states(record)) {
    guestsOf(snapshot).forEach(({ name }, g) => {
      for (const { from, to, pages, pinned } of owedPairs(snapshot, g))
        rows.push([state, name, from, to, pages, pinned]);
    });
  }
  return rows;
}

/** Long form: one row per point and VM, then one per pair that owes; from and to are empty in the rows of the VM itself. */
function seriesRows({ series, tickMs }: RunRecord): Cell[][] {
  const others = GUEST_TRACKS.filter((name) => name !== 'targetActualPages');
  const none = others.map(() => null);
  const rows: Cell[][] = [['tick', 'seconds', 'vm', 'from', 'to', 'owedPages', ...others]];
  series.ticks.forEach((tick, i) => {
    const time = (tick * tickMs) / 1000;
    for (const g of series.guests) {
      rows.push([tick, time, g.name, null, null, g.targetActualPages[i]!, ...others.map((name) => g[name][i]!)]);
      for (const { from, to, owedPages } of g.pairs) {
        if (owedPages[i]! === 0) continue;
        rows.push([tick, time, g.name, from < 0 ? 'others' : from, to < 0 ? 'others' : to, owedPages[i]!, ...none]);
      }
    }
  });
  return rows;
}

function migrationRows({ after, tickMs }: RunRecord): Cell[][] {
  const rows: Cell[][] = [
    [
      'vm',
      'fromHost',
      'toHost',
      'phase',
      'startTick',
      'endTick',
      'startSeconds',
      'round',
      'roundStartTick',
      'bytesToSend',
      'bytesSent',
      'dirtyBytes',
      'totalSentBytes',
      'downtimeMs',
      'verdict',
    ],
  ];
  for (const m of migrationsOf(after)) {
    m.rounds.forEach((round, i) => {
      rows.push([
        m.vm,
        m.fromHost,
        m.toHost,
        m.phase,
        m.startTick,
        m.endTick,
        (m.startTick * tickMs) / 1000,
        i,
        round.startTick,
        round.bytesToSend,
        round.bytesSent,
        round.dirtyBytes,
        m.sentBytes,
        m.downtimeMs,
        verdictText(m),
      ]);
    });
  }
  return rows;
}

const eventRows = ({ events, tickMs }: RunRecord): Cell[][] => [
  ['tick', 'seconds', 'type', 'vm', 'text', 'data'],
  ...events.map((event): Cell[] => [
    event.tick,
    (event.tick * tickMs) / 1000,
    event.type,
    event.vm,
    eventText(event),
    JSON.stringify(event.data),
  ]),
];
