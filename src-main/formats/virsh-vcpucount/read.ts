/** `virsh vcpucount VM` → how many vCPUs it has and can have; of a running VM the live figures count. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-vcpucount';
const ROW = /^(maximum|current)\s+(config|live)\s+(\d{1,9})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const counts = new Map<string, number>();
  for (const { text, line } of lines) {
    const row = ROW.exec(text);
    const value = row === null ? null : wholeOf(row[3]!, { line }, list, 16_384);
    if (value !== null) counts.set(`${row![1]} ${row![2]}`, value);
  }
  if (counts.size === 0) return reportNothing('virsh vcpucount', 'maximum config 4', list);
  const of = (name: string): number | null => counts.get(`${name} live`) ?? counts.get(`${name} config`) ?? null;
  return vmStateOf(KIND, file, origin, {
    running: counts.has('maximum live') || counts.has('current live') ? true : null,
    vcpusMax: of('maximum'),
    vcpusCurrent: of('current'),
    fields: recordOf([...counts].map(([name, value]) => [name, String(value)])),
  });
}

const readVcpucount = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshVcpucount: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh vcpucount (numbers of vCPUs)',
  mark: '"maximum      config         4"',
  ...byLine({
    mark: /^\s*(?:maximum|current)\s+(?:config|live)\s+\d{1,9}\s*$/,
    begins: /^\s*maximum\s+config\s/,
    confidence: 0.8,
    holds: /^$/,
  }),
  read: readVcpucount,
  summary: ({ vms }) => plural(vms[0]?.vcpusMax ?? 0, 'vCPU'),
};
