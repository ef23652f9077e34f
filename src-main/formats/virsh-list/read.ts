/** `virsh list --all` → names and states of VMs. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmState, VmStateFacts } from '../measured.ts';
import { NO_VM_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf } from '../output-lines.ts';

const KIND = 'virsh-list';
const ROW = /^(-|\d{1,9})\s+(\S(?:.{0,250}?\S)?)\s{2,}(\S.{0,40})$/;
const MAX_VMS = 65_536;

/** `-` instead of an id: not running. */
function vmsOf(lines: readonly OutputLine[], list: DiagnosticList): VmStateFacts {
  const vms = lines.flatMap(({ text }): VmState[] => {
    const row = ROW.exec(text);
    if (row === null) return [];
    const [, id, name, state] = row;
    const fields = recordOf([['id', id!]]);
    return [{ ...NO_VM_STATE, name: name!, nameFrom: 'text', running: id !== '-', state: state!, fields }];
  });
  if (vms.length > MAX_VMS)
    list.error('too-many-vms', 'There are too many VMs.', { line: 1 }, { expected: `at most ${MAX_VMS}` });
  return { kind: KIND, vms };
}

const readVirshList = (text: string, file: string): Read<VmStateFacts> => readOutput(text, file, vmsOf);

export const virshList: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh list (VMs and their states)',
  mark: '"Id   Name   State"',
  ...byLine({
    mark: /^\s*Id\s+(?:Name|Nom|Nombre|Nome)\s+(?:State|Status|\u00c9tat|Estado|Stato)\s*$/,
    begins: /^\s*Id\s+N/,
    confidence: 0.9,
    holds: /^\s*(?:-{5,}|(?:-|\d{1,9})\s+\S.{0,290}\s{2,}\S.*)$/,
  }),
  read: readVirshList,
  summary: ({ vms }) => plural(vms.length, 'VM'),
};
