/**
 * One VM where several texts are of the same one: the definition that is kept, its live XML, the command line of its process.
 *
 * (a) Two domains are one VM when name and UUID are the same and one of them runs: that counts.
 * (b) A command line is of the domain that has its name, and then only tells its process; by itself it is a VM.
 * (c) Nothing else is taken for the same: two files with one name may be two VMs of two hosts.
 */
import type { PlacementFacts, VmFacts } from '../formats/index.ts';
import { isOf, processOf, qemuCmdline } from '../formats/index.ts';
import type { ImportPart } from './import-host.ts';

type VmPart = ImportPart<VmFacts>;

export function oneOfEach(parts: readonly VmPart[]): {
  readonly vms: readonly VmPart[];
  readonly placements: readonly ImportPart<PlacementFacts>[];
} {
  const isCommand = ({ facts }: VmPart): boolean => isOf(qemuCmdline, facts);
  const described = new Set(parts.filter((part) => !isCommand(part)).map(({ facts }) => facts.name));
  const vms: VmPart[] = [];
  for (const part of parts) {
    if (isCommand(part) && described.has(part.facts.name)) continue;
    const i = vms.findIndex(({ facts }) => isSame(facts, part.facts));
    if (i === -1) vms.push(part);
    else if (part.facts.running && !vms[i]!.facts.running) vms[i] = part;
  }
  const placements = parts.filter(isCommand).flatMap(({ file, facts }) => {
    const { pid = null, name } = facts;
    return pid === null ? [] : [{ file, facts: processOf(facts.kind, pid, name, null) }];
  });
  return { vms, placements };
}

const isSame = (a: VmFacts, b: VmFacts): boolean =>
  a.name === b.name &&
  a.kind === b.kind &&
  // Of two definitions neither of which runs, one may be a copy that somebody is going to change.
  ((a.uuid !== null && a.uuid === b.uuid && (a.running || b.running)) || (a.pid != null && a.pid === b.pid));
