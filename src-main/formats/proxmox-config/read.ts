/**
 * A Proxmox VM's configuration → VM facts.
 *
 * (a) `numaN` are guest cells: `cpus` are vCPUs, `hostnodes` host nodes. They count with `numa: 1` alone; without any, `numa: 1`
 *     gives a cell for each socket, with equal parts.
 * (b) `affinity` are host CPUs of the whole process, its vCPUs and its emulator alike.
 * (c) The id of the VM is the name of its file; where the text has no name, it is called by that.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { CellFacts, NumatuneMode, VmFacts } from '../facts.ts';
import { NO_VM } from '../facts.ts';
import type { Format } from '../format.ts';
import { byBlock } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import { admitText } from '../input.ts';
import { idsOf, wholeOf } from '../output-lines.ts';
import { vmSummary } from '../summary.ts';
import type { ConfigLine } from './config.ts';
import { configOf, isConfig, propertiesOf } from './config.ts';
import { editProxmox } from './edit.ts';

const KIND = 'proxmox-config';
/** Of qemu-server, where the text does not say. */
const DEFAULT_MEMORY_MIB = 512;
const MAX_CELLS = 8;
const MODES: Readonly<Record<string, NumatuneMode>> = {
  bind: 'strict',
  preferred: 'preferred',
  interleave: 'interleave',
};

interface ProxmoxFacts extends VmFacts {
  readonly vmid: number | null;
  readonly affinity: readonly number[] | null;
  /** Where the cells come from: the text, or the rule for `numa: 1` alone. */
  readonly cellsFrom: 'numaN' | 'sockets' | null;
  readonly memoryFrom: 'memory' | 'numaN' | 'default';
  readonly balloonMiB: number | null;
}

interface Cell extends CellFacts {
  readonly mode: NumatuneMode | null;
  readonly hostNodes: readonly number[] | null;
}

class ConfigReader {
  readonly #list: DiagnosticList;
  readonly #lines: ReadonlyMap<string, ConfigLine>;

  constructor(lines: readonly ConfigLine[], list: DiagnosticList) {
    this.#list = list;
    this.#lines = new Map(lines.map((line) => [line.key, line]));
  }

