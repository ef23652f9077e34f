/**
 * A QEMU's command line (ps, /proc/PID/cmdline, libvirt's log, `qm showcmd`, a script) → VM facts.
 *
 * (a) A memory backend is memory of a cell where -numa names it, of all where -machine does, and of a device where -device does.
 *     A thread-context is none.
 * (b) Bytes in JSON and in size=; MiB in -m and -numa mem=. CPUs and host nodes repeat within one option.
 * (c) -smp's first number is what is online at the start, maxcpus what there can be.
 * (d) Whether the cells hold all of -m is held as QEMU does; a line that ps has cut is refused.
 */
import type { Place, Read } from '../../../shared/errors/index.ts';
import { DiagnosticList, quote } from '../diagnostic-list.ts';
import type { CellFacts, Distances, MemoryDeviceFacts, NumatuneMode, VmFacts } from '../facts.ts';
import { NO_VM } from '../facts.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID, parseIdList } from '../id-list.ts';
import { admitText } from '../input.ts';
import type { Origin } from '../paste/prompt.ts';
import { NO_ORIGIN, pidOf } from '../paste/prompt.ts';
import { isObject } from '../qmp.ts';
import { vmSummary } from '../summary.ts';
import { LOCAL_DISTANCE, MAX_NODES, REMOTE_DISTANCE } from '../topology.ts';
import type { Option } from './arguments.ts';
import { optionsOf, programOf, propertiesOf, wordsOf } from './arguments.ts';
import { editQemu } from './edit.ts';

const KIND = 'qemu-cmdline';
const DEFAULT_MEMORY_MIB = 128;
const MODES: Readonly<Record<string, NumatuneMode>> = {
  bind: 'strict',
  preferred: 'preferred',
  interleave: 'interleave',
};
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
  P: 1024 ** 5,
};

interface Backend {
  readonly id: string;
  readonly type: 'ram' | 'file' | 'memfd' | 'other';
  readonly sizeKiB: number | null;
  readonly hostNodes: readonly number[] | null;
  readonly policy: string | null;
  readonly memPath: string | null;
  readonly prealloc: boolean | null;
  readonly share: boolean | null;
  /** Null: base pages, or the default size of the host where `huge`. */
  readonly hugepageKiB: number | null;
  readonly huge: boolean;
}

export interface QemuFacts extends VmFacts {
  readonly program: string;
  readonly pid: number | null;
  readonly backends: readonly Backend[];
  /** `-id` of Proxmox. */
  readonly vmid: number | null;
}

/** Whether the properties of an option, in JSON or as a list, have several of one key. */
type Properties = ReadonlyMap<string, readonly string[]>;

class QemuReader {
  readonly #list: DiagnosticList;
  readonly #where: Place;
  readonly #options: readonly Option[];

  constructor(options: readonly Option[], where: Place, list: DiagnosticList) {
    this.#options = options;
    this.#where = where;
    this.#list = list;
  }

