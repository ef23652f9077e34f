/**
 * `esxtop -b` (CSV of Windows' performance counters) → memory of VMs and how much of it is in their home nodes. Of many samples the
 * last is read. `NUMA % Local` tells how much, not which node. Its spelling is from one program: no capture with it was at
 * hand, so counters are matched without regard to case. Read is the header's `\\HOST\Group Memory(ID:VM)\COUNTER`.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import { figureOf, parseCsv } from '../csv-text.ts';
import { DiagnosticList } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byBlock } from '../format.ts';
import type { VmState, VmStateFacts } from '../measured.ts';
import { NO_VM_STATE } from '../measured.ts';
import { recordOf } from '../output-lines.ts';

const KIND = 'esxtop-batch';
const MAX_VMS = 4096;

interface EsxtopVm extends VmState {
  readonly groupId: number;
  /** Of its memory, in its home nodes. */
  readonly numaLocalPercent: number | null;
}

interface EsxtopFacts extends VmStateFacts {
  readonly host: string | null;
  readonly samples: number;
  readonly lastSample: string | null;
  readonly vms: readonly EsxtopVm[];
}

const COUNTER = /^\\\\([^\\]{1,253})\\(Group Memory|Memory|Group Cpu)(?:\((\d{1,10}):([^)]{1,200})\))?\\(.{1,100})$/i;
const MIB: Readonly<Record<string, 'max' | 'consumed'>> = {
  'memory size mbytes': 'max',
  'memory consumed size mbytes': 'consumed',
};
const LOCAL = /^numa % local$/i;

function factsOf(text: string, list: DiagnosticList): EsxtopFacts | null {
  const table = parseCsv(text, list);
  if (table === null) return null;
  const last = table.rows.at(-1);
  if (last === undefined) {
    list.error('output-empty', 'The capture has no sample.', { line: 1 }, { expected: 'a row below the counters' });
    return null;
  }
  if (last.cells.length < table.columns.length) {
    const detail = { found: `${last.cells.length} figures`, expected: `${table.columns.length} counters` };
    list.error('csv-cut', 'The last sample is cut.', { line: last.line }, detail);
    return null;
  }
  const vms = new Map<string, { -readonly [K in keyof EsxtopVm]: EsxtopVm[K] }>();
  let host: string | null = null;
  for (const [i, name] of table.columns.entries()) {
    const match = COUNTER.exec(name);
    if (match === null) continue;
    host ??= match[1]!;
    const [, , object, id, vmName, counter] = match;
    if (id === undefined || object!.toLowerCase() !== 'group memory') continue;
    const key = counter!.toLowerCase();
    if (MIB[key] === undefined && !LOCAL.test(counter!)) continue;
    const vm = vms.get(id) ?? {
      name: vmName!,
      nameFrom: 'text' as const,
      ...NO_VM_STATE,
      running: true,
      groupId: Number(id),
      numaLocalPercent: null,
    };
    if (vms.size >= MAX_VMS && !vms.has(id)) break;
    vms.set(id, vm);
    const figure = figureOf(last.cells[i] ?? '');
    const kib = figure === null ? null : Math.round(figure * 1024);
    if (MIB[key] === 'max') vm.maxMemoryKiB = kib;
    else if (MIB[key] === 'consumed') vm.rssKiB = kib;
    else vm.numaLocalPercent = figure;
    vm.fields = recordOf([...Object.entries(vm.fields), [counter!, last.cells[i] ?? '']]);
  }
  if (host === null) {
    list.error(
      'output-empty',
      'The table has no counters of esxtop.',
      { line: 1 },
      { expected: '"\\\\HOST\\Group Memory(ID:VM)\\…"' },
    );
    return null;
  }
  const found = [...vms.values()].filter(({ numaLocalPercent }) => numaLocalPercent !== null);
  if (found.length === 0) {
    const hint = 'Switch the NUMA fields of the memory panel on (f, then G) before esxtop -b.';
    list.note('numa-counters', 'The capture has no NUMA counters.', { line: 1 }, { hint });
  }
  return { kind: KIND, host, samples: table.rows.length, lastSample: last.cells[0] ?? null, vms: [...vms.values()] };
}

export const esxtopBatch: Format<'vm-state', EsxtopFacts> = {
  id: KIND,
  role: 'vm-state',
  name: 'esxtop in batch mode (memory of VMs)',
  mark: '"(PDH-CSV 4.0) …"',
  ...byBlock((text) => /^\s*"?\(PDH-CSV /.test(text)),
  read: (text: string, file: string): Read<EsxtopFacts> => {
    const list = new DiagnosticList(file);
    return list.read(factsOf(text, list));
  },
  summary: ({ vms, samples }) => `${plural(vms.length, 'VM')}, ${plural(samples, 'sample')}`,
};
