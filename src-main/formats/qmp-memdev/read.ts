/** QMP `query-memdev` → memory backends and the host nodes they are bound to. In QEMU's order, the last first; told apart by id. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { Format } from '../format.ts';
import { byJson } from '../format.ts';
import type { BackendState, VmStateFacts } from '../measured.ts';
import { vmStateOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import type { AnswerFields } from '../qmp.ts';
import { cellOfBackend, isListWith, isObject, readAnswer } from '../qmp.ts';

const KIND = 'qmp-memdev';

function stateOf(answer: unknown, fields: AnswerFields, file: string, origin: Origin | undefined): VmStateFacts | null {
  if (!Array.isArray(answer)) return null;
  const backends = answer.filter(isObject).map((each): BackendState => {
    const id = fields.text(each, 'id') ?? '';
    return {
      id,
      sizeKiB: fields.kib(each, 'size') ?? 0,
      cell: cellOfBackend(id),
      policy: fields.text(each, 'policy') ?? 'default',
      hostNodes: fields.ids(each, 'host-nodes'),
      prealloc: fields.flag(each, 'prealloc'),
      share: fields.flag(each, 'share'),
    };
  });
  return vmStateOf(KIND, file, origin, { running: true, backends });
}

const readQmpMemdev = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readAnswer(text, file, (answer, fields) => stateOf(answer, fields, file, origin));

export const qmpMemdev: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "QEMU's answer to query-memdev (memory backends)",
  mark: 'JSON with "host-nodes" and "size"',
  ...byJson(isListWith('host-nodes', 'size')),
  read: readQmpMemdev,
  summary: ({ vms }) => plural(vms[0]?.backends.length ?? 0, 'backend'),
};
