/** Scenario and request → problem. */
import { PAGES_PER_MIB } from '../../../shared/units/index.ts';
import { bootCells, cellsOf } from '../../scenario/boot-cell.ts';
import { cpuNodeOf } from '../../scenario/guest-map.ts';
import { mayRunOn } from '../../scenario/homes.ts';
import type { Scenario, ScenarioHost, ScenarioVm } from '../../scenario/schema.ts';
import { hostConfig } from '../../scenario/world-config.ts';
import type { Request } from '../question/read-request.ts';
import type { Rule } from '../question/request-schema.ts';
import type { Group, Item, Part, Place, Problem, Vm } from './problem.ts';
import { wholePages } from './problem.ts';

const mibOf = (pages: number): number => Math.ceil(pages / PAGES_PER_MIB);

/** @param rules those that hold; otherwise all of the request. */
export function problemOf(scenario: Scenario, request: Request, rules: readonly Rule[] = request.rules): Problem {
  const { goal, limits } = request;
  const configs = scenario.hosts.map(hostConfig);
  const hostIndex = new Map(scenario.hosts.map(({ name }, i) => [name, i]));
  const vmsOf = [...scenario.vms, ...request.newVms];
  const kinds = kindsOf(scenario, request, vmsOf);
  const kindAt = new Map(kinds.map((size, i) => [size, i]));

  const places: Place[] = [];
  scenario.hosts.forEach((host, h) => {
    configs[h]!.nodes.forEach((config) => {
      const node = host.nodes.find(({ nid }) => nid === config.nid)!;
      const name = `${host.name}/${config.nid}`;
      const capacity = kinds.map(() => 0);
      let pooled = 0;
      for (const { framePages, frames } of config.pools ?? []) {
        const kind = kindAt.get(framePages * 4);
        const mib = Math.floor((framePages * frames) / PAGES_PER_MIB);
        pooled += framePages * frames;
        if (kind !== undefined) capacity[kind]! += mib;
      }
      capacity[0] = Math.max(0, Math.floor((config.totalPages - config.reservedPages - pooled) / PAGES_PER_MIB));
      capacity.push(Math.floor(limits.cpuOvercommit * config.cpus.length + 1e-9));
      places.push({
        index: places.length,
        name,
        host: h,
        nid: config.nid,
        capacity,
        final: finalCapacity(request, rules, host, node.nid, name, capacity, kindAt, kinds),
      });
    });
  });
  const placeAt = new Map(places.map(({ name, index }) => [name, index]));
  const within = (names: readonly string[]): Set<number> =>
    new Set(
      names.flatMap((name) =>
        placeAt.has(name)
          ? [placeAt.get(name)!]
          : places.filter(({ host }) => scenario.hosts[host]!.name === name).map(({ index }) => index),
      ),
    );

  const booted = new Map<string, readonly Part[]>();
  const hostOf = new Map(scenario.vms.map(({ name, host }) => [name, host]));
  for (const { vm, cell, pages, nodes } of bootCells(scenario)) {
    const host = hostOf.get(vm)!;
    booted.set(
      `${vm}\n${cell}`,
      wholeMib(
        mibOf(pages),
        nodes.map(({ nid, pages: of }) => ({ place: placeAt.get(`${host}/${nid}`)!, pages: of })),
      ),
    );
  }

  const drained = goal.type === 'drain' ? within(goal.places) : new Set<number>();
  const wanted = new Map(goal.type === 'swap' ? goal.want.map(({ vm, place }) => [vm, within([place])]) : []);
  const bans: { readonly rule: number; readonly vms: Set<string>; readonly off: (place: number) => boolean }[] = [];
  const kept = new Map<string, number>();
  rules.forEach((rule) => {
    const index = request.rules.indexOf(rule);
    if (rule.type === 'keep') for (const vm of rule.vms) kept.set(vm, index);
    if (rule.type === 'ban' || rule.type === 'pin' || rule.type === 'fence') {
      const set = within(rule.places);
      const isBan = rule.type === 'ban';
      bans.push({ rule: index, vms: new Set(rule.vms), off: (place) => set.has(place) === isBan });
    }
  });
  const bansOf = new Map<string, typeof bans>();
  for (const ban of bans) for (const vm of ban.vms) bansOf.set(vm, [...(bansOf.get(vm) ?? []), ban]);

  const items: Item[] = [];
  const vms: Vm[] = vmsOf.map((vm, v) => {
    const isNew = v >= scenario.vms.length;
    const cpuNode = cpuNodeOf(vm);
    const host = isNew ? -1 : hostIndex.get(vm.host)!;
    const binding = bindingOf(vm);
    const own: number[] = [];
    const runsNear = host < 0 ? null : new Map(configs[host]!.nodes.map((node) => [node.nid, mayRunOn(vm)(node)]));
    const vmBans = bansOf.get(vm.name) ?? [];
    for (const { cell, pages } of cellsOf(vm)) {
      const mib = mibOf(pages);
      const at = isNew ? [] : (booted.get(`${vm.name}\n${cell}`) ?? []);
      const size = request.hugepagesKiB.get(vm.name) ?? ownPool(vm, cell) ?? 4;
      const kind = kindAt.get(size)!;
      const home = at.length === 1 ? at[0]!.place : -1;
      const bound = binding(cell);
      const passes = new Uint8Array(places.length);
      const allowed = new Uint8Array(places.length);
      for (const place of places) {
        const isOwn = place.host === host;
        if (vmBans.some(({ off }) => off(place.index))) continue;
        if (bound !== null && (isOwn || isNew) && !bound.has(place.nid)) continue;
        if (isOwn && runsNear!.get(place.nid) === false && place.index !== home) continue;
        passes[place.index] = 1;
        if (drained.has(place.index) || wanted.get(vm.name)?.has(place.index) === false) continue;
        allowed[place.index] = 1;
      }
      const staysOff = (part: Part): boolean =>
        drained.has(part.place) ||
        wanted.get(vm.name)?.has(part.place) === false ||
        vmBans.some(({ off }) => off(part.place));
      const mustBeWhole = goal.type === 'locality' || (goal.type === 'one-node' && goal.vm === vm.name);
      items.push({
        index: items.length,
        vm: v,
        cell,
        kind,
        mib,
        takes: wholePages(mib, size),
        vcpus: cpuNode.filter((nid) => nid === cell).length,
        at,
        home,
        fixed: !isNew && (kept.has(vm.name) || goal.type === 'place' || goal.type === 'fit'),
        passes,
        allowed,
        mayStay: !isNew && !at.some(staysOff) && !(mustBeWhole && home < 0),
      });
      own.push(items.length - 1);
    }
    return { index: v, name: vm.name, items: own, host };
  });

  const vmNamed = new Map(vms.map((vm) => [vm.name, vm]));
  const groups: Group[] = [];
  rules.forEach((rule) => {
    if (rule.type !== 'together' && rule.type !== 'apart') return;
    const names = [...new Set(rule.vms)];
    const of = names.map((name) => vmNamed.get(name)!.items);
    groups.push({ kind: rule.type, grain: rule.grain, items: of, rule: request.rules.indexOf(rule) });
  });
  if (goal.type === 'one-node' || goal.type === 'fit') {
    const { items: of } = vmNamed.get(goal.vm)!;
    const kind = goal.type === 'fit' ? 'apart' : 'together';
    if (of.length > 1) groups.push({ kind, grain: 'node', items: of.map((item) => [item]), rule: -1 });
  }

  const rows = configs.map(({ nodes, distances }) => ({
    row: new Map(nodes.map(({ nid }, i) => [nid, i])),
    distances,
  }));
  return {
    goal,
    rules: request.rules,
    limits,
    hosts: scenario.hosts.map(({ name }) => name),
    links: scenario.links.map(({ hosts: [a, b], bandwidthMiBps }) => ({
      hosts: [hostIndex.get(a)!, hostIndex.get(b)!],
      mibps: bandwidthMiBps,
    })),
    kinds,
    places,
    vms,
    items,
    groups,
    distance: (a, b) => {
      const { row, distances } = rows[places[a]!.host]!;
      return distances[row.get(places[a]!.nid)!]![row.get(places[b]!.nid)!]!;
    },
    keptOff: (item, place) => {
      const { name } = vms[items[item]!.vm]!;
      const off = (bansOf.get(name) ?? []).filter((ban) => ban.off(place)).map(({ rule }) => rule);
      const keep = kept.get(name);
      return keep === undefined || items[item]!.at.some((part) => part.place === place) ? off : [...off, keep];
    },
  };
}

