/**
 * Random plans that are sound, by moving VMs about in a small model of its own: whatever fits is done, one after the other or side
 * by side, and the question is what the plan answers. By seed; it imports neither planner nor checker.
 */
import { Chance } from './chance.ts';
import type { RandomGoal, RandomQuestion, RandomRequest, RandomRule, RandomStart } from './question.ts';
import { randomQuestion } from './question.ts';

type Places = Record<string, number>;

export interface RandomMove {
  id: number;
  type: string;
  vm: string;
  movedMiB: number;
  startMs: number;
  endMs: number;
  after: number[];
  cells: { cell: number; from: Places; to: Places }[];
}

export interface RandomPlan {
  status: string;
  objective: { name: string; value: number }[] | null;
  bound: { name: string; value: number }[] | null;
  gapPercent: number | null;
  doNothing: { name: string; value: number }[] | null;
  moves: RandomMove[];
  placement: { vm: string; cell: number; at: Places }[];
  whyNot: object[];
}

export interface RandomCase extends RandomQuestion {
  readonly request: RandomRequest;
  readonly starts: readonly RandomStart[];
  readonly plan: RandomPlan;
}

const COMPACT_MIBPS = 1024;

/** @param moves at most so many. */
export function randomPlan(seed: number, moves = 8): RandomCase {
  const chance = new Chance(seed * 104_729 + 7);
  const { scenario, request, starts } = randomQuestion(seed, chance.pick(['swap', 'drain', 'consolidate', 'locality'] as const)); // prettier-ignore
  const overcommit = request.limits.cpuOvercommit ?? 1;
  const nodes = scenario.hosts.flatMap((host) =>
    host.nodes.map((node) => {
      const pool = (node.hugepages ?? []).reduce((sum, each) => sum + (each.count * each.sizeKiB) / 1024, 0);
      const [first, last] = node.cpus.split('-').map(Number) as [number, number];
      return {
        name: `${host.name}/${node.nid}`,
        host: host.name,
        plain: node.memoryMiB - node.reservedMiB - pool,
        pool,
        cpus: overcommit * (last - first + 1),
      };
    }),
  );
  const node = (name: string): (typeof nodes)[number] => nodes.find((each) => each.name === name)!;
  // VMs of one cell; those with several are not asked for here.
  const newVms = request.newVms.filter(({ cells }) => cells === undefined);
  const vms = [...scenario.vms, ...newVms];
  const at = new Map<string, Places>(starts.map((start) => [start.vm, { ...start.at }]));
  const isPooled = (vm: string): boolean => request.hugepagesKiB[vm] !== undefined;
  const held = (place: string, kind: 'plain' | 'pool' | 'cpus', extra: ReadonlyMap<string, Places>): number => {
    let sum = 0;
    for (const vm of vms) {
      const now = at.get(vm.name) ?? {};
      const next = extra.get(vm.name) ?? {};
      if (kind === 'cpus') {
        const whole = (places: Places): boolean => Object.keys(places).length === 1 && places[place] !== undefined;
        if (whole(now) || whole(next)) sum += vm.vcpus;
      } else if (isPooled(vm.name) === (kind === 'pool')) sum += Math.max(now[place] ?? 0, next[place] ?? 0);
    }
    return sum;
  };
  const linkOf = (a: string, b: string): number =>
    scenario.links.findIndex(({ hosts }) => hosts.includes(a) && hosts.includes(b));

  const done: RandomMove[] = [];
  const running: { move: RandomMove; to: Places; link: number; hosts: string[] }[] = [];
  let nowMs = 0;
  const endAll = (ms: number): void => {
    for (const each of running.filter(({ move }) => move.endMs <= ms)) {
      running.splice(running.indexOf(each), 1);
      at.set(each.move.vm, each.to);
    }
  };
  for (let tries = 0; tries < moves * 6 && done.length < moves; tries++) {
    const vm = chance.pick(vms);
    if (vm === undefined) break;
    const target = chance.pick(nodes);
    const from = at.get(vm.name);
    if (running.some(({ move }) => move.vm === vm.name)) continue;
    if (from?.[target.name] === vm.memoryMiB) continue;
    const to: Places = { [target.name]: vm.memoryMiB };
    const fromHosts = new Set(Object.keys(from ?? {}).map((place) => node(place).host));
    const fromHost = [...fromHosts][0];
    const type = from === undefined ? 'start' : fromHost === target.host ? 'compact' : 'migrate';
    const link = type === 'migrate' ? linkOf(fromHost!, target.host) : -1;
    if (type === 'migrate' && link < 0) continue;
    const extra = new Map(running.map(({ move, to: places }) => [move.vm, places]));
    extra.set(vm.name, to);
    const kind = isPooled(vm.name) ? 'pool' : 'plain';
    if (held(target.name, kind, extra) > target[kind]) continue;
    if (held(target.name, 'cpus', extra) > target.cpus) continue;
    const hosts = type === 'migrate' ? [fromHost!, target.host] : [target.host];
    // One at a time on a host and over a link.
    const busy = running.find((each) => type !== 'start' && ((each.move.type === type && each.hosts.some((host) => hosts.includes(host))) || (link >= 0 && each.link === link))); // prettier-ignore
    if (busy !== undefined) {
      nowMs = busy.move.endMs;
      endAll(nowMs);
      continue;
    }
    const moved = type === 'start' ? 0 : vm.memoryMiB - (type === 'compact' ? (from![target.name] ?? 0) : 0);
    const rate = type === 'migrate' ? scenario.links[link]!.bandwidthMiBps : COMPACT_MIBPS;
    const took = moved === 0 ? 0 : Math.ceil((1000 * moved) / rate) + chance.whole(0, 500);
    const ended = done.filter(({ endMs }) => endMs <= nowMs).map(({ id }) => id);
    const move: RandomMove = {
      id: done.length + 1,
      type,
      vm: vm.name,
      movedMiB: moved,
      startMs: nowMs,
      endMs: nowMs + took,
      after: ended.length > 0 ? [chance.pick(ended)] : [],
      cells: [{ cell: 0, from: { ...(from ?? {}) }, to }],
    };
    done.push(move);
    running.push({ move, to, link, hosts });
    if (took === 0) endAll(nowMs);
    else if (chance.happens(60)) {
      nowMs = move.endMs;
      endAll(nowMs);
    }
  }
  endAll(Infinity);

  const startAt = new Map(starts.map((start) => [start.vm, start.at]));
  const placedNew = newVms.filter(({ name }) => at.has(name));
  const goal = answeredGoal(chance, at, startAt, done, nodes.map(({ name }) => name)); // prettier-ignore
  const asked: RandomRequest = {
    ...request,
    goal,
    newVms: placedNew,
    rules: keptRules(chance, at, startAt, done, nodes),
  };
  const count = (places: Iterable<Readonly<Places>>): number => new Set([...places].flatMap((each) => Object.keys(each).map((place) => node(place).host))).size; // prettier-ignore
  const values = (moved: number, hosts: number): { name: string; value: number }[] =>
    goal.type === 'consolidate'
      ? [
          { name: 'hostsUsed', value: hosts },
          { name: 'movedMiB', value: moved },
        ]
      : [{ name: 'movedMiB', value: moved }];
  const moved = done.reduce((sum, { movedMiB }) => sum + movedMiB, 0);
  const placement = [...at].map(([vm, places]) => ({ vm, cell: 0, at: { ...places } }));
  return {
    scenario,
    request: asked,
    starts,
    plan: {
      status: 'feasible',
      objective: values(moved, count(at.values())),
      bound: null,
      gapPercent: null,
      doNothing: values(0, count(startAt.values())),
      moves: done,
      placement,
      whyNot: [],
    },
  };
}