  vm(program: string, pid: number | null, running: boolean): QemuFacts | null {
    const list = this.#list;
    const name = this.#name();
    const smp = this.#smp();
    const ramKiB = this.#ram();
    const backends = this.#values('object').flatMap((value) => this.#backend(value) ?? []);
    const numa = this.#values('numa').map((value) => this.#properties(value));
    const devices = this.#devices(backends);
    const cells = this.#cells(numa, backends, ramKiB);
    const machine = new Map(this.#values('machine').flatMap((value) => propertiesOf(value)));
    const whole = backends.find(({ id }) => id === (machine.get('memory-backend') ?? ''));
    const memPath = this.#last('mem-path');
    if (list.hasErrors) return null;
    const pages =
      cells.length > 0 ? cells.flatMap(({ id, backend }) => hugepageOf(backend, [id])) : hugepageOf(whole, null);
    const globalPages =
      memPath === null || !/huge/.test(memPath) ? [] : [{ sizeKiB: pageKibOf(memPath), nodeset: null }];
    return {
      kind: KIND,
      name,
      ...NO_VM,
      vcpus: smp.max,
      vcpusCurrent: smp.online,
      memoryKiB: ramKiB + devices.reduce((sum, { sizeKiB, model }) => sum + (model === 'dimm' ? (sizeKiB ?? 0) : 0), 0),
      maxMemoryKiB: this.#size(new Map(propertiesOf(this.#last('m') ?? '')).get('maxmem'), 1024 ** 2),
      cells: cells.map(({ id, cpus, memoryKiB }) => ({ id, cpus, memoryKiB, memAccess: null })),
      ...this.#distances(
        numa,
        cells.map(({ id }) => id),
      ),
      memory: whole === undefined ? null : policyOf(whole),
      memnodes: cells.flatMap(({ id, backend }) => {
        const policy = backend === undefined ? null : policyOf(backend);
        return policy === null ? [] : [{ cell: id, mode: policy.mode, nodeset: policy.nodeset }];
      }),
      hugepages: pages.length > 0 ? pages : globalPages,
      uuid: this.#last('uuid'),
      arch: /qemu-system-([\w-]+?)(?:\.exe)?$/.exec(program)?.[1] ?? null,
      cpuTopology: smp.topology,
      memoryDevices: devices,
      running,
      memoryBacking: backends.some(({ prealloc }) => prealloc === true)
        ? { source: null, access: null, allocation: 'immediate', locked: false, nosharepages: false }
        : null,
      program,
      pid,
      backends,
      vmid: this.#last('id') === null ? null : Number(/^\d{1,9}$/.exec(this.#last('id')!)?.[0] ?? Number.NaN) || null,
    };
  }

