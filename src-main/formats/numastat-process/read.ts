/**
 * `numastat -p NAME`, `-c NAME` or PID → where the memory of processes lies, in MiB that numastat calls MB. Of one process it tells
 * huge, heap, stack and private memory apart; of several it prints a row each.
 *
 * numastat counts each huge page as one of the default size: a guest of 1 GiB pages shows far too little. numa_maps does not.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { PlacementFacts, ProcessPlacement } from '../measured.ts';
import type { NumastatRow, NumastatTable } from '../numastat-table.ts';
import { checkSums, kibByNode, kibOf, resolutionKiB, TABLE_LINE, tableOf } from '../numastat-table.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'numastat-process';
const TITLE = /^Per-node process memory usage \(in MBs\)(?: for PID (\d{1,10})(?: \((.{0,64}?)\)?)?)?:?$/;
const PROCESS = /^(\d{1,10}) \((.{0,64}?)\)?$/;
/** Rows of one process. */
const KINDS: Readonly<Record<string, string>> = { Huge: 'huge', Heap: 'heap', Stack: 'stack', Private: 'private' };

const NOTHING = { ramByNode: null, ramBlocks: [], pages: [], ranges: null } as const;

/** A name that numastat was asked for and that names no program is the VM's: it is looked for in the command line. */
function vmOf(origin: Origin | undefined): string | null {
  const asked = /\bnumastat(?:\s+-\w+)*\s+([\w.][\w.-]{0,63})\s*$/.exec(origin?.command ?? '')?.[1];
  return asked === undefined || /^\d+$|^qemu|^kvm$|libvirt/.test(asked) ? null : asked;
}

function placementOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  origin: Origin | undefined,
): PlacementFacts | null {
  const title = lines.map(({ text }) => TITLE.exec(text)).find((match) => match !== null);
  const table = tableOf(lines, list);
  checkSums(table, list);
  if (table.rows.length === 0)
    return reportNothing('numastat -p', 'Node 0 Node 1 Total and a row for each process', list);
  const total = table.rows.find(({ name }) => name === 'Total');
  const processes = title?.[1] === undefined ? processesOf(table, list) : [processOf(table, title, list)];
  if (title?.[1] !== undefined && total === undefined) {
    list.error('row-missing', 'The row "Total" is missing: the output is cut.', { line: lines.at(-1)?.line ?? 1 }, {});
  }
  const vm = processes.length === 1 ? vmOf(origin) : null;
  return {
    kind: KIND,
    nodes: table.nodes,
    processes: vm === null ? processes : processes.map((process) => ({ ...process, vm })),
    resolutionKiB: resolutionKiB(table.decimals),
    totalByNode: total === undefined ? null : kibByNode(total.figures),
    totalKiB: total?.total == null ? null : kibOf(total.total),
    hugeUnderstated: true,
  };
}

/** A row for each process. */
function processesOf({ rows }: NumastatTable, list: DiagnosticList): readonly ProcessPlacement[] {
  return rows.flatMap((row): ProcessPlacement[] => {
    const match = PROCESS.exec(row.name);
    if (match === null) {
      if (row.name !== 'Total') reportRow(row, list);
      return [];
    }
    const totalKiB = row.total === null ? null : kibOf(row.total);
    const pid = Number(match[1]);
    return [{ pid, command: match[2]!, vm: null, byNode: kibByNode(row.figures), totalKiB, byKind: {}, ...NOTHING }];
  });
}

function processOf({ rows }: NumastatTable, title: RegExpExecArray, list: DiagnosticList): ProcessPlacement {
  const total = rows.find(({ name }) => name === 'Total');
  const kinds = rows.flatMap((row) => {
    const kind = KINDS[row.name];
    if (kind === undefined && row.name !== 'Total') reportRow(row, list);
    return kind === undefined ? [] : [[kind, kibByNode(row.figures)] as const];
  });
  return {
    pid: Number(title[1]),
    command: title[2] ?? null,
    vm: null,
    byNode: total === undefined ? [] : kibByNode(total.figures),
    totalKiB: total?.total == null ? null : kibOf(total.total),
    byKind: recordOf(kinds),
    ...NOTHING,
  };
}

function reportRow({ name, line }: NumastatRow, list: DiagnosticList): void {
  const detail = { found: quote(name), expected: 'Huge, Heap, Stack, Private, Total, or a process' };
  list.warning('row-unknown', 'A row is not known and ignored: numastat does not print it.', { line }, detail);
}

const readNumastatProcess = (text: string, file: string, origin?: Origin): Read<PlacementFacts> =>
  readOutput(text, file, (lines, list) => placementOf(lines, list, origin));

export const numastatProcess: Format<'placement'> = {
  id: KIND,
  role: 'placement',
  name: 'the output of numastat -p (where the memory of processes lies)',
  mark: '"Per-node process memory usage (in MBs)"',
  ...byLine({
    mark: /^\s*(?:Per-node process memory usage \(in MBs\)|PID\s+(?:Node \d{1,9}\s*)+(?:Total)?\s*$)/,
    begins: /^\s*Per-node process memory usage/,
    confidence: 0.9,
    holds: TABLE_LINE,
  }),
  read: readNumastatProcess,
  summary: ({ processes, nodes }) =>
    `${plural(processes.length, 'process', 'processes')} on ${plural(nodes.length, 'node')}`,
};
