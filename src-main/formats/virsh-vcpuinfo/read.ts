/**
 * `virsh vcpuinfo`, with --pretty or without → where each online vCPU ran last and may run. The values tell what they are in any
 * language: an affinity is of `y` and `-`, or a list and the number of the host's CPUs.
 */
import type { Read } from '../../../shared/errors/index.ts';
import { plural } from '../../../shared/view/number-format.ts';
import type { DiagnosticList } from '../diagnostic-list.ts';
import { quote } from '../diagnostic-list.ts';
import type { Format } from '../format.ts';
import { byLine } from '../format.ts';
import { MAX_ID } from '../id-list.ts';
import type { VcpuState, VmStateFacts } from '../measured.ts';
import { NO_VCPU_STATE } from '../measured.ts';
import type { OutputLine } from '../output-lines.ts';
import { decimalOf, idsOf, readOutput, reportNothing, vmStateOf, wholeOf } from '../output-lines.ts';
import type { Origin } from '../paste/prompt.ts';

const KIND = 'virsh-vcpuinfo';
const VCPU = /^VCPU\s?:\s+(\d{1,9})$/;
const FIELD = /^([^:]{1,40}?)\s?:\s*(\S.*)$/;
const STRING = /^[y-]+$/;
const PRETTY = /^([\d,^-]+)\s+\(\D{0,20}(\d{1,6})\D{0,10}\)$/;
const MAX_VCPUS = 16_384;

interface Vcpu {
  readonly id: number;
  readonly line: number;
  cpu: string | null;
  state: string | null;
  time: string | null;
  /** Grows when a terminal has wrapped it. */
  affinity: { text: string; readonly line: number } | null;
}

function vcpusOf(lines: readonly OutputLine[], list: DiagnosticList): readonly Vcpu[] {
  const vcpus: Vcpu[] = [];
  for (const { text, line } of lines) {
    const head = VCPU.exec(text);
    const vcpu = vcpus.at(-1);
    if (head !== null) {
      const id = Number(head[1]);
      if (id >= MAX_VCPUS || vcpus.length >= MAX_VCPUS) {
        list.error('too-many-vcpus', 'There are too many vCPUs.', { line }, { expected: `at most ${MAX_VCPUS}` });
        break;
      }
      vcpus.push({ id, line, cpu: null, state: null, time: null, affinity: null });
    } else if (vcpu !== undefined) takeField(vcpu, text, line);
  }
  return vcpus;
}

function takeField(vcpu: Vcpu, text: string, line: number): void {
  // A shut off domain's "CPU time" has no colon.
  if (/^CPU\S{0,10}(?: \S{1,20})?\s+N\/A$/.test(text)) return;
  if (vcpu.affinity !== null && STRING.test(text) && STRING.test(vcpu.affinity.text)) {
    vcpu.affinity.text += text;
    return;
  }
  const field = FIELD.exec(text);
  if (field === null) return;
  const [, label, value] = field;
  if (STRING.test(value!) || PRETTY.test(value!)) vcpu.affinity = { text: value!, line };
  else if (/^\d{1,15}(?:[.,]\d{1,6})?s$/.test(value!)) vcpu.time = value!.slice(0, -1);
  else if (label === 'CPU') vcpu.cpu = value!;
  else if (vcpu.state === null) vcpu.state = value!;
}

