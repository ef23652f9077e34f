/**
 * Parts of a domain's XML as they are posted without the rest: `<vcpu>`, `<cputune>`, `<numatune>`, `<topology>`, `<cpu>` with
 * cells. It is read by tags and not as a document, since posters write remarks between them; those are named and not read.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { readSizeKib } from '../libvirt-size.ts';
import type { VcpuState, VmState, VmStateFacts } from '../measured.ts';
import { NO_VCPU_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { idsOf, readOutput, recordOf, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'libvirt-fragment';
const TAG = /<(\/?)([A-Za-z]\w{0,30})((?:\s+[\w:-]{1,40}\s*=\s*(?:'[^'<]{0,400}'|"[^"<]{0,400}"))*)\s*(\/?)>/g;
const MAX_TAGS = 100_000;

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** What follows it on its line, for `<vcpu>4</vcpu>`. */
  readonly text: string;
  readonly line: number;
}

function tagsOf(lines: readonly OutputLine[], list: DiagnosticList): readonly Tag[] {
  const tags: Tag[] = [];
  const remarks: OutputLine[] = [];
  for (const { text, line } of lines) {
    const found = [...text.matchAll(TAG)];
    let rest = text;
    for (const [whole, closing, name, attributes] of found) {
      const behind = text.slice(text.indexOf(whole) + whole.length);
      const value = /^[^<]*/.exec(behind)![0].trim();
      const isValue = behind.includes(`</${name}>`);
      rest = rest.replace(isValue ? `${whole}${/^[^<]*/.exec(behind)![0]}` : whole, '');
      if (closing !== '' || tags.length >= MAX_TAGS) continue;
      tags.push({ name: name!, attributes: attributesOf(attributes!), text: isValue ? value : '', line });
    }
    if (rest.trim() !== '') remarks.push({ text: rest.trim(), line });
  }
  const [first] = remarks;
  if (first !== undefined) {
    const message = `${plural(remarks.length, 'remark')} between the tags ${remarks.length === 1 ? 'is' : 'are'} not read.`;
    list.note('lines-ignored', message, { line: first.line }, { found: quote(first.text) });
  }
  return tags;
}

const attributesOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/([\w:-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/g)].map((match) => [
      match[1]!,
      match[2] ?? match[3] ?? '',
    ]),
  );

class FragmentReader {
  readonly #list: DiagnosticList;
  readonly #vcpus = new Map<number, VcpuState>();
  readonly #cells: VmState['cells'][number][] = [];
  readonly #memnodes: VmState['memnodes'][number][] = [];
  readonly #fields = new Map<string, string>();
  #state: Partial<{ -readonly [K in keyof VmState]: VmState[K] }> = {};
  understood = 0;

  constructor(list: DiagnosticList) {
    this.#list = list;
  }

  #ids(tag: Tag, name: string): readonly number[] | null {
    const text = tag.attributes.get(name);
    return text === undefined ? null : idsOf(text, { line: tag.line, path: `/${tag.name}/@${name}` }, this.#list);
  }

  #whole(tag: Tag, name: string): number | null {
    const text = tag.attributes.get(name);
    return text === undefined
      ? null
      : wholeOf(text, { line: tag.line, path: `/${tag.name}/@${name}` }, this.#list, MAX_ID);
  }

  take(tag: Tag): void {
    this.understood++;
    if (tag.name === 'vcpu' && tag.text !== '') {
      const vcpusMax = wholeOf(tag.text, { line: tag.line, path: '/vcpu' }, this.#list, 16_384);
      this.#state.vcpusMax = vcpusMax;
      this.#state.vcpusCurrent = this.#whole(tag, 'current') ?? vcpusMax;
    } else if (tag.name === 'vcpupin') this.#pin(tag);
    else if (tag.name === 'emulatorpin') this.#state.emulatorCpus = this.#ids(tag, 'cpuset');
    else if (tag.name === 'memnode') {
      const [cell, nodeset] = [this.#whole(tag, 'cellid'), this.#ids(tag, 'nodeset')];
      if (cell !== null && nodeset !== null)
        this.#memnodes.push({ cell, mode: tag.attributes.get('mode') ?? 'strict', nodeset });
    } else if (tag.name === 'memory' && (tag.attributes.has('mode') || tag.attributes.has('nodeset'))) {
      this.#state.numatune = { mode: tag.attributes.get('mode') ?? 'strict', nodeset: this.#ids(tag, 'nodeset') };
    } else if (tag.name === 'memory' && tag.text !== '') {
      const where = { line: tag.line, path: '/memory' };
      this.#state.maxMemoryKiB = readSizeKib(tag.text, tag.attributes.get('unit'), where, this.#list);
    } else if (tag.name === 'cell' && tag.attributes.has('memory')) this.#cell(tag);
    else if (tag.name === 'topology' && tag.attributes.size > 0) {
      for (const [name, value] of tag.attributes) this.#fields.set(`topology.${name}`, value);
    } else this.understood--;
  }

  #pin(tag: Tag): void {
    const [id, affinity] = [this.#whole(tag, 'vcpu'), this.#ids(tag, 'cpuset')];
    if (id === null || affinity === null) return;
    if (!this.#vcpus.has(id)) this.#vcpus.set(id, { ...NO_VCPU_STATE, id, affinity });
    else
      this.#list.error(
        'vcpupin-duplicate',
        'A vCPU is pinned twice.',
        { line: tag.line },
        { found: `vCPU ${id} again` },
      );
  }

  #cell(tag: Tag): void {
    const where = { line: tag.line, path: '/cell/@memory' };
    const memoryKiB = readSizeKib(tag.attributes.get('memory') ?? '', tag.attributes.get('unit'), where, this.#list);
    const cell = { id: this.#whole(tag, 'id') ?? this.#cells.length, cpus: this.#ids(tag, 'cpus') ?? [], memoryKiB };
    if (this.#cells.length < 1024) this.#cells.push(cell);
  }

  state(): Partial<Omit<VmState, 'name' | 'nameFrom'>> {
    return {
      ...this.#state,
      vcpus: [...this.#vcpus.values()].sort((a, b) => a.id - b.id),
      cells: [...this.#cells].sort((a, b) => a.id - b.id),
      memnodes: [...this.#memnodes].sort((a, b) => a.cell - b.cell),
      fields: recordOf(this.#fields),
    };
  }
}

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const reader = new FragmentReader(list);
  for (const tag of tagsOf(lines, list)) reader.take(tag);
  if (reader.understood === 0)
    return reportNothing('virsh dumpxml', "<vcpupin vcpu='0' cpuset='0-3'/> or the like", list);
  return vmStateOf(KIND, file, origin, reader.state());
}

const readFragment = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const libvirtFragment: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: "a part of a libvirt domain's XML (of a VM that it does not name)",
  mark: "<vcpupin vcpu='0' cpuset='0-3'/>, <memnode …>, <topology …>, <vcpu …>",
  ...byLine({
    mark: /^\s*<(?:vcpu\b[^>]*>\d|cputune>|numatune>|vcpupin\s|emulatorpin\s|memnode\s|topology\s+(?:sockets|dies|clusters|cores|threads)=|memory\s+mode=|cell\s[^>]*memory=)/,
    confidence: 0.7,
    holds: /^\s*<\/?[A-Za-z]/,
  }),
  read: readFragment,
  summary: ({ vms }) =>
    `pins of ${plural(vms[0]?.vcpus.length ?? 0, 'vCPU')}, ${plural(vms[0]?.cells.length ?? 0, 'cell')}`,
};
