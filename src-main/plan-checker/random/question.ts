/**
 * Random questions of every kind, small enough that all sequences of moves can be searched, and tight enough that it matters in
 * which order they come. By seed; it imports neither planner nor checker.
 */
import { Chance } from './chance.ts';

export interface RandomVm {
  readonly name: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly cells?: readonly { readonly id: number; readonly cpus: string; readonly memoryMiB: number }[];
  readonly host?: string;
  readonly workload?: null;
  readonly placement?: {
    readonly mode: 'shares';
    readonly scatter: boolean;
    readonly shares: readonly { readonly node: number; readonly memoryMiB: number }[];
  };
}

interface RandomNode {
  readonly nid: number;
  readonly cpus: string;
  readonly memoryMiB: number;
  readonly reservedMiB: number;
  readonly hugepages?: readonly { readonly sizeKiB: number; readonly count: number }[];
}

export interface RandomScenario {
  readonly pageshift: 1;
  readonly name: string;
  readonly seed: number;
  readonly hosts: readonly {
    readonly name: string;
    readonly nodes: readonly RandomNode[];
    readonly distances: { readonly ids: readonly number[]; readonly matrix: readonly (readonly number[])[] } | null;
  }[];
  readonly links: readonly { readonly name: string; readonly hosts: readonly [string, string]; readonly bandwidthMiBps: number }[]; // prettier-ignore
  readonly vms: readonly RandomVm[];
}

export type RandomGoal =
  | { readonly type: 'place' | 'locality' | 'consolidate' }
  | { readonly type: 'fit' | 'one-node'; readonly vm: string }
  | { readonly type: 'drain'; readonly places: readonly string[] }
  | { readonly type: 'rebalance'; readonly maxUsePercent: number }
  | { readonly type: 'huge-pages'; readonly place: string; readonly pageKiB: number; readonly pages: number }
  | { readonly type: 'swap'; readonly want: readonly { readonly vm: string; readonly place: string }[] };

export interface RandomRule {
  readonly type: 'keep' | 'ban' | 'pin' | 'fence' | 'together' | 'apart' | 'reserve';
  readonly vms?: readonly string[];
  readonly places?: readonly string[];
  readonly grain?: 'host' | 'node';
  readonly memoryMiB?: number;
}

export interface RandomRequest {
  readonly pageshiftRequest: 1;
  readonly goal: RandomGoal;
  readonly newVms: readonly RandomVm[];
  readonly hugepagesKiB: Readonly<Record<string, number>>;
  readonly rules: readonly RandomRule[];
  readonly limits: { readonly cpuOvercommit?: number; readonly migrationsPerHost?: number };
}

export interface RandomStart {
  readonly vm: string;
  readonly cell: number;
  readonly at: Readonly<Record<string, number>>;
}

export interface RandomQuestion {
  readonly scenario: RandomScenario;
  readonly request: RandomRequest;
  /** Where every cell lies at the start. */
  readonly starts: readonly RandomStart[];
}

export const GOALS = ['place', 'fit', 'one-node', 'locality', 'drain', 'consolidate', 'rebalance', 'huge-pages', 'swap'] as const; // prettier-ignore

const UNIT = 1024;
const GIB_PAGE_KIB = 1_048_576;

