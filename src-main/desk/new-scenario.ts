/**
 * A scenario of the small form: hosts of a few kinds, links between them, VMs spread over the nodes of each.
 *
 * Hosts and VMs are numbered through all kinds; a single host is called "host".
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import type { Scenario, ScenarioInput } from '../scenario/index.ts';
import { readScenario, SCENARIO_VERSION } from '../scenario/index.ts';

type Form = CheckedInput<'document.new'>;
type HostKind = Form['hosts'][number];
type HostInput = ScenarioInput['hosts'][number];
type VmInput = NonNullable<ScenarioInput['vms']>[number];

export function newScenario({ name, hosts: kinds, links, era, defects }: Form): Read<Scenario> {
  const each = kinds.flatMap((kind) => Array.from({ length: kind.count }, () => kind));
  const hosts = each.map((kind, i) => hostOf(kind, each.length === 1 ? 'host' : `host${i + 1}`));
  const vms: VmInput[] = [];
  each.forEach(({ vms: number, vmMemoryMiB, cpusPerNode }, i) => {
    for (let k = 0; k < number; k++)
      vms.push({
        name: `vm${vms.length + 1}`,
        host: hosts[i]!.name,
        memoryMiB: vmMemoryMiB,
        vcpus: Math.max(1, Math.min(cpusPerNode, 4)),
        placement: { mode: 'spread' },
        profile: { era, rfc: defects },
      });
  });
  const input: ScenarioInput = {
    ...{ pageshift: SCENARIO_VERSION, name, hosts, vms },
    links: links === null ? [] : linksOf(hosts, links),
  };
  const { value, diagnostics } = readScenario(JSON.stringify(input), '');
  // Lines of a text that nobody has seen tell nothing; the path does.
  const placed = diagnostics.map(({ where: { path }, ...rest }): Diagnostic => {
    return { ...rest, where: path === undefined ? {} : { path } };
  });
  return { value, diagnostics: placed };
}

function hostOf({ nodes, nodeMemoryMiB, cpusPerNode }: HostKind, name: string): HostInput {
  const cpusOf = (node: number): string => {
    const first = node * cpusPerNode;
    return cpusPerNode === 0 ? '' : cpusPerNode === 1 ? `${first}` : `${first}-${first + cpusPerNode - 1}`;
  };
  return {
    name,
    nodes: Array.from({ length: nodes }, (_, nid) => ({ nid, cpus: cpusOf(nid), memoryMiB: nodeMemoryMiB })),
  };
}

function linksOf(
  hosts: readonly HostInput[],
  { between, bandwidthMiBps }: NonNullable<Form['links']>,
): NonNullable<ScenarioInput['links']> {
  const from = between === 'first' ? hosts.slice(0, 1) : hosts;
  return from.flatMap((a, i) =>
    hosts.slice(i + 1).map((b) => ({ name: `${a.name} to ${b.name}`, hosts: [a.name, b.name], bandwidthMiBps })),
  );
}
