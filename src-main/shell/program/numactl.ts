/**
 * `numactl --hardware` and `--show`, byte for byte as numactl 2.0.16 prints them from sysfs. Running a program under a
 * policy fails, as the guest has no processes.
 */
import { mibFromKib } from '../../../shared/units/index.ts';
import { numactlText } from '../../../shared/view/numactl.ts';
import type { NumactlNode } from '../../../shared/view/numactl.ts';
import { idsOf, nodeKb, NODES, nodesOf, type Program, type ProgramIo, readOr } from './program.ts';

export const numactl: Program = (args, io) => {
  const [option = ''] = args;
  if (args.length === 1 && ['--hardware', '-H'].includes(option)) io.out(hardware(io));
  else if (args.length === 1 && ['--show', '-s'].includes(option)) io.out(show(io));
  else {
    io.err(
      args.length === 0 || option.startsWith('-')
        ? 'usage: numactl --hardware | --show\n'
        : 'numactl: this guest has no processes, so no program can be run under a policy\n',
    );
    return 1;
  }
  return 0;
};

function hardware(io: ProgramIo): string {
  const ids = nodesOf(io);
  const matrix = ids.map((nid) => readOr(io, `${NODES}/node${nid}/distance`, '').trim().split(/\s+/).map(Number));
  const known = matrix.every((row) => row.length === ids.length && row.every(Number.isInteger));
  return numactlText({ nodes: ids.map((nid) => node(io, nid)), distances: known ? { ids, matrix } : null });
}

function node(io: ProgramIo, id: number): NumactlNode {
  const meminfo = readOr(io, `${NODES}/node${id}/meminfo`, '');
  const mib = (field: string): number | null => {
    const kb = nodeKb(meminfo, field);
    return kb === null ? null : mibFromKib(kb);
  };
  return { id, cpus: cpusOf(io, id), sizeMib: mib('MemTotal'), freeMib: mib('MemFree') };
}

const cpusOf = (io: ProgramIo, nid: number): number[] => idsOf(readOr(io, `${NODES}/node${nid}/cpulist`, ''));

/** Of a process that nothing binds: all CPUs, all nodes that have some, all that have memory. */
function show(io: ProgramIo): string {
  const ids = nodesOf(io);
  const cpus = ids.flatMap((nid) => cpusOf(io, nid)).sort((a, b) => a - b);
  const withCpus = ids.filter((nid) => cpusOf(io, nid).length > 0);
  const withMemory = ids.filter((nid) => (node(io, nid).sizeMib ?? 0) > 0);
  const list = (name: string, numbers: readonly number[]): string =>
    `${name}: ${numbers.map((n) => `${n} `).join('')}\n`;
  return [
    'policy: default\n',
    'preferred node: current\n',
    list('physcpubind', cpus),
    list('cpubind', withCpus),
    list('nodebind', withCpus),
    list('membind', withMemory),
    'preferred: \n',
  ].join('');
}
