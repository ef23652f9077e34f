/** The result of a run, as one JSON document and as text for a person. */
import { visibleJson } from '../../shared/errors/index.ts';
import { guestsOf, recordsOf } from '../../shared/columns/index.ts';
import type { MigrationRow } from '../../shared/model/transfer.ts';
import type { WorldEvent, WorldEventType } from '../../shared/model/event.ts';
import type { HostMatrix, NodeRow, RunEnding, RunRecord, VmHostRow } from '../../shared/view/index.ts';
import { guestAccounting, hostMatrix, idList, getsLayouts } from '../../shared/view/index.ts';
import { DIRTY_UNKNOWN, eventText } from '../../shared/view/words/index.ts';
import { checksText, verdict } from '../report/index.ts';
import { bytes, count, decimal, plural, seconds, size } from '../../shared/view/number-format.ts';
import { percentText } from '../../shared/view/share.ts';
import type { Run } from '../jobs/index.ts';
import { endedRunDocument } from '../jobs/index.ts';
import { fold, textTable } from './text-table.ts';

export const documentText = (run: Run): string => visibleJson(`${JSON.stringify(endedRunDocument(run), null, 2)}\n`);

/** Of all hosts, made once: their cost follows all backing. */
interface Matrices {
  readonly before: HostMatrix;
  readonly after: HostMatrix;
}

/** @param again the command line that gives the same run. @param width of the terminal; Infinity where there is none. */
export function summaryText(run: Run, again: string, width: number): string {
  const { record } = run;
  const matrices = { before: hostMatrix(record.before), after: hostMatrix(record.after) };
  const parts = [
    `${record.scenarioName}\n${fold(verdict(record).sentence, width).join('\n')}\n`,
    happenedText(record, width),
    ...guestsOf(record.after).map((_, guest) => guestText(record, guest, matrices, width)),
    ...record.after.header.hosts.map((_, host) => hostText(record, host, matrices)),
    migrationText(record),
    proofText(run, again),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** Implied by other events, or of interest only in the report, as are a VM's commits between its first and its last. */
const LEFT_OUT: ReadonlySet<WorldEventType> = new Set(['commandApplied', 'layoutDelivered', 'zoneCreated']);
const MAX_EVENTS = 30;
const LAST_EVENTS = 10;

function happenedText({ events, tickMs }: RunRecord, width: number): string {
  const commits = events.filter(({ type }) => type === 'layoutCommitted');
  const last = new Map(commits.map((event) => [event.vm, event]));
  const first = new Map(commits.toReversed().map((event) => [event.vm, event]));
  const isBetween = (event: WorldEvent): boolean =>
    event.type === 'layoutCommitted' && first.get(event.vm) !== event && last.get(event.vm) !== event;
  const listed = events.filter((event) => !LEFT_OUT.has(event.type) && !isBetween(event));
  if (listed.length === 0) return '';
  const row = (event: WorldEvent): string[] => [count(event.tick), seconds(event.tick, tickMs), eventText(event)];
  const all = listed.length <= MAX_EVENTS;
  const rows = all
    ? listed.map(row)
    : [
        ...listed.slice(0, MAX_EVENTS - LAST_EVENTS).map(row),
        ['…', '', `${count(listed.length - MAX_EVENTS)} more; pageshift report lists them all`],
        ...listed.slice(-LAST_EVENTS).map(row),
      ];
  return `What happened\n${textTable('>><', [['tick', 'time', ''], ...rows], width)}`;
}

/** A guest as its own numactl shows it, and what only its host and its allocator know. */
function guestText(record: RunRecord, guest: number, matrices: Matrices, width: number): string {
  const { before, after, tickMs } = record;
  const { name, host, moved, lag, commits, validPages } = guestsOf(after)[guest]!;
  const { tick } = after.header;
  const shares = changed(gathered(matrices.before.vms[guest]!), gathered(matrices.after.vms[guest]!));
  const facts = [
    ['memory', `${size(validPages)} on ${after.header.hosts[host]!.name}, ${shares} of it on its fullest node`],
    [
      'H ≠ T',
      `${owed(lag.hostTarget - lag.coalesced)} ${getsLayouts(record, guest) ? 'stale' : 'stale, regeneration is off'}${lag.coalesced === 0 ? '' : `, ${owed(lag.coalesced)} coalesced`}`,
    ],
    ['T ≠ A', `${owed(lag.targetActual)} owed${lag.pinned === 0 ? '' : `, ${owed(lag.pinned)} pinned for ever`}`],
    [
      'moved',
      commits === 0
        ? 'nothing, no layout was committed'
        : `${plural(commits, 'commit')}: ${count(moved.sweep)} pages swept, ${count(moved.drain)} drained, ${count(moved.free)} when freed`,
    ],
  ];
  const standsFor = nodesStandFor(
    guestAccounting(after, guest).nodes,
    after.header.hosts.map((h) => h.name),
  );
  if (standsFor !== '') facts.push(['nodes', standsFor]);
  const heads = ['before (0 s)', `after (${seconds(tick, tickMs)})`];
  const texts = [before, after].map((snapshot) => guestAccounting(snapshot, guest).numactlText.trimEnd().split('\n'));
  return `VM ${name}\n${textTable('<<', facts, width)}\n${sideBySide(width, [heads[0]!, ...texts[0]!], [heads[1]!, ...texts[1]!])}`;
}

const owed = (pages: number): string => (pages === 0 ? '0 pages' : `${plural(pages, 'page')} (${size(pages)})`);
const gathered = ({ largestNodeShare }: VmHostRow): string => percentText(largestNodeShare);
const changed = (from: string, to: string): string => (from === to ? to : `${from} → ${to}`);

function nodesStandFor(nodes: readonly NodeRow[], hostNames: readonly string[]): string {
  return nodes
    .filter(({ online, standsFor }) => online && standsFor !== null)
    .map(({ nid, standsFor }) => `${nid} is ${hostNames[standsFor!.host]} node ${standsFor!.nid}`)
    .join(', ');
}

/** Where the width is not known. Texts that are wider together stand one below the other. */
const USUAL_WIDTH = 116;

function sideBySide(width: number, left: readonly string[], right: readonly string[]): string {
  const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.trimEnd().length));
  if (widest(left) + widest(right) + 5 > Math.min(width, USUAL_WIDTH)) {
    return textTable(
      '<',
      [...left, '', ...right].map((line) => [line.trimEnd()]),
    );
  }
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
    (left[i] ?? '').trimEnd(),
    ` ${right[i] ?? ''}`,
  ]);
  return textTable('<<', rows);
}

