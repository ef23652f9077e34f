/** `virsh domstats` → state, memory, vCPUs and dirty rate of each VM. Memory is KiB, the dirty rate MiB/s. */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import type { DirtyRate, VcpuState, VmState, VmStateFacts } from '../measured.ts';
import { NO_VCPU_STATE, NO_VM_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { readOutput, recordOf, reportNothing, wholeOf } from '../output-lines.ts';

const KIND = 'virsh-domstats';
const DOMAIN = /^Domain\s?: '(.{0,256})'$/;
const FIELD = /^([a-z][\w-]{0,40}(?:\.[\w-]{1,60}){1,8})=(.{0,1000})$/;
/** A VM of 8192 vCPUs has about eight fields each. */
const MAX_FIELDS = 100_000;
/** virDomainState. */
const STATES = ['no state', 'running', 'blocked', 'paused', 'in shutdown', 'shut off', 'crashed', 'suspended'] as const;
const SHUT_OFF = new Set([5, 6]);
/** virVcpuState. */
const VCPU_STATES = ['offline', 'running', 'blocked'] as const;
const DIRTY_STATES = ['unstarted', 'measuring', 'measured'] as const;
const MAX_VCPUS = 16_384;

function vmsOf(lines: readonly OutputLine[], list: DiagnosticList): VmStateFacts | null {
  const vms: { name: string; line: number; fields: Map<string, { text: string; line: number }> }[] = [];
  let fields = 0;
  for (const { text, line } of lines) {
    const domain = DOMAIN.exec(text);
    const field = FIELD.exec(text);
    if (domain !== null) {
      vms.push({ name: domain[1]!, line, fields: new Map() });
      continue;
    }
    const vm = vms.at(-1);
    if (field === null || vm === undefined) continue;
    const [, name, value] = field;
    if (vm.fields.has(name!)) {
      const hint = 'Are these two outputs in one file?';
      list.error(
        'field-duplicate',
        `${name} of VM ${quote(vm.name)} is given twice.`,
        { line, path: `/${name}` },
        { hint },
      );
    } else if (++fields <= MAX_FIELDS) vm.fields.set(name!, { text: value!, line });
  }
  if (vms.length === 0) return reportNothing('virsh domstats', "Domain: 'NAME' and state.state=1 below it", list);
  return { kind: KIND, vms: vms.map(({ name, fields: own }) => vmOf(name, own, list)) };
}

function vmOf(
  name: string,
  fields: ReadonlyMap<string, { readonly text: string; readonly line: number }>,
  list: DiagnosticList,
): VmState {
  const number = (key: string, max?: number): number | null => {
    const field = fields.get(key);
    return field === undefined ? null : wholeOf(field.text, { line: field.line, path: `/${name}/${key}` }, list, max);
  };
  const state = number('state.state', 255);
  return {
    ...NO_VM_STATE,
    name,
    nameFrom: 'text',
    running: state === null ? null : !SHUT_OFF.has(state),
    state: state === null ? null : (STATES[state] ?? `state ${state}`),
    maxMemoryKiB: number('balloon.maximum'),
    currentMemoryKiB: number('balloon.current'),
    rssKiB: number('balloon.rss'),
    guestUnusedKiB: number('balloon.unused'),
    vcpusMax: number('vcpu.maximum', MAX_VCPUS),
    vcpusCurrent: number('vcpu.current', MAX_VCPUS),
    vcpus: vcpusOf(fields, number),
    dirtyRate: dirtyRateOf(fields, number),
    fields: recordOf([...fields].map(([key, { text }]) => [key, text])),
  };
}

function vcpusOf(
  fields: ReadonlyMap<string, { readonly text: string }>,
  number: (key: string, max?: number) => number | null,
): readonly VcpuState[] {
  const ids = new Set([...fields.keys()].flatMap((key) => /^vcpu\.(\d{1,5})\./.exec(key)?.[1] ?? []));
  return [...ids]
    .map(Number)
    .sort((a, b) => a - b)
    .map((id) => {
      const state = number(`vcpu.${id}.state`, 255);
      const ns = number(`vcpu.${id}.time`);
      return {
        ...NO_VCPU_STATE,
        id,
        state: state === null ? null : (VCPU_STATES[state] ?? `state ${state}`),
        cpuTimeMs: ns === null ? null : Math.round(ns / 1e6),
      };
    });
}

function dirtyRateOf(
  fields: ReadonlyMap<string, { readonly text: string }>,
  number: (key: string, max?: number) => number | null,
): DirtyRate | null {
  const status = number('dirtyrate.calc_status', 255);
  if (status === null) return null;
  const seconds = number('dirtyrate.calc_period', 1e9);
  return {
    status: DIRTY_STATES[status] ?? 'unstarted',
    mibPerSec: status === 2 ? number('dirtyrate.megabytes_per_second') : null,
    mode: fields.get('dirtyrate.calc_mode')?.text ?? null,
    periodMs: seconds === null ? null : seconds * 1000,
  };
}

const readDomstats = (text: string, file: string): Read<VmStateFacts> => readOutput(text, file, vmsOf);

export const virshDomstats: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh domstats (VMs as they run)',
  mark: '"Domain: \'NAME\'" and "state.state=1" below it',
  ...byLine({
    mark: /^\s*Domain\s?: '.{0,256}'\s*$/,
    confidence: 0.9,
    holds: /^\s*[a-z][\w-]{0,40}(?:\.[\w-]{1,60}){1,8}=/,
  }),
  read: readDomstats,
  summary: ({ vms }) => plural(vms.length, 'VM'),
};