/** All page sizes that are asked for or pooled, ascending; 4 KiB first. */
function kindsOf(scenario: Scenario, request: Request, vms: readonly ScenarioVm[]): number[] {
  const sizes = new Set<number>([4, ...request.hugepagesKiB.values()]);
  for (const host of scenario.hosts)
    for (const node of host.nodes) for (const { sizeKiB } of node.hugepages ?? []) sizes.add(sizeKiB);
  for (const vm of vms) for (const { sizeKiB } of vm.hugepages ?? []) sizes.add(sizeKiB);
  if (request.goal.type === 'huge-pages') sizes.add(request.goal.pageKiB);
  return [...sizes].sort((a, b) => a - b);
}

/** The pool that the scenario itself gives a cell. */
function ownPool(vm: ScenarioVm, cell: number): number | null {
  const entries = vm.hugepages ?? [];
  const named = entries.find(({ cells }) => cells?.includes(cell) === true);
  return (named ?? entries.find(({ cells }) => cells === undefined))?.sizeKiB ?? null;
}

/** Nodes that a cell is bound to for as long as its VM runs; null: any. */
function bindingOf(vm: ScenarioVm): (cell: number) => ReadonlySet<number> | null {
  const whole = vm.binding === undefined || vm.binding.mode === 'preferred' ? null : new Set<number>(vm.binding.nodes);
  const own = new Map(vm.memnodes.filter(({ holds }) => holds === true).map((memnode) => [memnode.cell, memnode]));
  return (cell) => {
    const memnode = own.get(cell);
    if (memnode === undefined) return whole;
    return memnode.mode === 'preferred' ? null : new Set(memnode.nodes);
  };
}