function hostText(record: RunRecord, host: number, { before, after }: Matrices): string {
  const old = before.nodes;
  const hasPools = after.nodes.some((node) => node.host === host && node.poolFreePages > 0);
  const rows = after.nodes.flatMap((node, i) =>
    node.host === host
      ? [
          [
            `node ${node.nid}`,
            size(node.totalPages),
            size(old[i]!.usedPages),
            size(node.usedPages),
            size(old[i]!.freePages),
            size(node.freePages),
            ...(hasPools ? [size(node.poolFreePages)] : []),
            cpuText(node.cpus),
          ],
        ]
      : [],
  );
  const head = ['', 'total', 'used before', 'after', 'free before', 'after', ...(hasPools ? ['in pools'] : []), 'CPUs'];
  return `Host ${record.after.header.hosts[host]!.name}\n${textTable(hasPools ? '<>>>>>><' : '<>>>>><', [head, ...rows])}`;
}

const cpuText = (cpus: readonly number[]): string => (cpus.length === 0 ? 'none' : idList(cpus));

/** QEMU's words: total time, downtime, dirty sync count. */
function migrationText({ after, tickMs }: RunRecord): string {
  const { tick, migrations } = recordsOf(after);
  if (migrations.length === 0) return '';
  const row = (m: MigrationRow): string[] => [
    m.vm,
    `${m.fromHost} → ${m.toHost}`,
    m.phase,
    seconds((m.endTick ?? tick) - m.startTick, tickMs),
    m.downtimeMs !== null ? `${decimal(m.downtimeMs)} ms` : m.phase === 'completed' ? DIRTY_UNKNOWN : '–',
    count(m.rounds.length),
    bytes(m.sentBytes),
  ];
  const head = ['VM', '', 'phase', 'total time', 'downtime', 'dirty sync count', 'sent'];
  return `Migrations\n${textTable('<<<>>>>', [head, ...migrations.map(row)])}`;
}

function proofText({ record }: Run, again: string): string {
  const { laws, seed, hash, chain, after, ending } = record;
  const { tick } = after.header;
  const rows = [
    [
      'laws',
      `${checksText(laws)}, ${laws.broken.length === 0 ? 'none broken' : plural(laws.broken.length, 'violation')}`,
    ],
    ...laws.broken
      .slice(0, 10)
      .map(({ law, vm, text }) => ['', `✗ ${law} at tick ${count(tick)}${vm === null ? '' : ` in ${vm}`}: ${text}`]),
    ['ended', `${ENDINGS[ending]} at tick ${count(tick)} (${seconds(tick, record.tickMs)})`],
    ['seed', String(seed)],
    ['hash', `${hash}, chain ${chain}`],
    ['again', again],
  ];
  return `Proof\n${textTable('<<', rows)}`;
}

const ENDINGS: Readonly<Record<RunEnding, string>> = {
  settled: 'settled, nothing is left to wait for,',
  ticks: 'after the ticks asked for,',
  maxTicks: 'NOT settled, stopped',
  neverSettles: 'NOT settled, and it never will: ended',
  brokenLaw: 'stopped by a broken law',
  interrupted: 'interrupted: all of this is true of the moment it stopped,',
};
