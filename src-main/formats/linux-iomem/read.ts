/**
 * /proc/iomem → address ranges, as root sees them: for other users the kernel prints zeros, which are an error here.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { admitText } from '../input.ts';
import type { AddressRange } from '../linux-text.ts';
import { eachLine } from '../linux-text.ts';
import { plural } from '../../../shared/view/number-format.ts';

export interface IomemFacts {
  readonly kind: string;
  /** `depth` is how deep it is indented. */
  readonly resources: readonly (AddressRange & {
    readonly name: string;
    readonly depth: number;
    readonly line: number;
  })[];
}

const RESOURCE = /^(\s*)([\da-f]{8,16})-([\da-f]{8,16}) : (.{1,200})$/;
const MAX_RESOURCES = 100_000;

/** Never throws; errors by slug are in the diagnostics. */
export function readIomem(text: string, file: string): Read<IomemFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<IomemFacts>(null);
  const resources: IomemFacts['resources'][number][] = [];
  eachLine(admitted, (text, line) => {
    const match = RESOURCE.exec(text);
    if (match === null || resources.length >= MAX_RESOURCES) return;
    const [start, last] = [Number.parseInt(match[2]!, 16), Number.parseInt(match[3]!, 16)];
    if (last < start || last > Number.MAX_SAFE_INTEGER) {
      list.warning(
        'range-invalid',
        'A range descends or is too large, and is ignored.',
        { line },
        { found: quote(text.trim()) },
      );
      return;
    }
    resources.push({ start, end: last + 1, name: match[4]!, depth: Math.floor(match[1]!.length / 2), line });
  });
  if (resources.length === 0) {
    const detail = { expected: '00100000-7ffdffff : System RAM' };
    list.error('not-iomem', 'This is not the text of /proc/iomem.', { line: 1 }, detail);
  } else if (resources.every(({ start, end }) => start === 0 && end === 1)) {
    const hint = 'The kernel shows addresses to root only: sudo cat /proc/iomem.';
    list.error('iomem-hidden', 'All addresses are zero.', { line: 1 }, { hint });
  }
  return list.read<IomemFacts>({ kind: 'linux-iomem', resources });
}

export const linuxIomem: Format<'guest-state', IomemFacts> = {
  id: 'linux-iomem',
  role: 'guest-state',
  name: "a Linux guest's /proc/iomem",
  mark: '"00100000-7ffdffff : System RAM"',
  ...byLine({
    mark: /^[\da-f]{8,16}-[\da-f]{8,16} : \S/,
    confidence: 0.3,
    holds: /^\s*[\da-f]{8,16}-[\da-f]{8,16} : \S/,
  }),
  read: readIomem,
  summary: ({ resources }) => plural(resources.length, 'resource'),
};