  #values(name: string): readonly string[] {
    return this.#options.filter((option) => option.name === name).map(({ value }) => value);
  }

  #last(name: string): string | null {
    return this.#values(name).at(-1) ?? null;
  }

  #name(): string {
    const given = propertiesOf(this.#last('name') ?? '');
    const name = given.find(([key]) => key === 'guest')?.[1] ?? given.find(([key]) => key === '')?.[1] ?? '';
    if (name !== '') return name.slice(0, 300);
    this.#list.note('name-assumed', 'The command has no -name: the VM is called "qemu" here.', this.#where);
    return 'qemu';
  }

  #number(text: string | undefined, what: string): number | null {
    if (text === undefined) return null;
    if (/^\d{1,6}$/.test(text) && Number(text) <= MAX_ID) return Number(text);
    this.#list.error('number-invalid', `${what} cannot be read.`, this.#where, {
      found: quote(text),
      expected: `0 to ${MAX_ID}`,
    });
    return null;
  }

  #smp(): { readonly online: number; readonly max: number; readonly topology: VmFacts['cpuTopology'] } {
    const given = new Map(propertiesOf(this.#last('smp') ?? '1'));
    const number = (key: string): number | null => this.#number(given.get(key), `-smp ${key}`);
    const parts = ['sockets', 'dies', 'clusters', 'cores', 'threads'].map((key) => [key, number(key)] as const);
    const product = parts.reduce((all, [, value]) => all * (value ?? 1), 1);
    const hasTopology = parts.some(([, value]) => value !== null);
    const cpus = number('cpus') ?? this.#number(given.get(''), '-smp');
    const max = number('maxcpus') ?? Math.max(cpus ?? 1, cpus === null && hasTopology ? product : 1);
    if (max === 0 || max > MAX_ID || (cpus ?? 1) > max) {
      const detail = { found: quote(this.#last('smp') ?? ''), expected: `1 to ${MAX_ID}, not above maxcpus` };
      this.#list.error('vcpu-count', 'The number of vCPUs cannot be.', this.#where, detail);
    }
    const topology = hasTopology
      ? Object.fromEntries(parts.flatMap(([key, value]) => (value === null ? [] : [[key, value]])))
      : null;
    return { online: cpus ?? max, max, topology };
  }

  /** KiB; null where there is no such size. @param unit bytes in a plain number. */
  #size(text: string | undefined, unit: number): number | null {
    if (text === undefined) return null;
    const match = /^(\d{1,16}(?:\.\d{1,6})?)([BKMGTP])?(?:iB|B)?$/i.exec(text);
    const bytes =
      match === null ? Number.NaN : Number(match[1]) * (match[2] === undefined ? unit : UNITS[match[2].toUpperCase()]!);
    if (bytes <= Number.MAX_SAFE_INTEGER) return Math.ceil(bytes / 1024);
    this.#list.error('size-invalid', 'A size cannot be read.', this.#where, {
      found: quote(text),
      expected: '4096, 4096M or 4G',
    });
    return null;
  }

  #ram(): number {
    const given = propertiesOf(this.#last('m') ?? '');
    const size = given.find(([key]) => key === 'size')?.[1] ?? given.find(([key]) => key === '')?.[1];
    if (size === undefined || size === '') {
      const message = `The command has no -m: QEMU gives ${DEFAULT_MEMORY_MIB} MiB.`;
      this.#list.note('memory-assumed', message, this.#where);
      return DEFAULT_MEMORY_MIB * 1024;
    }
    return this.#size(size, 1024 ** 2) ?? 0;
  }

  /** Of JSON, or of a list whose first part has no name. */
  #properties(value: string): Properties {
    const all = new Map<string, string[]>();
    const add = (key: string, text: string): void => {
      all.set(key, [...(all.get(key) ?? []), text]);
    };
    if (value.startsWith('{')) {
      try {
        const object: unknown = JSON.parse(value);
        if (isObject(object))
          for (const [key, each] of Object.entries(object))
            for (const one of Array.isArray(each) ? each.slice(0, MAX_NODES) : [each]) add(key, String(one));
      } catch {
        this.#list.error('json-invalid', 'An option in JSON cannot be read.', this.#where, { found: quote(value) });
      }
    } else for (const [key, each] of propertiesOf(value)) add(key, each);
    return all;
  }

  #ids(texts: readonly string[] | undefined, what: string): readonly number[] | null {
    if (texts === undefined) return null;
    const result = parseIdList(texts.join(','), 'comma', this.#list.idBudget);
    if (result.ok) return result.ids;
    const message = `${what} cannot be read at ${quote(result.term)}: ${result.reason}.`;
    this.#list.error('id-list-invalid', message, this.#where, { found: quote(texts.join(',')) });
    return null;
  }

  #backend(value: string): Backend | null {
    const properties = this.#properties(value);
    const one = (key: string): string | null => properties.get(key)?.at(-1) ?? null;
    const type = /^memory-backend-(\w+)$/.exec(one('qom-type') ?? one('') ?? '')?.[1];
    if (type === undefined) return null;
    const flag = (key: string): boolean | null => {
      const text = one(key);
      return text === null ? null : /^(?:on|yes|true)$/.test(text);
    };
    const memPath = one('mem-path');
    const hugetlb = flag('hugetlb') === true;
    const huge = hugetlb || (memPath !== null && /huge/.test(memPath));
    const stated = this.#size(one('hugetlbsize') ?? undefined, 1);
    return {
      id: one('id') ?? '',
      type: type === 'ram' || type === 'file' || type === 'memfd' ? type : 'other',
      sizeKiB: this.#size(one('size') ?? undefined, 1),
      hostNodes: this.#ids(properties.get('host-nodes'), 'Host nodes'),
      policy: one('policy'),
      memPath,
      prealloc: flag('prealloc'),
      share: flag('share'),
      hugepageKiB: huge ? (stated ?? (memPath === null ? null : pageKibOf(memPath))) : null,
      huge,
    };
  }

  #cells(
    numa: readonly Properties[],
    backends: readonly Backend[],
    ramKiB: number,
  ): readonly (CellFacts & { readonly backend: Backend | undefined })[] {
    const list = this.#list;
    const cells = new Map<number, CellFacts & { cpus: readonly number[]; readonly backend: Backend | undefined }>();
    for (const properties of numa.filter((each) => each.get('')?.[0] === 'node' || each.get('type')?.[0] === 'node')) {
      const id = this.#number(properties.get('nodeid')?.at(-1), 'nodeid') ?? cells.size;
      if (cells.has(id) || cells.size >= MAX_NODES) {
        list.error('cell-duplicate', `Cell ${id} is given twice, or there are too many.`, this.#where);
        continue;
      }
      const memdev = properties.get('memdev')?.at(-1);
      const backend = backends.find((each) => each.id === memdev);
      if (memdev !== undefined && backend === undefined) {
        const detail = { found: quote(memdev), expected: '-object memory-backend-…,id=…', hint: CUT_HINT };
        list.error('backend-missing', `The memory backend of cell ${id} is not in the command.`, this.#where, detail);
      }
      const memoryKiB = backend?.sizeKiB ?? this.#size(properties.get('mem')?.at(-1), 1024 ** 2);
      cells.set(id, {
        id,
        cpus: this.#ids(properties.get('cpus'), 'CPUs of a cell') ?? [],
        memoryKiB,
        memAccess: null,
        backend,
      });
    }
    for (const properties of numa.filter((each) => each.get('')?.[0] === 'cpu')) {
      const id = this.#number(properties.get('node-id')?.at(-1), 'node-id');
      const cell = id === null ? undefined : cells.get(id);
      const cpus = this.#cpusAt(properties);
      if (cell !== undefined) cell.cpus = [...new Set([...cell.cpus, ...cpus])].sort((a, b) => a - b);
    }
    const stated = [...cells.values()].flatMap(({ memoryKiB }) => memoryKiB ?? []);
    const sum = stated.reduce((all, kib) => all + kib, 0);
    if (cells.size > 0 && stated.length === cells.size && sum !== ramKiB) {
      const detail = { found: `${sum} KiB in cells`, expected: `${ramKiB} KiB, as -m says`, hint: CUT_HINT };
      list.error('cells-memory', 'The cells do not hold the memory of the VM: QEMU refuses that.', this.#where, detail);
    }
    return [...cells.values()].sort((a, b) => a.id - b.id);
  }

  /** `-numa cpu,node-id=0,socket-id=1`: the vCPUs of that socket, core or thread. */
  #cpusAt(properties: Properties): readonly number[] {
    const { max, topology } = this.#smp();
    const sockets = topology?.['sockets'] ?? 1;
    const threads = topology?.['threads'] ?? 1;
    const cores = topology?.['cores'] ?? Math.max(1, Math.floor(max / (sockets * threads)));
    const at = (key: string): number | null => this.#number(properties.get(key)?.at(-1), key);
    const [socket, core, thread] = [at('socket-id'), at('core-id'), at('thread-id')];
    const clusters = (topology?.['dies'] ?? 1) * (topology?.['clusters'] ?? 1);
    return Array.from({ length: Math.min(max, 16_384) }, (_, cpu) => cpu).filter(
      (cpu) =>
        (socket === null || Math.floor(cpu / (threads * cores * clusters)) === socket) &&
        (core === null || Math.floor(cpu / threads) % cores === core) &&
        (thread === null || cpu % threads === thread),
    );
  }

  /** As QEMU completes it: 10 to itself, the way back as the way there, else 20. */
  #distances(numa: readonly Properties[], ids: readonly number[]): Pick<VmFacts, 'distances' | 'distancesGiven'> {
    const distancesGiven = numa
      .filter((each) => each.get('')?.[0] === 'dist')
      .flatMap((each) => {
        const [from, to, value] = ['src', 'dst', 'val'].map((key) => this.#number(each.get(key)?.at(-1), key));
        return from == null || to == null || value == null ? [] : [{ from, to, value }];
      });
    if (distancesGiven.length === 0) return { distances: null, distancesGiven };
    const at = new Map(distancesGiven.map(({ from, to, value }) => [`${from}/${to}`, value]));
    const value = (a: number, b: number): number =>
      at.get(`${a}/${b}`) ?? at.get(`${b}/${a}`) ?? (a === b ? LOCAL_DISTANCE : REMOTE_DISTANCE);
    const distances: Distances = { ids, matrix: ids.map((a) => ids.map((b) => value(a, b))) };
    return { distances, distancesGiven };
  }

  #devices(backends: readonly Backend[]): readonly MemoryDeviceFacts[] {
    return this.#values('device').flatMap((value): readonly MemoryDeviceFacts[] => {
      const properties = this.#properties(value);
      const one = (key: string): string | undefined => properties.get(key)?.at(-1);
      const driver = one('driver') ?? one('') ?? '';
      const model = {
        'pc-dimm': 'dimm',
        nvdimm: 'nvdimm',
        'virtio-mem-pci': 'virtio-mem',
        'virtio-pmem-pci': 'virtio-pmem',
      }[driver];
      const backend = backends.find(({ id }) => id === one('memdev'));
      if (model === undefined) return [];
      return [
        {
          model,
          sizeKiB: backend?.sizeKiB ?? null,
          guestNode: this.#number(one('node'), 'node'),
          hostNodemask: backend?.hostNodes ?? null,
          pagesizeKiB: backend?.hugepageKiB ?? null,
          blockKiB: this.#size(one('block-size'), 1),
          requestedKiB: this.#size(one('requested-size'), 1),
        },
      ];
    });
  }
}

