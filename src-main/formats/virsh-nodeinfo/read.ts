/**
 * `virsh nodeinfo` → CPUs and memory of the whole host. Its cells and sockets are not read: on hosts with nodes of uneven CPUs it
 * says one cell and one socket.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { pagesFromKib } from '../../../shared/units/index.ts';
import { plural, size } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, reportNothing, wholeOf } from '../output-lines.ts';

const KIND = 'virsh-nodeinfo';
const CPUS = /^CPU\(s\)\s?:\s+(\d{1,9})$/;
/** The only line in KiB, whatever its label. */
const MEMORY = /^[^:]{1,40}:\s+(\d{1,16}) KiB$/;

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): HostStateFacts | null {
  const value = (row: RegExp, max?: number): number | null => {
    const found = lines.find(({ text }) => row.test(text));
    return found === undefined ? null : wholeOf(row.exec(found.text)![1]!, { line: found.line }, list, max);
  };
  const cpuCount = value(CPUS, 65_536);
  const memoryKiB = value(MEMORY);
  if (memoryKiB === null) return reportNothing('virsh nodeinfo', 'Memory size: 12413140 KiB', list);
  return { kind: KIND, ...NO_HOST_STATE, cpuCount, memoryKiB };
}

const readNodeinfo = (text: string, file: string): Read<HostStateFacts> => readOutput(text, file, hostOf);

export const virshNodeinfo: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: 'the output of virsh nodeinfo (CPUs and memory of a host)',
  mark: '"CPU model:" and "Memory size:"',
  ...byLine({
    mark: /^\s*(?:CPU[ -](?:model|Modell|frequency|Frequenz|socket|Socket)|Mod\u00e8le de (?:CPU|processeur)|NUMA[ -](?:cell|Zelle)|Memory size|Speichergr)/,
    begins: /^\s*(?:CPU[ -]model|Mod\u00e8le)/i,
    confidence: 0.8,
    holds: /^\s*(?:CPU|Core|Kern|Thread|NUMA|Memory|Speicher|[^:]{1,40}\(s\))[^:]{0,40}:\s/,
  }),
  read: readNodeinfo,
  summary: ({ cpuCount, memoryKiB }) => `${plural(cpuCount ?? 0, 'CPU')}, ${size(pagesFromKib(memoryKiB ?? 0))}`,
};
