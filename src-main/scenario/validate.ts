/**
 * What the schema cannot say: whether the parts of a scenario agree with each other, so that the world can be made as
 * written. Hosts and links first, then each VM by itself (validate-vm.ts), then whether all VMs find room together,
 * then the commands in the order of time (validate-command.ts).
 */
import { kibFromMib, kibFromPages, PAGES_PER_MIB, pagesFromMib } from '../../shared/units/index.ts';
import type { HostConfig } from '../../shared/model/config.ts';
import type { Check, Draft } from './check.ts';
import { newCheck, validateDistances } from './check.ts';
import { emptyRoom, guestFramePages, placeGuest, roomPages } from './fit.ts';
import type { FitGuest, Shortage } from './fit.ts';
import { framePagesOf } from './guest-map.ts';
import { formatIdList } from './id-list.ts';
import { type IdSet, idSetOf, idSetText, intersection, sizeOf, union } from './id-set.ts';
import { MAX_ALL_GUEST_PAGES, MAX_LISTED_CPUS } from '../../shared/model/limit.ts';
import type { Path, Problem } from './problem.ts';
import { pagesOf, textFromPages } from './quantity.ts';
import type { ScenarioHost, ScenarioVm } from './schema.ts';
import { validateCommands } from './validate-command.ts';
import { validateVm } from './validate-vm.ts';
import { fitGuest, hostConfig } from './world-config.ts';

/** All problems of a scenario, in the order of the document's parts. */
export function validateScenario(draft: Draft): Problem[] {
  const problems: Problem[] = [];
  const check = newCheck(draft, problems);
  uniqueNames(check, 'hosts', draft.hosts);
  uniqueNames(check, 'links', draft.links);
  uniqueNames(check, 'vms', draft.vms);
  draft.hosts.forEach((host, i) => {
    if (host !== null) validateHost(check, host, ['hosts', i]);
  });
  const tooManyCpus = listsTooManyCpus(check);
  validateLinks(check);
  const sound = draft.vms.map((vm, i) => {
    if (vm === null) return false;
    const before = problems.length;
    validateVm(check, vm, ['vms', i]);
    return !problems.slice(before).some((p) => p.severity === 'error');
  });
  validateAllGuests(check);
  if (!tooManyCpus) validateRoom(check, sound);
  validateCommands(check);
  return problems;
}

function uniqueNames(check: Check, section: string, parts: readonly ({ readonly name: string } | null)[]): void {
  const first = new Map<string, number>();
  parts.forEach((part, i) => {
    if (part === null) return;
    const other = first.get(part.name);
    if (other === undefined) first.set(part.name, i);
    else
      check.error('name-duplicate', [section, i, 'name'], `"${part.name}" is already the name of /${section}/${other}`);
  });
}

/** CPUs that the nodes of a host list in all. */
const listedCpus = (host: ScenarioHost): number => host.nodes.reduce((sum, { cpus }) => sum + sizeOf(idSetOf(cpus)), 0);

/** A world has its lists of CPUs written out, so they may not be longer than what all hosts together can need. */
function listsTooManyCpus(check: Check): boolean {
  const listed = check.draft.hosts.map((host) => (host === null ? 0 : listedCpus(host)));
  const total = listed.reduce((sum, cpus) => sum + cpus, 0);
  if (total <= MAX_LISTED_CPUS) return false;
  const most = listed.indexOf(Math.max(...listed));
  check.error('cpus-too-many', ['hosts', most, 'nodes'], 'the nodes of all hosts list too many CPUs in all', {
    found: `${total}, those of each node counted`,
    expected: `at most ${MAX_LISTED_CPUS}`,
    hint: 'List each CPU on the node that it belongs to.',
  });
  return true;
}

function validateHost(check: Check, host: ScenarioHost, path: Path): void {
  const firstOfNid = new Map<number, number>();
  const cpusOfNodes: { readonly nid: number; readonly cpus: IdSet }[] = [];
  let known: IdSet = [];
  host.nodes.forEach((node, i) => {
    const at = [...path, 'nodes', i];
    const other = firstOfNid.get(node.nid);
    if (other === undefined) firstOfNid.set(node.nid, i);
    else
      check.error(
        'node-duplicate',
        [...at, 'nid'],
        `node ${node.nid} of host "${host.name}" is given twice, first as number ${other + 1} of the list`,
      );
    validateNodeMemory(check, node, at);
    const cpus = idSetOf(node.cpus);
    const shared = intersection(cpus, known);
    if (shared.length > 0) {
      const first = [{ first: shared[0]!.first, last: shared[0]!.first }];
      const other = cpusOfNodes.find((each) => intersection(each.cpus, first).length > 0)!;
      const message = `CPUs ${idSetText(shared)} are on node ${other.nid} already; memory-only nodes have no CPUs of their own`;
      check.add({ severity: 'warning', slug: 'cpu-on-two-nodes', path: [...at, 'cpus'], message });
    }
    cpusOfNodes.push({ nid: node.nid, cpus });
    known = union(known, cpus);
  });
  if (host.nodes.every((node) => pagesOf(node) === 0))
    check.error('host-without-memory', [...path, 'nodes'], `no node of host "${host.name}" has memory`);
  if (host.distances !== null)
    validateDistances(check, host.distances, [...path, 'distances'], [...firstOfNid.keys()], true);
}

