/** QMP `query-hotpluggable-cpus` → how many vCPUs the guest can have; those with a qom-path are there. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { VmStateFacts } from '../measured.ts';
import { vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { isListWith, isObject, readAnswer } from '../qmp.ts';

const KIND = 'qmp-hotpluggable-cpus';

function stateOf(answer: unknown, fields: AnswerFields, file: string, origin: Origin | undefined): VmStateFacts | null {
  if (!Array.isArray(answer)) return null;
  const slots = answer.filter(isObject).map((each) => {
    return { vcpus: fields.number(each, 'vcpus-count') ?? 0, isThere: Object.hasOwn(each, 'qom-path') };
  });
  const sum = (all: typeof slots): number => all.reduce((total, { vcpus }) => total + vcpus, 0);
  const vcpusCurrent = sum(slots.filter(({ isThere }) => isThere));
  return vmStateOf(KIND, file, origin, { running: true, vcpusMax: sum(slots), vcpusCurrent });
}

const readQmpHotpluggable = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readAnswer(text, file, (answer, fields) => stateOf(answer, fields, file, origin));

export const qmpHotpluggableCpus: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "QEMU's answer to query-hotpluggable-cpus",
  mark: 'JSON with "vcpus-count"',
  ...byJson(isListWith('vcpus-count')),
  read: readQmpHotpluggable,
  summary: ({ vms }) => plural(vms[0]?.vcpusMax ?? 0, 'vCPU'),
};
