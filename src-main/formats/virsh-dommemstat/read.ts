/** `virsh dommemstat VM` → its memory in KiB; `rss` includes QEMU and excludes huge pages. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-dommemstat';
const ROW = /^([a-z][a-z_]{1,30}) (\d{1,16})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const fields = new Map<string, number>();
  for (const { text, line } of lines) {
    const row = ROW.exec(text);
    const value = row === null ? null : wholeOf(row[2]!, { line }, list);
    if (value !== null && fields.size < 64) fields.set(row![1]!, value);
  }
  if (fields.size === 0) return reportNothing('virsh dommemstat', 'actual 1048576', list);
  return vmStateOf(KIND, file, origin, {
    currentMemoryKiB: fields.get('actual') ?? null,
    rssKiB: fields.get('rss') ?? null,
    guestUnusedKiB: fields.get('unused') ?? null,
    fields: recordOf([...fields].map(([name, value]) => [name, String(value)])),
  });
}

const readDommemstat = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshDommemstat: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh dommemstat (memory of a VM)',
  mark: '"actual 1048576" and "rss 37940"',
  ...byLine({
    mark: /^\s*(?:actual|last_update|rss) \d{1,16}\s*$/,
    begins: /^\s*actual \d/,
    confidence: 0.6,
    holds: /^\s*[a-z][a-z_]{1,30} \d{1,16}\s*$/,
  }),
  read: readDommemstat,
  summary: ({ vms }) => plural(Object.keys(vms[0]?.fields ?? {}).length, 'figure'),
};