export function randomQuestion(seed: number, goalType?: RandomGoal['type']): RandomQuestion {
  const chance = new Chance(seed * 7919 + 13);
  const type = goalType ?? chance.pick(GOALS);
  const severalHosts = type === 'consolidate' || (type !== 'fit' && chance.happens(45));
  const hostCount = severalHosts ? chance.whole(2, 3) : 1;
  const nodesEach = severalHosts ? chance.whole(1, 2) : chance.whole(2, type === 'fit' ? 5 : 4);
  const nodeUnits = chance.whole(6, 14);
  const cpusEach = chance.pick([4, 8, 8, 64]);
  const pooled = type === 'huge-pages' || chance.happens(25);
  const hosts = Array.from({ length: hostCount }, (_, h) => {
    const nids = chance.happens(15) ? Array.from({ length: nodesEach }, (__, n) => n * 2 + 1) : [...Array(nodesEach).keys()]; // prettier-ignore
    const nodes = nids.map((nid, n): RandomNode => {
      const units = chance.happens(30) ? chance.whole(4, 16) : nodeUnits;
      const pages = pooled ? chance.whole(2, Math.max(2, units - 2)) : 0;
      const reserved = chance.pick([0, 0, 512]);
      return {
        nid,
        cpus: `${n * cpusEach}-${(n + 1) * cpusEach - 1}`,
        memoryMiB: (units + 1) * UNIT,
        reservedMiB: reserved,
        ...(pages > 0 ? { hugepages: [{ sizeKiB: GIB_PAGE_KIB, count: pages }] } : {}),
      };
    });
    const matrix = nids.map((_, a) => nids.map((__, b) => (a === b ? 10 : 10 + 5 * Math.abs(a - b) + (seed % 3))));
    return { name: `h${h}`, nodes, distances: chance.happens(20) ? null : { ids: nids, matrix } };
  });
  const links: RandomScenario['links'][number][] = [];
  for (let a = 0; a < hostCount; a++)
    for (let b = a + 1; b < hostCount; b++)
      if (!chance.happens(10))
        links.push({ name: `l${a}-${b}`, hosts: [`h${a}`, `h${b}`], bandwidthMiBps: chance.pick([100, 1192]) });

  const free = new Map<string, number>();
  for (const host of hosts)
    for (const node of host.nodes) {
      const pool = (node.hugepages?.[0]?.count ?? 0) * UNIT;
      free.set(`${host.name}/${node.nid} pool`, pool);
      free.set(`${host.name}/${node.nid}`, node.memoryMiB - node.reservedMiB - pool);
    }
  const hugepagesKiB: Record<string, number> = {};
  const vms: RandomVm[] = [];
  const starts: RandomStart[] = [];
  const vmCount = chance.whole(2, type === 'locality' ? 4 : 6);
  const fill = chance.whole(55, 95) / 100;
  for (let v = 0; v < vmCount; v++) {
    const host = chance.pick(hosts);
    const fromPool = pooled && chance.happens(type === 'huge-pages' ? 85 : 50);
    const suffix = fromPool ? ' pool' : '';
    const splits = !fromPool && chance.happens(type === 'locality' || type === 'one-node' ? 60 : 15);
    const roomy = host.nodes.filter((node) => free.get(`${host.name}/${node.nid}${suffix}`)! * fill >= UNIT);
    if (roomy.length === 0) continue;
    const chosen = splits ? chance.shuffled(roomy).slice(0, 2) : [chance.pick(roomy)];
    const shares = chosen.map((node) => {
      const key = `${host.name}/${node.nid}${suffix}`;
      const units = Math.max(1, Math.floor((free.get(key)! / UNIT) * fill * chance.pick([0.3, 0.5, 0.7, 1])));
      free.set(key, free.get(key)! - units * UNIT);
      return { node: node.nid, memoryMiB: units * UNIT };
    });
    const memoryMiB = shares.reduce((sum, share) => sum + share.memoryMiB, 0);
    const name = `v${v}`;
    const vcpus = chance.whole(1, cpusEach === 4 ? 2 : 4);
    if (fromPool) hugepagesKiB[name] = GIB_PAGE_KIB;
    vms.push({ name, memoryMiB, vcpus, host: host.name, workload: null, placement: { mode: 'shares', scatter: true, shares } }); // prettier-ignore
    starts.push({
      vm: name,
      cell: 0,
      at: Object.fromEntries(shares.map((s) => [`${host.name}/${s.node}`, s.memoryMiB])),
    });
  }

  const newVms: RandomVm[] = [];
  const addNew = (name: string, cellCount: number, most: number): void => {
    const sizes = Array.from({ length: Math.max(1, cellCount) }, () => chance.whole(1, Math.max(1, most)) * UNIT);
    const each = chance.whole(1, cpusEach === 4 ? 2 : 3);
    const memoryMiB = sizes.reduce((sum, mib) => sum + mib, 0);
    const cells = sizes.map((mib, id) => ({ id, cpus: `${id * each}-${(id + 1) * each - 1}`, memoryMiB: mib }));
    newVms.push({ name, memoryMiB, vcpus: each * sizes.length, ...(cellCount > 0 ? { cells } : {}) });
    if (pooled && chance.happens(50)) hugepagesKiB[name] = GIB_PAGE_KIB;
  };
  if (type === 'place') for (let i = chance.whole(0, 4); i > 0; i--) addNew(`n${i}`, chance.happens(20) ? 2 : 0, 5);
  else if (type === 'fit') addNew('guest', chance.whole(0, Math.min(4, nodesEach)), 5);
  else if (type === 'one-node' && chance.happens(55)) addNew('big', chance.happens(25) ? 2 : 0, 8);
  else if (chance.happens(10)) addNew('extra', 0, 3);

  const names = [...vms, ...newVms].map(({ name }) => name);
  const places = hosts.flatMap((host) => host.nodes.map(({ nid }) => `${host.name}/${nid}`));
  const anyPlace = (): string => (chance.happens(70) ? chance.pick(places) : chance.pick(hosts).name);
  const goal = goalOf(chance, type, vms, newVms, hosts, places, names);
  const rules: RandomRule[] = [];
  if (names.length > 0 && chance.happens(50))
    for (let i = chance.whole(1, 2); i > 0; i--) {
      const some = chance.shuffled(names).slice(0, chance.whole(1, 3));
      const grain = chance.pick(['host', 'node'] as const);
      const of = chance.shuffled(places).slice(0, chance.whole(1, 2));
      const rule: RandomRule = chance.pick<RandomRule>([
        { type: 'keep', vms: some.slice(0, 1) },
        { type: 'ban', vms: some, places: [anyPlace()] },
        { type: 'pin', vms: some.slice(0, 1), places: [...of, anyPlace()] },
        { type: 'fence', vms: some, places: [...of, anyPlace()] },
        { type: 'together', vms: some, grain },
        { type: 'apart', vms: some, grain },
        { type: 'reserve', places: [anyPlace()], memoryMiB: chance.whole(1, 3) * UNIT },
      ]);
      rules.push(rule);
    }
  const limits = { ...(chance.happens(30) ? { cpuOvercommit: chance.pick([1.5, 2, 4]) } : {}), ...(chance.happens(20) ? { migrationsPerHost: 1 } : {}) }; // prettier-ignore
  return {
    scenario: { pageshift: 1, name: `random-${seed}`, seed: seed % 2 ** 32, hosts, links, vms },
    request: { pageshiftRequest: 1, goal, newVms, hugepagesKiB, rules, limits },
    starts,
  };
}

