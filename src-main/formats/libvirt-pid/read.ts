/** `/run/libvirt/qemu/NAME.pid` → which process a VM is. The name of the file is the name of the VM. */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byOrigin } from '../format.ts';
import type { PlacementFacts } from '../measured.ts';
import { processOf } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN } from '../paste/prompt.ts';

const KIND = 'libvirt-pid';
/** Not that of the daemon itself. */
const PATH = /(?:^|\/)libvirt\/qemu\/(?!driver\.pid$)([^/]{1,200})\.pid$/;

const read =
  ({ path }: Origin) =>
  ([first]: readonly OutputLine[], list: DiagnosticList): PlacementFacts | null => {
    const vm = PATH.exec(path ?? '')?.[1] ?? null;
    if (first !== undefined && /^\d{1,10}$/.test(first.text)) return processOf(KIND, Number(first.text), vm, null);
    list.error(
      'number-invalid',
      'A PID cannot be read.',
      { line: 1 },
      { found: quote(first?.text ?? ''), expected: 'a number' },
    );
    return null;
  };

export const libvirtPid: Format<'placement'> = {
  id: KIND,
  role: 'placement',
  name: "libvirt's PID file of a VM",
  mark: '/run/libvirt/qemu/NAME.pid',
  ...byOrigin(({ path }) => path !== null && PATH.test(path)),
  read: (text: string, file: string, origin: Origin = NO_ORIGIN): Read<PlacementFacts> =>
    readOutput(text, file, read(origin)),
  summary: ({ processes }) => processes[0]?.vm ?? 'a VM without a name',
};
