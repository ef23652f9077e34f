/**
 * /proc/PID/cmdline of a QEMU → which VM a process is. Its other arguments are not read; where its memory lies is numa_maps' to
 * say.
 */
import type { Read } from '../../../shared/errors/index.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { PlacementFacts } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, pidOf } from '../paste/prompt.ts';

const KIND = 'linux-process';
const NAME = /\s-name\s+(?:guest=)?([^\s,]{1,200})/;
const PROGRAM = /^(?:\S*\/)?(qemu[\w.-]*|kvm)(?=\s|$)/;

const readFacts =
  (origin: Origin) =>
  (lines: readonly OutputLine[], list: DiagnosticList): PlacementFacts | null => {
    const text = lines.map((line) => line.text).join(' ');
    const program = PROGRAM.exec(text);
    if (program === null) return reportNothing('/proc/PID/cmdline', 'qemu-system-x86_64 -name guest=…', list);
    const process = {
      pid: pidOf(origin),
      command: program[1]!,
      vm: NAME.exec(text)?.[1] ?? null,
      byNode: [],
      totalKiB: null,
      ramByNode: null,
      ramBlocks: [],
      ranges: null,
      pages: [],
      byKind: {},
    };
    return {
      kind: KIND,
      nodes: [],
      processes: [process],
      resolutionKiB: 0,
      totalByNode: null,
      totalKiB: null,
      hugeUnderstated: false,
    };
  };

export const linuxProcess: Format<'placement'> = {
  id: KIND,
  role: 'placement',
  name: "a QEMU's command line (/proc/PID/cmdline)",
  mark: '"qemu-system-x86_64 -name guest=…"',
  ...byLine({ mark: /^(?:\S*\/)?(?:qemu-system-\S+|kvm|qemu-kvm)\s+-name\s/, confidence: 0.7 }),
  read: (text: string, file: string, origin: Origin = NO_ORIGIN): Read<PlacementFacts> =>
    readOutput(text, file, readFacts(origin)),
  summary: ({ processes }) => processes[0]?.vm ?? 'a process without a name',
};
