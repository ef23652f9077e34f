/**
 * /proc/PID/numa_maps of a QEMU → where its memory lies, by page size. Each line is one range: its policy is a wish, its N
 * counters are where the pages are, in pages of the size that the line states (old kernels leave out 4 KiB).
 *
 * Guest memory is told from QEMU's own: the files of memory backends, and anonymous ranges of 4 MiB and more that begin at a 2
 * MiB boundary, as QEMU aligns them. Only pages that were touched count.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { PAGE_SIZE_KIB, pagesFromKib } from '../../../shared/units/index.ts';
import { plural, size } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { KibOnNode, PagesOnNode, PlacementFacts, RamBlock } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { admitNode, readOutput, reportNothing } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, pidOf, vmNameOf } from '../paste/prompt.ts';

const KIND = 'linux-numa-maps';
const POLICY = String.raw`(?:default|local|(?:bind|prefer|interleave|weighted interleave)(?: \(many\))?(?:=\w{1,20})?(?:[:=][\d,-]{0,400})?)(?:=(?:static|relative)\S{0,40})?`;
const RANGE = new RegExp(`^([\\da-f]{1,16}) (${POLICY})((?: \\S.{0,4000})?)$`);
const MAX_RANGES = 200_000;
/** The least that counts as guest memory among anonymous ranges: QEMU's own are of 2 MiB and less. */
const MIN_RAM_KIB = 4096;
/** The last digits of an address at a multiple of 2 MiB. */
const ALIGNED = /[02468ace]00000$/;
const MAX_PAGE_KIB = 16 * 1024 * 1024;

interface Range {
  readonly address: string;
  readonly policy: string;
  readonly rest: string;
  readonly line: number;
}

/** Ranges, with what a line end has torn put together again. */
function rangesOf(lines: readonly OutputLine[], list: DiagnosticList): readonly Range[] {
  const joined: OutputLine[] = [];
  for (const { text, line } of lines) {
    const last = joined.at(-1);
    if (/^[\da-f]{6,16} [a-z]/.test(text)) joined.push({ text, line });
    else if (last !== undefined && /(?:=|\b(?:huge|heap|stack))/.test(text)) {
      if (/\d$/.test(last.text) && /^\d/.test(text)) {
        const detail = { found: quote(`${last.text.slice(-20)} ${text.slice(0, 20)}`), expected: 'one range a line' };
        list.error('number-torn', 'A number is torn by a line end.', { line }, detail);
      }
      const blank = /^(?:N\d+|[a-z]\w*)=|^(?:huge|heap|stack)\b/.test(text) ? ' ' : '';
      joined[joined.length - 1] = { text: `${last.text}${blank}${text}`, line: last.line };
    }
  }
  return joined.flatMap(({ text, line }) => {
    const match = RANGE.exec(text);
    if (match !== null) return [{ address: match[1]!, policy: match[2]!.trim(), rest: match[3]!, line }];
    const detail = { found: quote(text), expected: 'an address, a policy, and N0=… counters' };
    list.error('range-invalid', 'A range cannot be read.', { line }, detail);
    return [];
  });
}

interface Counted extends Range {
  readonly sizeKiB: number;
  readonly pages: ReadonlyMap<number, number>;
}

function countsOf(range: Range, list: DiagnosticList): Counted | null {
  const { rest, line } = range;
  const pages = new Map<number, number>();
  const where = { line, path: `/${range.address}` };
  let sizeKiB = /(?:^| )huge(?: |$)/.test(rest) ? null : PAGE_SIZE_KIB;
  for (const item of rest.trim().split(/\s+/)) {
    const [name = '', value = ''] = item.split('=', 2);
    if (!/^(?:N\d{1,9}|kernelpagesize_kB|anon|dirty|mapped)$/.test(name)) continue;
    if (!/^\d{1,12}$/.test(value)) {
      list.error('number-invalid', 'A number cannot be read.', where, { found: quote(item) });
      return null;
    }
    if (name === 'kernelpagesize_kB') sizeKiB = Number(value);
    else if (name.startsWith('N')) {
      const node = Number(name.slice(1));
      if (pages.has(node) || !admitNode(node, pages.size, where, list)) {
        list.error('node-duplicate', 'A node is counted twice in a range.', where, { found: quote(item) });
        return null;
      }
      pages.set(node, Number(value));
    }
  }
  if (sizeKiB === null && pages.size > 0) {
    const detail = { expected: 'kernelpagesize_kB=2048', hint: 'Kernels before 3.14 do not print it.' };
    list.error('page-size-missing', 'The size of the huge pages of a range is not stated.', where, detail);
    return null;
  }
  const kib = sizeKiB ?? PAGE_SIZE_KIB;
  if (kib > 0 && kib <= MAX_PAGE_KIB) return { ...range, sizeKiB: kib, pages };
  list.error('page-size', 'A page size is none.', where, { found: `${kib} kB`, expected: `1 to ${MAX_PAGE_KIB} kB` });
  return null;
}

const fileOf = (rest: string): string | null => /(?:^| )file=(\S{1,1000})/.exec(rest)?.[1] ?? null;