const CUT_HINT = 'ps cuts lines: use ps -ww -eo pid,args, or /proc/PID/cmdline.';

function policyOf({
  policy,
  hostNodes,
}: Backend): { readonly mode: NumatuneMode; readonly nodeset: readonly number[]; readonly placement: 'static' } | null {
  const mode = policy === null ? undefined : MODES[policy];
  return mode === undefined || hostNodes === null || hostNodes.length === 0
    ? null
    : { mode, nodeset: hostNodes, placement: 'static' };
}

const hugepageOf = (backend: Backend | undefined, nodeset: readonly number[] | null): VmFacts['hugepages'] =>
  backend?.huge === true ? [{ sizeKiB: backend.hugepageKiB, nodeset }] : [];

/** `/dev/hugepages1G/...`, `/run/hugepages/kvm/1048576kB`, `hugepages-2048kB`; null where the path does not say. */
function pageKibOf(path: string): number | null {
  const match = /(?:hugepages|huge)[-_]?(\d{1,6})(G|M)\b|(?:^|[/-])(\d{4,8})kB(?:\/|$)/i.exec(path);
  if (match === null) return null;
  return match[3] === undefined
    ? Number(match[1]) * (match[2]!.toUpperCase() === 'G' ? 1024 ** 2 : 1024)
    : Number(match[3]);
}

