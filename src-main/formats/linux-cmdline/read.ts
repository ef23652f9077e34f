/** /proc/cmdline → what the host's kernel was told at boot about nodes, CPUs and huge pages. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts, KernelSettings } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, reportNothing } from '../output-lines.ts';

const KIND = 'linux-cmdline';
const PARAMETERS =
  'BOOT_IMAGE|root|rootflags|console|hugepagesz|hugepages|default_hugepagesz|isolcpus|nohz_full|rcu_nocbs|numa|numa_balancing|transparent_hugepage|intel_iommu|amd_iommu|iommu|crashkernel|initrd|rd\\.lvm\\.lv|mitigations|panic|systemd\\.\\w+|irqaffinity|kvm[\\w.-]*|maxcpus|mem|memmap';

/** A size of a page as the kernel takes it: 1G, 2M, 64K. */
function sizeKiB(text: string): number | null {
  const match = /^(\d{1,9})([KMG])B?$/i.exec(text);
  return match === null
    ? null
    : Number(match[1]) * { K: 1, M: 1024, G: 1024 * 1024 }[match[2]!.toUpperCase() as 'K' | 'M' | 'G'];
}

function settingsOf(commandLine: string, line: number, list: DiagnosticList): KernelSettings {
  const hugepages: KernelSettings['hugepages'][number][] = [];
  let size: number | null = null;
  let isolated: readonly number[] | null = null;
  let nohz: readonly number[] | null = null;
  let defaultHugepageKiB: number | null = null;
  const values = new Map<string, string>();
  for (const word of commandLine.split(/\s+/).slice(0, 4096)) {
    const at = word.indexOf('=');
    const [name, value] = at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1).replace(/^"|"$/g, '')];
    const where = { line, path: `/${name.slice(0, 40)}` };
    values.set(name, value);
    if (name === 'hugepagesz') size = sizeKiB(value);
    else if (name === 'default_hugepagesz') defaultHugepageKiB = size = sizeKiB(value);
    else if (name === 'hugepages') hugepages.push(...poolsOf(value, size, where.line, list));
    // Flags such as managed_irq come before the list.
    else if (name === 'isolcpus') isolated = idsOf(value.replace(/^(?:[a-z_]+,)+/, ''), where, list);
    else if (name === 'nohz_full') nohz = idsOf(value, where, list);
  }
  const transparent = values.get('transparent_hugepage');
  const balancing = values.get('numa_balancing');
  return {
    commandLine: commandLine.slice(0, 4096),
    isolatedCpus: isolated,
    nohzFullCpus: nohz,
    numaBalancing: balancing === 'disable' ? 0 : balancing === 'enable' ? 1 : null,
    numa: values.get('numa') ?? null,
    transparentHugepages:
      transparent === 'always' || transparent === 'madvise' || transparent === 'never' ? transparent : null,
    defaultHugepageKiB,
    hugepages,
  };
}

/** `140` for the host, `0:140,1:40` by node. */
function poolsOf(text: string, size: number | null, line: number, list: DiagnosticList): KernelSettings['hugepages'] {
  return text.split(',').flatMap((part) => {
    const match = /^(?:(\d{1,5}):)?(\d{1,12})$/.exec(part);
    if (match !== null)
      return { sizeKiB: size, node: match[1] === undefined ? null : Number(match[1]), pages: Number(match[2]) };
    const detail = { found: quote(text.slice(0, 80)), expected: 'a number of pages, or NODE:PAGES,…' };
    list.warning('hugepages-invalid', 'A number of huge pages cannot be read.', { line, path: '/hugepages' }, detail);
    return [];
  });
}

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): HostStateFacts | null {
  const text = lines.map((each) => each.text).join(' ');
  if (text === '') return reportNothing('/proc/cmdline', 'BOOT_IMAGE=… root=…', list);
  return { kind: KIND, ...NO_HOST_STATE, settings: settingsOf(text, lines[0]!.line, list) };
}

const readCmdline = (text: string, file: string): Read<HostStateFacts> => readOutput(text, file, hostOf);

export const linuxCmdline: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: "the kernel's command line (/proc/cmdline)",
  mark: '"BOOT_IMAGE=… root=…"',
  ...byLine({
    mark: new RegExp(`^(?:(?:${PARAMETERS})=\\S+)(?:\\s+[\\w.,-]+(?:=\\S*)?)*\\s*$`),
    confidence: 0.5,
    holds: /^[\w.,-]+(?:=\S*)?(?:\s+[\w.,-]+(?:=\S*)?)*\s*$/,
  }),
  read: readCmdline,
  summary: ({ settings }) =>
    `${plural(settings?.hugepages.length ?? 0, 'pool')} of huge pages, ${plural(settings?.isolatedCpus?.length ?? 0, 'isolated CPU')}`,
};