function blockOf({ address, policy, rest, sizeKiB, pages }: Counted): RamBlock | null {
  const total = [...pages.values()].reduce((sum, n) => sum + n, 0) * sizeKiB;
  const file = fileOf(rest);
  const backend =
    file === null ? null : (/qemu_back_mem\.(.{1,200}?)\.[\w]{6}(?:\\040\(deleted\))?$/.exec(file)?.[1] ?? null);
  let backing: RamBlock['backing'];
  if (file === null) {
    const isRam = !/(?:^| )(?:heap|stack)\b/.test(rest) && total >= MIN_RAM_KIB && ALIGNED.test(address);
    if (!isRam) return null;
    backing = 'anon';
  } else if (/memfd:memory-backend/.test(file)) backing = 'memfd';
  else if (backend !== null || /\/hugepages/.test(file)) backing = sizeKiB > 64 ? 'hugetlbfs' : 'file';
  else if (/^\/dev\/shm\/|\/libvirt\/qemu\/ram\//.test(file) && total >= MIN_RAM_KIB) backing = 'file';
  else return null;
  if (total === 0) return null;
  return { address, backend, backing, policy, sizeKiB, pages: pagesOf(pages, sizeKiB) };
}

const pagesOf = (pages: ReadonlyMap<number, number>, sizeKiB: number): readonly PagesOnNode[] =>
  [...pages].sort(([a], [b]) => a - b).map(([node, n]) => ({ node, sizeKiB, pages: n }));

/** Sums by node and page size, ascending. */
function sumOf(all: readonly PagesOnNode[]): readonly PagesOnNode[] {
  const sums = new Map<string, PagesOnNode>();
  for (const { node, sizeKiB, pages } of all) {
    const key = `${node}/${sizeKiB}`;
    sums.set(key, { node, sizeKiB, pages: pages + (sums.get(key)?.pages ?? 0) });
  }
  return [...sums.values()].sort((a, b) => a.node - b.node || a.sizeKiB - b.sizeKiB);
}

function kibOf(all: readonly PagesOnNode[]): readonly KibOnNode[] {
  const sums = new Map<number, number>();
  for (const { node, sizeKiB, pages } of all) sums.set(node, (sums.get(node) ?? 0) + pages * sizeKiB);
  return [...sums].sort(([a], [b]) => a - b).map(([node, kib]) => ({ node, kib }));
}

function placementOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin,
): PlacementFacts | null {
  const ranges = rangesOf(lines.slice(0, MAX_RANGES), list);
  if (lines.length > MAX_RANGES) list.error('too-many-ranges', 'There are too many ranges.', { line: MAX_RANGES });
  if (ranges.length === 0)
    return reportNothing('/proc/PID/numa_maps', '7f0bcac00000 default anon=76800 N0=76800', list);
  const twice = duplicateOf(ranges);
  if (twice !== null) {
    const hint = 'Are these two processes in one file? Put the command that printed it, or its path, before each.';
    list.error('range-duplicate', 'A range is given twice.', { line: twice.line, path: `/${twice.address}` }, { hint });
  }
  const counted = ranges.flatMap((range) => countsOf(range, list) ?? []);
  const ramBlocks = counted.flatMap((range) => blockOf(range) ?? []);
  const pages = sumOf(counted.flatMap((range) => pagesOf(range.pages, range.sizeKiB)));
  const byNode = kibOf(pages);
  const totalKiB = byNode.reduce((sum, { kib }) => sum + kib, 0);
  if (!Number.isSafeInteger(totalKiB))
    list.error('size-too-large', 'The pages are more than any machine has.', { line: 1 });
  const command = counted
    .map(({ rest }) => /file=\S*\/(qemu[^/\\\s]{0,40})/.exec(rest)?.[1])
    .find((name) => name !== undefined);
  return {
    kind: KIND,
    nodes: byNode.map(({ node }) => node),
    processes: [
      {
        pid: pidOf(origin),
        command: command?.startsWith('qemu_back') === true ? null : (command ?? null),
        vm: vmOf(counted, file, origin),
        byNode,
        totalKiB,
        ramByNode: kibOf(ramBlocks.flatMap((block) => block.pages)),
        ramBlocks,
        pages,
        ranges: ranges.length,
        byKind: {},
      },
    ],
    resolutionKiB: 0,
    totalByNode: null,
    totalKiB: null,
    hugeUnderstated: false,
  };
}

function duplicateOf(ranges: readonly Range[]): Range | null {
  const seen = new Set<string>();
  for (const range of ranges) {
    if (seen.has(range.address)) return range;
    seen.add(range.address);
  }
  return null;
}

/** libvirt keeps the files of a VM's memory in a folder `ID-NAME`. */
function vmOf(ranges: readonly Counted[], file: string, origin: Origin): string | null {
  for (const { rest } of ranges) {
    const name = /\/libvirt\/qemu\/(?:ram\/)?\d+-([^/]{1,100})\//.exec(fileOf(rest) ?? '')?.[1];
    if (name !== undefined) return name;
  }
  return vmNameOf({ ...origin, command: null }, file).name;
}

const readNumaMaps = (text: string, file: string, origin?: Origin): Read<PlacementFacts> =>
  readOutput(text, file, (lines, list) => placementOf(lines, list, file, origin ?? NO_ORIGIN));

export const linuxNumaMaps: Format<'placement'> = {
  id: KIND,
  role: 'placement',
  name: "a process's numa_maps (where its memory lies)",
  mark: '"7f0bcac00000 default anon=76800 N0=76800"',
  ...byLine({
    mark: /^\s*[\da-f]{6,16} (?:default|local|bind|prefer|interleave|weighted)\b/,
    confidence: 0.9,
    holds: /^\s*\S{0,400}=\S|^\s*(?:huge|heap|stack)\b/,
  }),
  read: readNumaMaps,
  summary: ({ processes, nodes }) =>
    `${size(pagesFromKib(processes[0]?.totalKiB ?? 0))} on ${plural(nodes.length, 'node')}`,
};