/** A goal that the end meets. */
function answeredGoal(
  chance: Chance,
  at: ReadonlyMap<string, Places>,
  startAt: ReadonlyMap<string, Readonly<Places>>,
  done: readonly RandomMove[],
  nodes: readonly string[],
): RandomGoal {
  const whole = [...at].filter(([, places]) => Object.keys(places).length === 1);
  const empty = nodes.filter((name) => [...at.values()].every((places) => places[name] === undefined));
  const moved = done.map(({ vm }) => vm).filter((vm) => startAt.has(vm));
  const goals: RandomGoal[] = [{ type: 'consolidate' }, { type: 'rebalance', maxUsePercent: 100 }];
  if (whole.length === at.size) goals.push({ type: 'locality' });
  if (empty.length > 0) goals.push({ type: 'drain', places: [chance.pick(empty)] });
  if (whole.length > 0) goals.push({ type: 'one-node', vm: chance.pick(whole)[0] });
  const wanted = whole.filter(([vm]) => moved.includes(vm));
  if (wanted.length > 0)
    goals.push({ type: 'swap', want: wanted.map(([vm, places]) => ({ vm, place: Object.keys(places)[0]! })) });
  return chance.pick(goals);
}

/** Rules that hold all the way. */
function keptRules(
  chance: Chance,
  at: ReadonlyMap<string, Places>,
  startAt: ReadonlyMap<string, Readonly<Places>>,
  done: readonly RandomMove[],
  nodes: readonly { readonly name: string; readonly host: string }[],
): RandomRule[] {
  const rules: RandomRule[] = [];
  const still = [...startAt.keys()].filter((vm) => done.every((move) => move.vm !== vm));
  if (still.length > 0 && chance.happens(60)) rules.push({ type: 'keep', vms: [chance.pick(still)] });
  const vm = [...at.keys()][0];
  if (vm === undefined) return rules;
  const visited = new Set([...Object.keys(startAt.get(vm) ?? {}), ...done.filter((move) => move.vm === vm).flatMap(({ cells }) => cells.flatMap(({ to }) => Object.keys(to)))]); // prettier-ignore
  const never = nodes.filter(({ name }) => !visited.has(name)).map(({ name }) => name);
  if (never.length > 0) rules.push({ type: 'ban', vms: [vm], places: [chance.pick(never)] });
  rules.push({ type: 'pin', vms: [vm], places: [...visited] });
  return rules;
}