  vm(file: string): VmFacts | null {
    const list = this.#list;
    const sockets = this.#number('sockets', 1, MAX_ID) ?? 1;
    const cores = this.#number('cores', 1, MAX_ID) ?? 1;
    const vcpus = sockets * cores;
    const current = this.#number('vcpus', 1, vcpus) ?? vcpus;
    const numa = this.#text('numa') === '1';
    const stated = [...this.#lines.values()].filter(({ key }) => /^numa\d+$/.test(key));
    if (stated.length > 0 && !numa && this.#lines.has('numa')) {
      const message = 'numaN counts with "numa: 1" alone: Proxmox gives this VM no cells.';
      list.warning('numa-off', message, { line: stated[0]!.line });
    }
    if (stated.length > MAX_CELLS)
      list.warning(
        'too-many-cells',
        'Proxmox has at most 8 cells.',
        { line: stated[8]!.line },
        { found: `${stated.length} cells` },
      );
    const cells =
      numa || !this.#lines.has('numa')
        ? stated.map((line) => this.#cell(line, vcpus)).filter((cell) => cell !== null)
        : [];
    const sum = cells.reduce((kib, { memoryKiB }) => kib + (memoryKiB ?? 0), 0);
    const memory = this.#memory(cells.length > 0 ? sum : null);
    if (vcpus > MAX_ID || list.hasErrors) return null;
    const bySocket = cells.length === 0 && numa ? bySockets(sockets, cores, memory.kib) : [];
    const affinity = this.#ids('affinity');
    const name = this.#text('name');
    const vmid = /(?:^|[/\\])(\d{1,9})\.conf$/.exec(file)?.[1] ?? null;
    if (name === null) {
      const message = `The text has no name: the VM is called "${vmid === null ? 'vm' : `vm-${vmid}`}" here.`;
      list.note('name-assumed', message, { line: 1 }, { hint: 'The id of the VM is the name of its file.' });
    }
    const hugepages = this.#text('hugepages');
    const facts: ProxmoxFacts = {
      kind: KIND,
      name: name ?? (vmid === null ? 'vm' : `vm-${vmid}`),
      ...NO_VM,
      vcpus,
      vcpusCurrent: current,
      memoryKiB: memory.kib,
      cells: (cells.length > 0 ? cells : bySocket).map(({ id, cpus, memoryKiB }) => ({
        id,
        cpus,
        memoryKiB,
        memAccess: null,
      })),
      memnodes: cells.flatMap(({ id, mode, hostNodes }) =>
        mode === null || hostNodes === null ? [] : [{ cell: id, mode, nodeset: hostNodes }],
      ),
      vcpuCpuset: affinity,
      emulatorpin: affinity,
      hugepages:
        hugepages === null ? [] : [{ sizeKiB: hugepages === 'any' ? null : this.#hugepages(hugepages), nodeset: null }],
      uuid: propertiesOf(this.#text('smbios1') ?? '').get('uuid') ?? null,
      arch: this.#text('arch') ?? 'x86_64',
      cpuTopology: { sockets, cores, threads: 1 },
      vmid: vmid === null ? null : Number(vmid),
      affinity,
      cellsFrom: cells.length > 0 ? 'numaN' : bySocket.length > 0 ? 'sockets' : null,
      memoryFrom: memory.from,
      balloonMiB: this.#number('balloon', 0, 2 ** 32),
    };
    if (this.#lines.has('args'))
      list.note('args-ignored', 'Arguments of QEMU itself are not read.', { line: this.#lines.get('args')!.line });
    return facts;
  }

  #text(key: string): string | null {
    const value = this.#lines.get(key)?.value;
    return value === undefined || value === '' ? null : value.slice(0, 1000);
  }

  #number(key: string, min: number, max: number): number | null {
    const line = this.#lines.get(key);
    if (line === undefined) return null;
    const value = wholeOf(line.value, { line: line.line, path: `/${key}` }, this.#list, max);
    if (value === null || value >= min) return value;
    this.#list.error(
      'number-invalid',
      'A number is too small.',
      { line: line.line, path: `/${key}` },
      { found: quote(line.value), expected: `at least ${min}` },
    );
    return null;
  }

  #ids(key: string): readonly number[] | null {
    const line = this.#lines.get(key);
    return line === undefined ? null : this.#idList(line.value, line.line, `/${key}`);
  }

  /** Semicolons stand for commas inside a property. */
  #idList(text: string, line: number, path: string): readonly number[] | null {
    return idsOf(text.replaceAll(';', ','), { line, path }, this.#list);
  }

  #memory(cellsKib: number | null): { readonly kib: number; readonly from: ProxmoxFacts['memoryFrom'] } {
    const line = this.#lines.get('memory');
    if (line === undefined) {
      const mib = cellsKib === null ? DEFAULT_MEMORY_MIB : cellsKib / 1024;
      const message =
        cellsKib === null
          ? `The text does not say how much memory: Proxmox gives ${mib} MiB.`
          : `The text does not say how much memory: that of its cells counts, ${mib} MiB. Proxmox itself would refuse it.`;
      this.#list.warning('memory-assumed', message, { line: 1 }, { expected: 'memory: MiB' });
      return { kib: mib * 1024, from: cellsKib === null ? 'default' : 'numaN' };
    }
    const where = { line: line.line, path: '/memory' };
    const mib = wholeOf(propertiesOf(line.value).get('current') ?? line.value, where, this.#list, 2 ** 32) ?? 0;
    if (cellsKib !== null && cellsKib !== mib * 1024) {
      const detail = { found: `${cellsKib / 1024} MiB in cells`, expected: `${mib} MiB` };
      this.#list.warning(
        'cells-memory',
        'The memory of the cells is not that of the VM: Proxmox would refuse it.',
        where,
        detail,
      );
    }
    return { kib: mib * 1024, from: 'memory' };
  }

  #cell({ key, value, line }: ConfigLine, vcpus: number): Cell | null {
    const list = this.#list;
    const id = Number(key.slice(4));
    const path = `/${key}`;
    const properties = propertiesOf(value);
    const cpus = this.#idList(properties.get('cpus') ?? '', line, path) ?? [];
    if (cpus.some((cpu) => cpu >= vcpus)) {
      const detail = { found: quote(properties.get('cpus') ?? ''), expected: `0 to ${vcpus - 1}` };
      list.warning('cell-cpus', `Cell ${id} has vCPUs that the VM has not.`, { line, path }, detail);
    }
    const memory = properties.get('memory');
    const mib = memory === undefined ? null : wholeOf(memory.replace(/\.0+$/, ''), { line, path }, list, 2 ** 32);
    if (memory === undefined)
      list.warning(
        'cell-memory',
        `Cell ${id} has no memory: Proxmox would refuse it.`,
        { line, path },
        { expected: 'memory=MiB' },
      );
    const hostnodes = properties.get('hostnodes');
    const policy = properties.get('policy');
    if (policy !== undefined && MODES[policy] === undefined) {
      const detail = { found: quote(policy), expected: 'preferred, bind or interleave' };
      list.warning('policy-unknown', 'A policy is not known.', { line, path }, detail);
    }
    if (hostnodes !== undefined && policy === undefined)
      list.warning('policy-missing', `Cell ${id} has host nodes without a policy: Proxmox would refuse it.`, {
        line,
        path,
      });
    return {
      id,
      cpus: cpus.filter((cpu) => cpu < vcpus),
      memoryKiB: mib === null ? null : mib * 1024,
      memAccess: null,
      mode: policy === undefined ? null : (MODES[policy] ?? null),
      hostNodes: hostnodes === undefined ? null : this.#idList(hostnodes, line, path),
    };
  }

  #hugepages(text: string): number | null {
    const { line } = this.#lines.get('hugepages')!;
    const mib = wholeOf(text, { line, path: '/hugepages' }, this.#list, 1024 * 1024);
    return mib === null || mib === 0 ? null : mib * 1024;
  }
}

const bySockets = (sockets: number, cores: number, kib: number): readonly CellFacts[] =>
  sockets > 1024
    ? []
    : Array.from({ length: sockets }, (_, id) => ({
        id,
        cpus: Array.from({ length: Math.min(cores, 4096) }, (_, core) => id * cores + core),
        memoryKiB: Math.floor(kib / sockets),
        memAccess: null,
      }));

/** Mail archives keep quoted-printable copies: `=3D` is `=`, a `=` at the end of a line joins it with the next. */
const unquotedPrintable = (text: string): string =>
  /=3D/.test(text)
    ? text
        .replace(/=\r?\n/g, '')
        .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;

function readProxmox(text: string, file: string): Read<VmFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<VmFacts>(null);
  const { lines, sections, others } = configOf(unquotedPrintable(admitted));
  if (sections.length > 0)
    list.note('sections-ignored', 'Changes that wait and snapshots are not read.', { line: sections[0]! });
  if (others.length > 0)
    list.note('lines-ignored', 'Lines that are no key of a VM are not read.', { line: others[0]! });
  if (lines.length === 0) {
    list.error('output-empty', 'The text has no key of a VM.', { line: 1 }, { expected: 'memory: 4096' });
    return list.read<VmFacts>(null);
  }
  return list.read(new ConfigReader(lines, list).vm(file));
}

export const proxmoxConfig: Format<'vm'> = {
  id: KIND,
  role: 'vm',
  name: "a Proxmox VM's configuration (a VM)",
  mark: '"numa0: cpus=0-3,hostnodes=0,memory=4096,policy=bind"',
  ...byBlock((text) => isConfig(unquotedPrintable(text))),
  read: readProxmox,
  summary: vmSummary,
  edit: editProxmox,
};