/** What stands before the program: user and PID of ps, variables of a log, sudo. */
const PS_LINE = /^\s*(?:[A-Za-z_][\w+.-]{0,31}\s+)?(\d{1,10})\s/;

function readQemu(text: string, file: string, origin: Origin = NO_ORIGIN): Read<QemuFacts> {
  const list = new DiagnosticList(file);
  const admitted = admitText(text, list);
  if (admitted === null) return list.read<QemuFacts>(null);
  const found = programOf(admitted);
  if (found === null) {
    list.error(
      'output-empty',
      'The text has no command line of QEMU.',
      { line: 1 },
      { expected: 'qemu-system-x86_64 -name …' },
    );
    return list.read<QemuFacts>(null);
  }
  const words = wordsOf(admitted.slice(found.from));
  if (words === null) {
    const detail = { found: quote(admitted.slice(-60)), expected: 'a whole command', hint: CUT_HINT };
    list.error('command-cut', 'The command line ends inside an argument.', { line: 1 }, detail);
    return list.read<QemuFacts>(null);
  }
  const before = admitted.slice(0, found.from);
  const ofPath = pidOf(origin);
  const pid = ofPath ?? (PS_LINE.exec(before) === null ? null : Number(PS_LINE.exec(before)![1]));
  const reader = new QemuReader(optionsOf(words), { line: 1 }, list);
  return list.read(reader.vm(found.program, pid, pid !== null));
}

export const qemuCmdline: Format<'vm', QemuFacts> = {
  id: KIND,
  role: 'vm',
  name: "a QEMU's command line (a VM)",
  mark: '"qemu-system-x86_64 -name …"',
  ...byLine({
    mark: /^(?!.*\b(?:grep|pgrep|man)\s).{0,400}?(?:^|[\s/'"])(?:qemu-system-[\w-]{1,20}|qemu-kvm|kvm)(?:\.exe)?['"]?\s+(?:-\w|--\w|\\$|'-)/,
    confidence: 0.7,
    begins:
      /^(?!\s*-).{0,400}?(?:^|[\s/'"])(?:qemu-system-[\w-]{1,20}|qemu-kvm|kvm)(?:\.exe)?['"]?\s+(?:-\w|--\w|\\$|'-)/,
    holds: /^\s*(?:--?[a-zA-Z][\w-]*(?:\s|\\?$)|['{])/,
  }),
  read: readQemu,
  summary: vmSummary,
  edit: editQemu,
};
