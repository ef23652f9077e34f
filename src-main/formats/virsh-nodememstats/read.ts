/** `virsh nodememstats`, of the host or with --cell of one node → KiB. */
import type { Read } from '../../../shared/errors/index.ts';
import { pagesFromKib } from '../../../shared/units/index.ts';
import { size } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE, NO_NODE_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-nodememstats';
const ROW = /^(total|free|buffers|cached)\s*:\s+(\d{1,16}) KiB$/;

/** The node that the command asks about, or the name of the file. */
function nodeOf(origin: Origin | undefined, file: string): number | null {
  const told = /--cell[ =](\d{1,5})\b|nodememstats\s+(\d{1,5})\b/.exec(origin?.command ?? '');
  const named = /cell[-_ ]?(\d{1,5})\b/.exec(file.replace(/^.*[/\\]/, ''));
  const text = told?.[1] ?? told?.[2] ?? named?.[1];
  return text === undefined ? null : Number(text);
}

function hostOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): HostStateFacts | null {
  const kib = new Map<string, number>();
  for (const { text, line } of lines) {
    const row = ROW.exec(text);
    const value = row === null ? null : wholeOf(row[2]!, { line, path: `/${row[1]}` }, list);
    if (value !== null) kib.set(row![1]!, value);
  }
  if (kib.size === 0) return reportNothing('virsh nodememstats', 'total  : 6605824 KiB', list);
  const node = nodeOf(origin, file);
  const memoryKiB = kib.get('total') ?? null;
  const freeKiB = kib.get('free') ?? null;
  if (node !== null) {
    admitNode(node, 0, { line: 1 }, list);
    return { kind: KIND, ...NO_HOST_STATE, nodes: [{ ...NO_NODE_STATE, id: node, memoryKiB, freeKiB }] };
  }
  const rest = { cachedKiB: kib.get('cached') ?? null, buffersKiB: kib.get('buffers') ?? null };
  return { kind: KIND, ...NO_HOST_STATE, memoryKiB, freeKiB, ...rest };
}

const readNodememstats = (text: string, file: string, origin?: Origin): Read<HostStateFacts> =>
  readOutput(text, file, (lines, list) => hostOf(lines, list, file, origin));

export const virshNodememstats: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of virsh nodememstats (memory of a host or node)',
  mark: '"total  :  6605824 KiB"',
  ...byLine({
    mark: /^\s*(?:total|free|buffers|cached)\s*:\s+\d{1,16} KiB\s*$/,
    begins: /^\s*total\s*:/,
    confidence: 0.8,
    holds: /^$/,
  }),
  read: readNodememstats,
  summary: ({ memoryKiB, nodes }) => size(pagesFromKib(memoryKiB ?? nodes[0]?.memoryKiB ?? 0)),
};