function goalOf(
  chance: Chance,
  type: RandomGoal['type'],
  vms: readonly RandomVm[],
  newVms: readonly RandomVm[],
  hosts: RandomScenario['hosts'],
  places: readonly string[],
  names: readonly string[],
): RandomGoal {
  switch (type) {
    case 'fit':
      return { type, vm: 'guest' };
    case 'one-node':
      return names.length === 0 ? { type: 'locality' } : { type, vm: newVms[0]?.name ?? chance.pick(names) };
    case 'drain':
      return { type, places: [hosts.length > 1 && chance.happens(60) ? chance.pick(hosts).name : chance.pick(places)] };
    case 'rebalance':
      return { type, maxUsePercent: chance.pick([50, 60, 70, 80, 90, 100]) };
    case 'huge-pages': {
      const place = chance.pick(places);
      const node = hosts.flatMap((host) => host.nodes.map((each) => ({ at: `${host.name}/${each.nid}`, each }))).find(({ at }) => at === place)!; // prettier-ignore
      const count = node.each.hugepages?.[0]?.count ?? 0;
      return { type, place, pageKiB: GIB_PAGE_KIB, pages: chance.whole(0, count) };
    }
    case 'swap': {
      const some = chance.shuffled(vms.map(({ name }) => name)).slice(0, chance.whole(1, 2));
      if (some.length === 0) return { type: 'locality' };
      return { type, want: some.map((vm) => ({ vm, place: chance.pick(places) })) };
    }
    default:
      return { type };
  }
}
