/** `virsh vcpupin VM` → the CPUs that each vCPU may run on, of all that the VM can have. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VcpuState, VmStateFacts } from '../measured.ts';
import { NO_VCPU_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, reportNothing, vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-vcpupin';
const ROW = /^(\d{1,5}):?\s+(\d[\d,^\s-]*)$/;
const MORE = /^[\d,^-]+$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const rows = new Map<number, { text: string; line: number }>();
  let last: { text: string; line: number } | null = null;
  for (const { text, line } of lines) {
    const row = ROW.exec(text);
    if (row !== null) {
      const id = Number(row[1]);
      last = { text: row[2]!.replace(/\s+/g, ''), line };
      if (rows.has(id)) {
        const hint = 'Are these two outputs in one file?';
        list.error('vcpu-duplicate', `vCPU ${id} is given twice.`, { line }, { hint });
      } else rows.set(id, last);
    } else if (last !== null && MORE.test(text) && /\d/.test(text)) {
      // A wrapped list goes on behind its comma: a digit behind a digit would be a torn number.
      if (/[,-]$/.test(last.text) || /^[,-]/.test(text)) last.text += text;
      else
        list.error(
          'number-torn',
          'A list of CPUs is torn by a line end.',
          { line },
          { found: `"${last.text} ${text}"` },
        );
    }
  }
  if (rows.size === 0) return reportNothing('virsh vcpupin', 'VCPU CPU Affinity and a line for each vCPU', list);
  const vcpus = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([id, { text, line }]): VcpuState => {
      return { ...NO_VCPU_STATE, id, affinity: idsOf(text, { line, path: `/vcpu ${id}` }, list) };
    });
  return vmStateOf(KIND, file, origin, { vcpus, vcpusMax: vcpus.length });
}

const readVcpupin = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshVcpupin: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh vcpupin (pins of vCPUs)',
  mark: '"VCPU   CPU Affinity"',
  ...byLine({
    mark: /^\s*VCPU\s?:?\s+(?:CPU\b.{0,20}|.{0,20}\bCPU)\s*$/i,
    begins: /^\s*VCPU\s?:?\s+\S/i,
    confidence: 0.9,
    holds: /^\s*(?:\d{1,5}:?\s+\d[\d,^\s-]*|-{3,}|[\d,^-]+)\s*$/,
  }),
  read: readVcpupin,
  summary: ({ vms }) => `pins of ${plural(vms[0]?.vcpus.length ?? 0, 'vCPU')}`,
};
