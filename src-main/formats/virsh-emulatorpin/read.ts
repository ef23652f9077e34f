/** `virsh emulatorpin VM` → the CPUs that QEMU's own threads may run on. */
import type { Read } from '../../../shared/errors/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, reportNothing, vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-emulatorpin';
const ROW = /^\*\s?:\s+(\d[\d,^-]*)$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const rows = lines.filter(({ text }) => ROW.test(text));
  const [row] = rows;
  if (row === undefined) return reportNothing('virsh emulatorpin', '"*: 0-3" below "emulator: CPU Affinity"', list);
  const emulatorCpus = idsOf(ROW.exec(row.text)![1]!, { line: row.line }, list);
  return vmStateOf(KIND, file, origin, { emulatorCpus });
}

const readEmulatorpin = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshEmulatorpin: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh emulatorpin (pins of QEMU itself)',
  mark: '"emulator: CPU Affinity"',
  ...byLine({
    mark: /^\s*emulator\s?:\s+.{0,20}CPU/i,
    begins: /^\s*emulator\s?:/i,
    confidence: 0.9,
    holds: /^\s*(?:\*\s?:\s+\d|-{3,}\s*$)/,
  }),
  read: readEmulatorpin,
  summary: ({ vms }) => `QEMU's threads on CPUs ${idList(vms[0]?.emulatorCpus ?? [])}`,
};
