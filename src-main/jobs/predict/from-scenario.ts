/** A migration of a VM of a scenario, as a question: what it has, what it writes, what lies between the hosts. */
import { PAGE_SIZE_BYTES, mibFromBytes, mibFromPages } from '../../../shared/units/index.ts';
import { Network } from '../../engine/transfer/network.ts';
import type { Scenario } from '../../scenario/index.ts';
import { pagesOf, toWorldConfig } from '../../scenario/index.ts';
import { EMPTY_QUESTION, type PredictQuestion } from './question.ts';

/** @param migrate `VM=HOST`. A text: what is wrong with it. */
export function questionOfScenario(scenario: Scenario, migrate: string): PredictQuestion | string {
  const [name, to] = migrate.split('=') as [string, string | undefined];
  const vm = scenario.vms.find((one) => one.name === name);
  if (vm === undefined) return `there is no VM "${name}"; there are ${scenario.vms.map((one) => one.name).join(', ')}`;
  const hosts = scenario.hosts.map((host) => host.name);
  if (to === undefined || !hosts.includes(to)) return `there is no host "${to ?? ''}"; there are ${hosts.join(', ')}`;
  if (to === vm.host) return `${name} is on ${to} already`;
  const path = new Network(toWorldConfig(scenario).links).path(vm.host, to);
  if (path === null) return `no link joins ${vm.host} and ${to}`;
  // A link that an importer made up says nothing.
  const isStated = !scenario.links.some(
    (link) => link.assumed === true && link.hosts.includes(vm.host) && link.hosts.includes(to),
  );
  const link = isStated ? String(mibFromBytes(path.bytesPerSec)) : null;
  const writes = vm.dirty.rateMiBps > 0;
  return {
    ...EMPTY_QUESTION,
    ramMib: String(mibFromPages(pagesOf(vm))),
    workingSetMib: writes ? String(Math.min(vm.dirty.workingSetMiB, mibFromPages(pagesOf(vm)))) : null,
    dirtyMibS: writes ? String(vm.dirty.rateMiBps) : null,
    pattern: writes ? 'uniform' : null,
    // A migration of a scenario takes what the link gives.
    bandwidthMibS: link,
    linkMibS: link,
  };
}

/** So many bytes a page: for what counts pages a second. */
export const mibPerSecOfPages = (pagesPerSec: number): number => mibFromBytes(pagesPerSec * PAGE_SIZE_BYTES);
