/**
 * A domain's XML with its memory, bindings and pins changed to those of a VM, and everything else as it was, byte for byte.
 *
 * (a) A value that is there is changed in its quotes, in its own unit; one that is the same is not touched.
 * (b) What is not there is put in with the indentation around it; what the VM has no more is taken out with its line.
 * (c) Cells are neither made nor removed: their number is what the guest booted with.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { idList } from '../../../shared/view/id-list.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { VmFacts } from '../facts.ts';
import { admitText } from '../input.ts';
import { readIdSet, readSizeKib } from '../libvirt-size.ts';
import type { VmToPrint } from '../vm-out/form.ts';
import type { XmlElement } from '../xml/index.ts';
import { childrenOf, parseXml, placeOf } from '../xml/index.ts';

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

export function changeDomain(text: string, file: string, vm: VmToPrint): Read<string> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  const root = admitted === null ? null : parseXml(admitted, list);
  const domain = root?.name === 'domstatus' ? (childrenOf(root, 'domain')[0] ?? null) : root;
  if (admitted === null || domain === null) return list.read<string>(null);
  const changer = new DomainChanger(admitted, domain, list);
  changer.memory(vm);
  changer.cells(vm.cells);
  changer.numatune(vm);
  changer.pins(vm.vcpupin);
  return list.read(text.slice(0, text.length - admitted.length) + changer.text());
}

const only = (element: XmlElement | null, name: string): XmlElement | null =>
  element === null ? null : (childrenOf(element, name)[0] ?? null);

const UNITS: Readonly<Record<string, number>> = { k: 1, kib: 1, m: 1024, mib: 1024, g: 1024 ** 2, gib: 1024 ** 2 };

class DomainChanger {
  readonly #text: string;
  readonly #domain: XmlElement;
  readonly #list: DiagnosticList;
  readonly #replacements: Replacement[] = [];

  constructor(text: string, domain: XmlElement, list: DiagnosticList) {
    this.#text = text;
    this.#domain = domain;
    this.#list = list;
  }

  text(): string {
    let changed = '';
    let at = 0;
    for (const { start, end, by } of this.#replacements.sort((a, b) => a.start - b.start || a.end - b.end)) {
      changed += this.#text.slice(at, start) + by;
      at = end;
    }
    return changed + this.#text.slice(at);
  }

  memory({ memoryKiB }: VmToPrint): void {
    const element = only(this.#domain, 'memory');
    if (element === null || element.content === null || memoryKiB === null) return;
    const unit = element.attributes.get('unit');
    if (readSizeKib(element.text, unit, placeOf(element), this.#list) === memoryKiB) return;
    this.#size(element, element.content, memoryKiB);
    const current = only(this.#domain, 'currentMemory');
    if (current?.content != null) this.#size(current, current.content, memoryKiB);
  }

  cells(wanted: VmFacts['cells']): void {
    const numa = only(only(this.#domain, 'cpu'), 'numa');
    for (const [i, cell] of childrenOf(numa, 'cell').entries()) {
      const id = Number(cell.attributes.get('id') ?? i);
      const memoryKiB = wanted.find((each) => each.id === id)?.memoryKiB ?? null;
      const span = cell.attributeSpans.get('memory');
      if (memoryKiB === null || span === undefined) continue;
      const now = readSizeKib(cell.attributes.get('memory')!, cell.attributes.get('unit'), placeOf(cell), this.#list);
      if (now !== memoryKiB) this.#size(cell, span, memoryKiB);
    }
  }

  numatune({ memory, memnodes }: VmToPrint): void {
    const numatune = only(this.#domain, 'numatune');
    const whole = only(numatune, 'memory');
    const wanted = memory?.nodeset == null ? null : { mode: memory.mode, nodeset: memory.nodeset };
    const missing: string[] = [];
    if (wanted !== null && whole === null)
      missing.push(`<memory mode='${wanted.mode}' nodeset='${idList(wanted.nodeset)}'/>`);
    else if (wanted !== null && whole !== null) this.#policy(whole, 'memory', wanted);
    const there = childrenOf(numatune, 'memnode');
    for (const element of there) {
      const own = memnodes.find(({ cell }) => cell === Number(element.attributes.get('cellid')));
      if (own === undefined) this.#remove(element);
      else this.#policy(element, `memnode cellid='${own.cell}'`, own);
    }
    for (const { cell, mode, nodeset } of memnodes)
      if (!there.some((element) => Number(element.attributes.get('cellid')) === cell))
        missing.push(`<memnode cellid='${cell}' mode='${mode}' nodeset='${idList(nodeset)}'/>`);
    this.#insert(numatune, 'numatune', missing);
  }

  pins(wanted: VmFacts['vcpupin']): void {
    const cputune = only(this.#domain, 'cputune');
    const there = childrenOf(cputune, 'vcpupin');
    for (const element of there) {
      const cpus = wanted[element.attributes.get('vcpu') ?? ''];
      if (cpus === undefined) this.#remove(element);
      else this.#idSet(element, 'cpuset', cpus);
    }
    const missing = Object.entries(wanted).filter(
      ([vcpu]) => !there.some((element) => element.attributes.get('vcpu') === vcpu),
    );
    this.#insert(
      cputune,
      'cputune',
      missing.map(([vcpu, cpus]) => `<vcpupin vcpu='${vcpu}' cpuset='${idList(cpus)}'/>`),
    );
  }

  /** In the unit that is written, where it is whole in it; else in KiB. */
  #size(element: XmlElement, span: { readonly start: number; readonly end: number }, kib: number): void {
    const unit = element.attributeSpans.get('unit');
    const factor = UNITS[(element.attributes.get('unit') ?? 'KiB').toLowerCase()];
    if (factor !== undefined && kib % factor === 0) this.#replace(span, String(kib / factor));
    else if (unit !== undefined) {
      this.#replace(span, String(kib));
      this.#replace(unit, 'KiB');
    }
  }

  #policy(
    element: XmlElement,
    name: string,
    { mode, nodeset }: { readonly mode: string; readonly nodeset: readonly number[] },
  ): void {
    const isSame = (element.attributes.get('mode') ?? 'strict') === mode;
    const modeSpan = element.attributeSpans.get('mode');
    if (element.attributeSpans.has('nodeset') && (isSame || modeSpan !== undefined)) {
      this.#idSet(element, 'nodeset', nodeset);
      if (!isSame) this.#replace(modeSpan!, mode);
    } else this.#replace(element, `<${name} mode='${mode}' nodeset='${idList(nodeset)}'/>`);
  }

  #idSet(element: XmlElement, attribute: string, ids: readonly number[]): void {
    const span = element.attributeSpans.get(attribute);
    if (span === undefined) return;
    const now = readIdSet(element.attributes.get(attribute)!, placeOf(element, attribute), true, this.#list);
    if (now !== null && idList(now) !== idList(ids)) this.#replace(span, idList(ids));
  }

  #replace({ start, end }: { readonly start: number; readonly end: number }, by: string): void {
    this.#replacements.push({ start, end, by });
  }

  /** With the blanks before it, up to the end of the line above. */
  #remove({ start, end }: XmlElement): void {
    const blanks = /(?:\r?\n)?[ \t]*$/.exec(this.#text.slice(0, start))![0].length;
    this.#replace({ start: start - blanks, end }, '');
  }

  /** Into the element at its end, or in a new one at the end of the domain. */
  #insert(parent: XmlElement | null, name: string, elements: readonly string[]): void {
    if (elements.length === 0) return;
    const domainEnd = this.#domain.content!.end;
    const outer =
      /\n([ \t]*)<[^/!?][^\n]*$/.exec(this.#text.slice(0, this.#domain.children[0]?.end ?? domainEnd))?.[1] ?? '  ';
    const lines = elements.map((element) => `${outer}${outer}${element}\n`).join('');
    if (parent?.content != null) {
      const at = this.#text.lastIndexOf('\n', parent.content.end - 1) + 1;
      const isOwnLine = this.#text.slice(at, parent.content.end).trim() === '' && at > parent.content.start;
      this.#replace(isOwnLine ? { start: at, end: at } : { start: parent.content.end, end: parent.content.end }, lines);
      return;
    }
    if (parent !== null) this.#replace(parent, `<${name}>\n${lines}${outer}</${name}>`);
    else {
      const at = this.#text.lastIndexOf('\n', domainEnd - 1) + 1;
      const start = this.#text.slice(at, domainEnd).trim() === '' ? at : domainEnd;
      this.#replace({ start, end: start }, `${outer}<${name}>\n${lines}${outer}</${name}>\n`);
    }
  }
}
