/** What a document takes for granted because no source states it, and the command that would tell. */
import type { Assumption } from '../../shared/model/finding.ts';
import { isDirtyKnown } from './dirty.ts';
import type { Scenario, ScenarioAssumption, ScenarioVm } from './schema.ts';

/** Documents of earlier versions keep the sentence alone. */
export const assumptionText = (assumed: ScenarioAssumption): string =>
  typeof assumed === 'string' ? assumed : assumed.text;

export function assumptionsOf(scenario: Scenario): Assumption[] {
  const ofHosts = scenario.hosts.flatMap((host) =>
    (host.assumed ?? []).map((assumed): Assumption => ({
      host: host.name,
      vm: null,
      text: assumptionText(assumed),
      measure: typeof assumed === 'string' ? 'numactl --hardware' : assumed.measure,
    })),
  );
  const ofLinks = scenario.links
    .filter((link) => link.assumed === true)
    .map((link): Assumption => ({
      host: link.hosts[0],
      vm: null,
      text: `The link between ${link.hosts[0]} and ${link.hosts[1]} carries ${link.bandwidthMiBps} MiB/s: 10 GbE, as no source states it.`,
      measure: `iperf3 -c ${link.hosts[1]}`,
    }));
  const vms = [...scenario.vms, ...(scenario.notPlaced ?? []).map(({ vm }) => vm)];
  return [...ofHosts, ...ofLinks, ...vms.flatMap(ofVm)];
}

function ofVm(vm: ScenarioVm): Assumption[] {
  const place = { host: vm.host, vm: vm.name };
  const stated = (vm.assumed ?? []).map((assumed): Assumption => ({
    ...place,
    text: assumptionText(assumed),
    measure: typeof assumed === 'string' ? 'numastat -p <pid of its QEMU>' : assumed.measure,
  }));
  if (vm.running !== true || isDirtyKnown(vm)) return stated;
  const text =
    'What it writes a second is not known: whether a live migration of it ends, and its downtime, are not either.';
  return [...stated, { ...place, text, measure: `virsh domdirtyrate-calc ${vm.name} --seconds 1` }];
}