function validateNodeMemory(check: Check, node: ScenarioHost['nodes'][number], path: Path): void {
  const pages = pagesOf(node);
  if (pagesFromMib(node.reservedMiB) > pages) {
    check.error('reserved-above-memory', [...path, 'reservedMiB'], `node ${node.nid} reserves more than it has`, {
      found: `${node.reservedMiB} MiB`,
      expected: `at most ${textFromPages(pages)}`,
    });
  }
  const poolKiB = (node.hugepages ?? []).reduce(
    (sum, pool) => sum + (pool.sizeKiB > 4 ? pool.sizeKiB * pool.count : 0),
    0,
  );
  const reservedKiB = pagesFromMib(node.reservedMiB) > pages ? 0 : kibFromMib(node.reservedMiB);
  if (poolKiB + reservedKiB > kibFromPages(pages)) {
    check.add({
      severity: 'warning',
      slug: 'hugepages-above-memory',
      path: [...path, 'hugepages'],
      message: `the huge page pools of node ${node.nid} hold ${poolKiB} KiB, more than its ${textFromPages(pages)}${node.reservedMiB === 0 ? '' : ` less ${node.reservedMiB} MiB reserved`}: they are not used`,
    });
  }
}

function validateLinks(check: Check): void {
  const firstOfPair = new Map<string, number>();
  check.draft.links.forEach((link, i) => {
    if (link === null) return;
    const path = ['links', i, 'hosts'];
    link.hosts.forEach((host, side) => check.named('host', host, [...path, side]));
    if (link.hosts[0] === link.hosts[1])
      check.error('link-to-itself', path, `link "${link.name}" joins "${link.hosts[0]}" to itself`);
    const pair = JSON.stringify([...link.hosts].sort());
    const other = firstOfPair.get(pair);
    if (other === undefined) firstOfPair.set(pair, i);
    else
      check.error(
        'link-twice',
        path,
        `/links/${other} joins these two hosts already; give their bandwidth as one link`,
      );
  });
}

/** Hosts may be as large as one likes, but guests are simulated page by page on the machine this runs on. */
function validateAllGuests(check: Check): void {
  const pages = check.draft.vms.reduce((sum, vm) => sum + (vm === null ? 0 : pagesOf(vm)), 0);
  if (pages <= MAX_ALL_GUEST_PAGES) return;
  check.error('guests-too-large', ['vms'], 'all VMs together are larger than what is simulated at once', {
    found: textFromPages(pages),
    expected: `at most ${textFromPages(MAX_ALL_GUEST_PAGES)}`,
  });
}

/** Whether each VM fits alone, then whether all of a host fit together. */
function validateRoom(check: Check, sound: readonly boolean[]): void {
  const { draft } = check;
  draft.hosts.forEach((host, h) => {
    if (
      host === null ||
      check.hosts.get(host.name) !== host ||
      new Set(host.nodes.map((n) => n.nid)).size < host.nodes.length
    )
      return;
    const config = hostConfig(host);
    const guests: { readonly index: number; readonly guest: FitGuest }[] = [];
    draft.vms.forEach((vm, index) => {
      if (vm === null || !sound[index] || vm.host !== host.name) return;
      const guest = fitGuest(vm, config);
      if (fitsAlone(check, vm, guest, config, index)) guests.push({ index, guest });
    });
    fitTogether(check, config, h, guests);
  });
}

function fitsAlone(check: Check, vm: ScenarioVm, guest: FitGuest, host: HostConfig, index: number): boolean {
  const room = emptyRoom(host);
  const needed = guestFramePages(guest);
  const free = roomPages(room, framePagesOf(vm));
  if (needed > free) {
    check.error('vm-larger-than-host', ['vms', index], `VM "${vm.name}" is larger than its host "${host.name}"`, {
      found: `${textFromPages(needed)} of frames`,
      expected: `at most ${textFromPages(free)}, what the host has for frames of ${vm.backing.pageKiB} KiB`,
    });
    return false;
  }
  const shortage = placeGuest(guest, host, room);
  if (shortage === null) return true;
  check.error(
    'vm-larger-than-nodes',
    placementPath(vm, index),
    `VM "${vm.name}" is larger than the nodes it is bound to`,
    shortageText(shortage),
  );
  return false;
}

const placementPath = (vm: ScenarioVm, index: number): Path => [
  'vms',
  index,
  vm.memnodes.length > 0 ? 'memnodes' : 'placement',
];

const shortageText = (s: Shortage): Partial<Problem> => ({
  found: `${textFromPages(s.neededPages)} to place`,
  expected: `at most ${textFromPages(s.freePages)}, what is free ${s.kind.isPool ? `in pages of ${textFromPages(s.kind.framePages)} ` : ''}on node ${s.nid ?? formatIdList(s.rule.nodes)}`,
});

function fitTogether(
  check: Check,
  host: HostConfig,
  hostIndex: number,
  guests: readonly { readonly index: number; readonly guest: FitGuest }[],
): void {
  if (guests.length === 0) return;
  const room = emptyRoom(host);
  const free = roomPages(room, 1);
  const needed = guests.reduce((sum, { guest }) => sum + guestFramePages(guest), 0);
  if (needed > free) {
    check.error(
      'host-overcommitted',
      ['hosts', hostIndex],
      `the ${guests.length} VMs of host "${host.name}" do not fit together; memory is not overcommitted`,
      {
        found: `${textFromPages(needed)} of frames`,
        expected: `at most ${textFromPages(free)} (short by ${Math.ceil((needed - free) / PAGES_PER_MIB)} MiB)`,
      },
    );
    return;
  }
  for (const { index, guest } of guests) {
    const shortage = placeGuest(guest, host, room);
    if (shortage === null) continue;
    const vm = check.draft.vms[index]!;
    check.error(
      'placement-does-not-fit',
      placementPath(vm, index),
      `VM "${vm.name}" finds its nodes taken by the VMs before it`,
      shortageText(shortage),
    );
    return; // what follows would be placed in a room that is wrong
  }
}
