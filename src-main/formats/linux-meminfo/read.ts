/** /proc/meminfo → memory of the whole host. kB are KiB; HugePages_* are pages of the default size, which Hugepagesize states. */
import type { Read } from '../../../shared/errors/index.ts';
import { pagesFromKib } from '../../../shared/units/index.ts';
import { size } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { HostStateFacts, PoolState } from '../measured.ts';
import { NO_HOST_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing } from '../output-lines.ts';

const KIND = 'linux-meminfo';
const LINE = /^([A-Z][\w()]{1,40}):\s+(\d{1,15})( kB)?$/;

function hostOf(lines: readonly OutputLine[], list: DiagnosticList): HostStateFacts | null {
  const kib = new Map<string, number>();
  const pages = new Map<string, number>();
  for (const { text } of lines) {
    const match = LINE.exec(text);
    if (match !== null && kib.size + pages.size < 512)
      (match[3] === undefined ? pages : kib).set(match[1]!, Number(match[2]));
  }
  if (!kib.has('MemTotal')) return reportNothing('/proc/meminfo', 'MemTotal: … kB', list);
  const hugeKib = kib.get('Hugepagesize');
  const pool = (name: string): number | null => pages.get(`HugePages_${name}`) ?? null;
  const pools: readonly PoolState[] =
    hugeKib === undefined
      ? []
      : [{ sizeKiB: hugeKib, total: pool('Total'), free: pool('Free'), surplus: pool('Surp') }];
  return {
    kind: KIND,
    ...NO_HOST_STATE,
    memoryKiB: kib.get('MemTotal') ?? null,
    freeKiB: kib.get('MemFree') ?? null,
    cachedKiB: kib.get('Cached') ?? null,
    buffersKiB: kib.get('Buffers') ?? null,
    memoryByNameKiB: recordOf(kib),
    pools,
  };
}

export const linuxMeminfo: Format<'host-state'> = {
  id: KIND,
  role: 'host-state',
  name: '/proc/meminfo (memory of a host)',
  mark: '"MemTotal: … kB"',
  ...byLine({ mark: /^\s*MemTotal:\s+\d+ kB/, confidence: 0.8, holds: /^\s*[A-Z][\w()]{1,40}:\s+\d+(?: kB)?\s*$/ }),
  read: (text: string, file: string): Read<HostStateFacts> => readOutput(text, file, hostOf),
  summary: ({ memoryKiB }) => (memoryKiB === null ? 'memory not stated' : size(pagesFromKib(memoryKiB))),
};