function stateOf(
  lines: readonly OutputLine[],
  list: DiagnosticList,
  file: string,
  origin: Origin | undefined,
): VmStateFacts | null {
  const vcpus = vcpusOf(lines, list);
  if (vcpus.length === 0) return reportNothing('virsh vcpuinfo', 'VCPU: 0 and CPU Affinity below it', list);
  const read = vcpus.map((vcpu) => ({ vcpu, ...readVcpu(vcpu, list) }));
  const widths = new Set(read.flatMap(({ width }) => width ?? []));
  if (widths.size > 1) {
    const detail = { found: `${[...widths].join(', ')} CPUs`, expected: 'as many CPUs of the host for each vCPU' };
    const message = 'The affinities are of different lengths: one of them is cut.';
    list.error('affinity-cut', message, { line: vcpus[0]!.line }, detail);
  }
  const hostCpuCount = [...widths][0] ?? null;
  for (const { vcpu, state } of read) {
    if (hostCpuCount === null || state.cpu === null || state.cpu < hostCpuCount) continue;
    const detail = { found: `CPU ${state.cpu}`, expected: `below ${hostCpuCount}, by the affinity` };
    list.warning('cpu-beyond-host', 'A vCPU ran on a CPU that the host has not.', { line: vcpu.line }, detail);
  }
  const states = read.map(({ state }) => state).sort((a, b) => a.id - b.id);
  const twice = states.find((vcpu, i) => states[i - 1]?.id === vcpu.id);
  if (twice !== undefined) {
    const hint = 'Are these two outputs in one file?';
    list.error('vcpu-duplicate', `vCPU ${twice.id} is given twice.`, { line: vcpus[0]!.line }, { hint });
  }
  return vmStateOf(KIND, file, origin, {
    running: vcpus.some(({ cpu }) => cpu !== null && cpu !== 'N/A'),
    vcpus: states,
    hostCpuCount,
    vcpusCurrent: states.length,
  });
}

function readVcpu(vcpu: Vcpu, list: DiagnosticList): { readonly state: VcpuState; readonly width: number | null } {
  const where = { line: vcpu.line, path: `/vcpu ${vcpu.id}` };
  const seconds = vcpu.time === null ? null : decimalOf(vcpu.time);
  const { affinity, width } = affinityOf(vcpu, list);
  const cpu = vcpu.cpu === null || !/^\d/.test(vcpu.cpu) ? null : wholeOf(vcpu.cpu, where, list, MAX_ID);
  if (affinity === null && !list.hasErrors) {
    const detail = { expected: 'CPU Affinity: yyyy----, or a list' };
    list.error('affinity-missing', `vCPU ${vcpu.id} has no affinity: the output is cut.`, where, detail);
  }
  const cpuTimeMs = seconds === null ? null : Math.round(seconds * 1000);
  return { state: { ...NO_VCPU_STATE, id: vcpu.id, cpu, state: vcpu.state, cpuTimeMs, affinity }, width };
}

function affinityOf(
  { affinity }: Vcpu,
  list: DiagnosticList,
): { readonly affinity: readonly number[] | null; readonly width: number | null } {
  if (affinity === null) return { affinity: null, width: null };
  const { text, line } = affinity;
  const pretty = PRETTY.exec(text);
  if (pretty !== null) return { affinity: idsOf(pretty[1]!, { line }, list), width: Number(pretty[2]) };
  list.idBudget.left -= text.length;
  if (text.length > MAX_ID || list.idBudget.left < 0) {
    list.error('affinity-invalid', 'An affinity is too long.', { line }, { found: quote(text) });
    return { affinity: null, width: null };
  }
  return { affinity: [...text].flatMap((c, cpu) => (c === 'y' ? cpu : [])), width: text.length };
}

const readVcpuinfo = (text: string, file: string, origin?: Origin): Read<VmStateFacts> =>
  readOutput(text, file, (lines, list) => stateOf(lines, list, file, origin));

export const virshVcpuinfo: Format<'vm-state'> = {
  id: KIND,
  role: 'vm-state',
  name: 'the output of virsh vcpuinfo (where vCPUs run)',
  mark: '"VCPU: 0" and "CPU Affinity: yyyy----" below it',
  ...byLine({
    mark: /^\s*VCPU\s?:\s+\d{1,9}\s*$/,
    begins: /^\s*VCPU\s?:\s+0\s*$/,
    confidence: 0.9,
    holds: /^\s*(?:[^:]{1,40}:\s*\S.*|CPU\S{0,10}(?: \S{1,20})?\s+N\/A|[y-]{2,})$/,
  }),
  read: readVcpuinfo,
  summary: ({ vms }) => plural(vms[0]?.vcpus.length ?? 0, 'vCPU'),
};
