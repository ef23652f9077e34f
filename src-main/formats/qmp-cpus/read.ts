/** QMP `query-cpus-fast` → vCPUs that are online, and the cells they are in. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { VcpuState, VmStateFacts } from '../measured.ts';
import { NO_VCPU_STATE } from '../measured.ts';
import { vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { isListWith, isObject, readAnswer } from '../qmp.ts';

const KIND = 'qmp-cpus';

function stateOf(answer: unknown, fields: AnswerFields, file: string, origin: Origin | undefined): VmStateFacts | null {
  if (!Array.isArray(answer)) return null;
  const vcpus = answer.filter(isObject).map((each): VcpuState => {
    const props = isObject(each['props']) ? each['props'] : {};
    return { ...NO_VCPU_STATE, id: fields.number(each, 'cpu-index') ?? 0, cell: fields.number(props, 'node-id') };
  });
  return vmStateOf(KIND, file, origin, {
    running: true,
    vcpus: vcpus.sort((a, b) => a.id - b.id),
    vcpusCurrent: vcpus.length,
  });
}

const readQmpCpus = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readAnswer(text, file, (answer, fields) => stateOf(answer, fields, file, origin));

export const qmpCpus: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "QEMU's answer to query-cpus-fast (vCPUs)",
  mark: 'JSON with "cpu-index" and "thread-id"',
  ...byJson(isListWith('cpu-index')),
  read: readQmpCpus,
  summary: ({ vms }) => plural(vms[0]?.vcpus.length ?? 0, 'vCPU'),
};
