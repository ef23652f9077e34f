/**
 * `virsh numatune VM` → the policy of its memory. A VM without one shows `strict` and an empty nodeset (libvirt 9.0): that is no
 * binding, and its nodeset is null.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, recordOf, reportNothing, vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-numatune';
const MODE = /^numa_mode\s*:\s*(\w{1,20})$/;
const NODESET = /^numa_nodeset\s*:\s*(.{0,2000})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const mode = lines.map(({ text }) => MODE.exec(text)?.[1]).find((found) => found !== undefined);
  const nodeset = lines.find(({ text }) => NODESET.test(text));
  if (mode === undefined || nodeset === undefined) {
    return reportNothing('virsh numatune', 'numa_mode : strict and numa_nodeset : 0-1', list);
  }
  const text = NODESET.exec(nodeset.text)![1]!.trim();
  const ids = idsOf(text, { line: nodeset.line, path: '/numa_nodeset' }, list);
  return vmStateOf(KIND, file, origin, {
    numatune: { mode, nodeset: ids === null || ids.length === 0 ? null : ids },
    fields: recordOf([
      ['numa_mode', mode],
      ['numa_nodeset', text],
    ]),
  });
}

const readNumatune = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshNumatune: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "the output of virsh numatune (the policy of a VM's memory)",
  mark: '"numa_mode : strict"',
  ...byLine({
    mark: /^\s*numa_(?:mode|nodeset)\s*:/,
    begins: /^\s*numa_mode\s*:/,
    confidence: 0.9,
    holds: /^\s*numa_/,
  }),
  read: readNumatune,
  summary: ({ vms }) => {
    const { mode, nodeset } = vms[0]?.numatune ?? { mode: 'no policy', nodeset: null };
    return nodeset === null ? 'no nodes are named' : `${mode} on nodes ${idList(nodeset)}`;
  },
};
