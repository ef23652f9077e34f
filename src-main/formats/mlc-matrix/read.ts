/**
 * Intel Memory Latency Checker → idle latency and bandwidth between nodes. Rows are nodes with CPUs that ask, columns nodes with
 * memory that answer, so a matrix need not be square. The tables of transfers between caches look alike and are not read:
 * they have "Reader" and "Writer" above them and `-` on their diagonal.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';

import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts, Interconnect } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing } from '../output-lines.ts';
import { MAX_NODES } from '../topology.ts';

const KIND = 'mlc-matrix';

interface Matrix {
  readonly initiators: readonly number[];
  readonly targets: readonly number[];
  readonly values: readonly (readonly number[])[];
}

interface MlcFacts extends HostStateFacts {
  readonly version: string | null;
  readonly latencyNs: Matrix | null;
  /** 10^6 bytes a second, as printed. */
  readonly bandwidthMbPerSec: Matrix | null;
  readonly access: 'random' | 'sequential' | null;
}

const HEAD = /^(?:Numa node|Socket|Memory node)\s+((?:\d{1,5}\s*)+)$/i;
const ROW = /^(\d{1,5})\s+((?:-|\d{1,12}(?:\.\d{1,6})?)(?:\s+(?:-|\d{1,12}(?:\.\d{1,6})?))*)$/;
/** What a matrix is of, by the lines above it. */
const TITLES = [
  { kind: 'latency', title: /idle latenc|latency matrix|^Measuring.*latenc.*\(in ns\)/i },
  { kind: 'bandwidth', title: /Bandwidths? between nodes|Read-only traffic|bandwidth matrix/i },
  { kind: 'other', title: /cache-to-cache|Loaded Latenc|Reader|Writer|HITM|Inject|Peak Injection/i },
] as const;
const KIB_PER_MB = 1_000_000 / 1024;

function factsOf(lines: readonly OutputLine[], list: DiagnosticList): MlcFacts | null {
  let kind: (typeof TITLES)[number]['kind'] = 'other';
  let version: string | null = null;
  let access: MlcFacts['access'] = null;
  const found = new Map<string, Matrix>();
  for (const [i, { text, line }] of lines.entries()) {
    version ??= /Memory Latency Checker - v?([\w.-]{1,20})/.exec(text)?.[1] ?? null;
    if (/random access|enabling random/i.test(text)) access = 'random';
    else if (/sequential access/i.test(text)) access = 'sequential';
    // Within one line the last title that fits counts: "Read-only traffic" of loaded latencies follows their own.
    const title = TITLES.find((each) => each.title.test(text));
    if (
      title !== undefined &&
      !(kind === 'other' && title.kind === 'bandwidth' && /^Using/.test(text) && isLoaded(lines, i))
    )
      kind = title.kind;
    const head = HEAD.exec(text);
    if (head === null || kind === 'other' || found.has(kind)) continue;
    const matrix = matrixOf(head[1]!, lines.slice(i + 1), line, list);
    if (matrix !== null) found.set(kind, matrix);
  }
  const latencyNs = found.get('latency') ?? null;
  const bandwidthMbPerSec = found.get('bandwidth') ?? null;
  if (latencyNs === null && bandwidthMbPerSec === null)
    return reportNothing('mlc', '"Numa node 0 1" and a row for each node', list);
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    version,
    latencyNs,
    bandwidthMbPerSec,
    access,
    interconnects: [
      ...figuresOf(latencyNs, (ns) => ({ latencyNs: ns, bandwidthKibPerSec: null })),
      ...figuresOf(bandwidthMbPerSec, (mb) => ({ latencyNs: null, bandwidthKibPerSec: Math.round(mb * KIB_PER_MB) })),
    ],
  };
}

/** Whether "Using Read-only traffic type" is of the loaded latencies, whose table has no nodes. */
const isLoaded = (lines: readonly OutputLine[], at: number): boolean =>
  lines.slice(at + 1, at + 4).some(({ text }) => /^Inject\b/.test(text));

function matrixOf(head: string, rest: readonly OutputLine[], line: number, list: DiagnosticList): Matrix | null {
  const targets = head.trim().split(/\s+/).map(Number);
  const initiators: number[] = [];
  const values: (readonly number[])[] = [];
  for (const { text } of rest) {
    const row = ROW.exec(text);
    if (row === null) break;
    const cells = row[2]!.split(/\s+/);
    if (cells.includes('-')) return null;
    if (cells.length !== targets.length || values.length >= MAX_NODES) {
      const detail = { found: quote(text), expected: `${targets.length} values` };
      list.error('matrix-incomplete', 'A matrix of nodes is cut.', { line }, detail);
      return null;
    }
    initiators.push(Number(row[1]));
    values.push(cells.map(Number));
  }
  if (values.length > 0) return { initiators, targets, values };
  list.error('matrix-incomplete', 'A matrix of nodes has no rows.', { line }, { found: quote(head.trim()) });
  return null;
}

const figuresOf = (
  matrix: Matrix | null,
  figure: (value: number) => Pick<Interconnect, 'latencyNs' | 'bandwidthKibPerSec'>,
): readonly Interconnect[] =>
  matrix === null
    ? []
    : matrix.initiators.flatMap((initiator, i) =>
        matrix.targets.map((target, t) => ({
          initiator,
          target,
          cache: null,
          type: 'read',
          ...figure(matrix.values[i]![t]!),
        })),
      );

export const mlcMatrix: Format<'host-state', MlcFacts> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of Intel Memory Latency Checker',
  mark: '"Numa node 0 1" below "Measuring idle latencies"',
  ...byLine({
    mark: /^\s*(?:Intel\(R\) Memory Latency Checker|Measuring (?:idle|Idle) latenc|Measuring (?:Peak|Memory) |Numa node\s+\d)/,
    confidence: 0.8,
    begins: /^\s*Intel\(R\) Memory Latency Checker/,
  }),
  read: (text: string, file: string): Read<MlcFacts> => readOutput(text, file, factsOf),
  summary: ({ latencyNs, bandwidthMbPerSec }) => {
    const matrix = latencyNs ?? bandwidthMbPerSec;
    const what = [latencyNs === null ? '' : 'latency', bandwidthMbPerSec === null ? '' : 'bandwidth'];
    return `${what.filter((each) => each !== '').join(' and ')} of ${plural(matrix?.targets.length ?? 0, 'node')}`;
  },
};
