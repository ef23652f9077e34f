/** `virsh dominfo VM` → its state, memory and vCPUs. */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import { NO_VM_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, vmNameOf } from '../paste/prompt.ts';

const KIND = 'virsh-dominfo';
const FIELD = /^([^:]{1,40}?)\s?:\s+(\S.{0,300})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const fields = new Map<string, { text: string; line: number }>();
  for (const { text, line } of lines) {
    const field = FIELD.exec(text);
    if (field !== null && !fields.has(field[1]!) && fields.size < 64) fields.set(field[1]!, { text: field[2]!, line });
  }
  const kib = (label: string): number | null => {
    const field = fields.get(label);
    return field === undefined
      ? null
      : wholeOf(field.text.replace(/ KiB$/, ''), { line: field.line, path: `/${label}` }, list);
  };
  const name = fields.get('Name')?.text ?? null;
  const maxMemoryKiB = kib('Max memory');
  if (maxMemoryKiB === null) return reportNothing('virsh dominfo', 'Max memory: 1048576 KiB', list);
  const id = fields.get('Id')?.text;
  const vcpus = kib('CPU(s)');
  return {
    kind: KIND,
    vms: [
      {
        ...NO_VM_STATE,
        ...(name === null ? vmNameOf(origin ?? NO_ORIGIN, file) : { name, nameFrom: 'text' as const }),
        running: id === undefined ? null : id !== '-',
        state: fields.get('State')?.text ?? null,
        maxMemoryKiB,
        currentMemoryKiB: kib('Used memory'),
        vcpusCurrent: vcpus,
        fields: recordOf([...fields].map(([label, { text }]) => [label, text])),
      },
    ],
  };
}

const readDominfo = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshDominfo: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh dominfo (a VM)',
  mark: '"Max memory: 1048576 KiB"',
  ...byLine({
    mark: /^\s*(?:Id:\s+(?:-|\d{1,9})|OS Type:\s+\S+|(?:Max|Used) memory:\s+\d{1,16} KiB)\s*$/,
    begins: /^\s*Id:\s/,
    confidence: 0.8,
    holds: /^\s*(?:Name|UUID|State|CPU\(s\)|CPU time|Persistent|Autostart|Managed save|Security \w+|Messages|Title):/,
  }),
  read: readDominfo,
  summary: ({ vms }) => `VM ${vms[0]?.name ?? ''}, ${vms[0]?.state ?? 'state not told'}`,
};