/** What may be taken at the end: less than the capacity where so much is to be free. */
function finalCapacity(
  { goal }: Request,
  rules: readonly Rule[],
  host: ScenarioHost,
  nid: number,
  name: string,
  capacity: readonly number[],
  kindAt: ReadonlyMap<number, number>,
  kinds: readonly number[],
): number[] {
  const final = [...capacity];
  const cpu = kinds.length;
  for (const rule of rules) {
    if (rule.type !== 'reserve' || !rule.places.some((place) => place === name || place === host.name)) continue;
    const kind = kindAt.get(rule.pageKiB);
    if (kind !== undefined) final[kind] = Math.min(final[kind]!, capacity[kind]! - rule.memoryMiB);
    final[cpu] = Math.min(final[cpu]!, Math.floor(capacity[cpu]! - rule.cpus));
  }
  if (goal.type === 'rebalance')
    for (let kind = 0; kind < cpu; kind++)
      final[kind] = Math.min(final[kind]!, Math.floor((capacity[kind]! * goal.maxUsePercent) / 100 + 1e-9));
  if (goal.type === 'huge-pages' && goal.place === `${host.name}/${nid}`) {
    const kind = kindAt.get(goal.pageKiB)!;
    const asked = Math.ceil((goal.pages * goal.pageKiB) / 1024);
    final[kind] = Math.min(final[kind]!, capacity[kind]! - asked);
  }
  return final;
}

/** Parts in whole MiB that sum to `mib`: each rounded down, what is left to the largest remainders. */
function wholeMib(mib: number, nodes: readonly { readonly place: number; readonly pages: number }[]): Part[] {
  const parts = nodes.map(({ place, pages }) => ({
    place,
    mib: Math.floor(pages / PAGES_PER_MIB),
    rest: pages % PAGES_PER_MIB,
  }));
  let left = mib - parts.reduce((sum, part) => sum + part.mib, 0);
  for (const part of [...parts].sort((a, b) => b.rest - a.rest || a.place - b.place)) {
    if (left <= 0) break;
    part.mib++;
    left--;
  }
  return parts.filter((part) => part.mib > 0).map(({ place, mib: of }) => ({ place, mib: of }));
}
