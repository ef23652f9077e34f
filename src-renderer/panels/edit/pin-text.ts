/** Pins as a person writes them, "0-3: 8-11" or "4 12" a line: vCPUs, then the host CPUs of each. */

export interface ReadPins {
  readonly pins: Readonly<Record<string, string>>;
  /** Of the first line that is not understood, with its number; null: all are. */
  readonly problem: string | null;
}

const LIST = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;
const LINE = /^([\d,-]+)\s*[:\s]\s*([\d,-]+)$/;
const MAX_IN_RANGE = 10_000;

/** Whether it is a list of ids such as 0-3,8. */
export const isIdList = (text: string): boolean => LIST.test(text);

function idsOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: Math.min(MAX_IN_RANGE, Math.max(0, to - from + 1)) }, (_, i) => from + i);
  });
}

export function readPins(text: string): ReadPins {
  const pins: Record<string, string> = {};
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const wrong = { pins: {}, problem: `Line ${i + 1}, "${line}": expected vCPUs, a colon and CPUs, as in 0-3: 8-11.` };
    const [, vcpus, cpus] = LINE.exec(line) ?? [];
    if (vcpus === undefined || cpus === undefined || !isIdList(vcpus) || !isIdList(cpus)) return wrong;
    for (const vcpu of idsOf(vcpus)) {
      if (pins[vcpu] !== undefined) return { pins: {}, problem: `Line ${i + 1}: vCPU ${vcpu} is given twice.` };
      pins[vcpu] = cpus;
    }
  }
  return { pins, problem: null };
}

/** A line for each run of vCPUs with the same CPUs. */
export function writePins(pins: Readonly<Record<string, string>>): string {
  const lines: { first: number; last: number; cpus: string }[] = [];
  for (const vcpu of Object.keys(pins)
    .map(Number)
    .sort((a, b) => a - b)) {
    const cpus = pins[vcpu]!;
    const last = lines.at(-1);
    if (last !== undefined && last.last === vcpu - 1 && last.cpus === cpus) last.last = vcpu;
    else lines.push({ first: vcpu, last: vcpu, cpus });
  }
  return lines.map(({ first, last, cpus }) => `${first === last ? first : `${first}-${last}`}: ${cpus}`).join('\n');
}
