/** `info memdev` of QEMU's monitor → memory backends and the host nodes they are bound to. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { BackendState, VmStateFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { cellOfBackend } from '../qmp.ts';

const KIND = 'hmp-memdev';
const HEAD = /^memory backend: (\S{1,200})$/;
const FIELD = /^(size|prealloc|share|policy|host nodes):\s*(.{0,400})$/;

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const backends: { -readonly [K in keyof BackendState]: BackendState[K] }[] = [];
  for (const { text, line } of lines) {
    const head = HEAD.exec(text);
    const field = FIELD.exec(text);
    const backend = backends.at(-1);
    if (head !== null && backends.length < 4096) {
      const id = head[1]!;
      const rest = { policy: 'default', hostNodes: [], prealloc: null, share: null };
      backends.push({ id, sizeKiB: 0, cell: cellOfBackend(id), ...rest });
    } else if (field !== null && backend !== undefined) {
      const [, name, value] = field;
      if (name === 'size') backend.sizeKiB = Math.round((wholeOf(value!, { line }, list) ?? 0) / 1024);
      else if (name === 'policy') backend.policy = value!;
      else if (name === 'host nodes') backend.hostNodes = idsOf(value!, { line }, list) ?? [];
      else backend[name as 'prealloc' | 'share'] = value === 'true';
    }
  }
  if (backends.length === 0) return reportNothing('info memdev', 'memory backend: pc.ram', list);
  return vmStateOf(KIND, file, origin, { running: true, backends });
}

const readHmpMemdev = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const hmpMemdev: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of info memdev (memory backends)',
  mark: '"memory backend: pc.ram"',
  ...byLine({
    mark: /^\s*memory backend: \S+\s*$/,
    confidence: 0.9,
    holds: /^\s*(?:size|merge|dump|prealloc|share|reserve|policy|host nodes|rom|hotpluggable):/,
  }),
  read: readHmpMemdev,
  summary: ({ vms }) => plural(vms[0]?.backends.length ?? 0, 'backend'),
};
