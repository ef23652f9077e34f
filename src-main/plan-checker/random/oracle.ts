/**
 * The best answer to a small question, by looking at all: every state that moves can lead to, the cheapest first (Dijkstra).
 * It knows nothing of solvers, and imports neither planner nor checker.
 */
import type { RandomQuestion, RandomVm } from './question.ts';

type Places = Readonly<Record<string, number>>;

export interface OracleAnswer {
  /** Null: there is none. */
  readonly objective: readonly number[] | null;
  /** False: too many states, nothing is said. */
  readonly complete: boolean;
}

interface Cell {
  readonly vm: number;
  readonly id: number;
  readonly mib: number;
  readonly vcpus: number;
  readonly pool: number;
}

interface Guest {
  readonly name: string;
  readonly isNew: boolean;
  readonly cells: readonly number[];
}

/** Of each cell where it lies; null: nowhere. */
type State = readonly (Places | null)[];

export function oracle({ scenario, request, starts }: RandomQuestion, maxStates: number): OracleAnswer {
  const places = scenario.hosts.flatMap((host) => host.nodes.map((node) => ({ name: `${host.name}/${node.nid}`, host: host.name, node }))); // prettier-ignore
  const hostOf = new Map(places.map(({ name, host }) => [name, host]));
  const overcommit = request.limits.cpuOvercommit ?? 1;
  const room = new Map(
    places.map(({ name, node }) => {
      const pool = (node.hugepages ?? []).reduce((sum, each) => sum + (each.count * each.sizeKiB) / 1024, 0);
      const [first, last] = node.cpus.split('-').map(Number) as [number, number];
      return [name, { 0: node.memoryMiB - node.reservedMiB - pool, 1: pool, cpus: overcommit * (last - first + 1) }];
    }),
  );
  const cells: Cell[] = [];
  const addGuest = (vm: RandomVm, v: number, isNew: boolean): Guest => {
    const pool = request.hugepagesKiB[vm.name] === undefined ? 0 : 1;
    const own: number[] = [];
    const list = vm.cells ?? [{ id: 0, cpus: `0-${vm.vcpus - 1}`, memoryMiB: vm.memoryMiB }];
    for (const cell of list) {
      const [a, b] = cell.cpus.split('-').map(Number) as [number, number];
      own.push(cells.length);
      cells.push({ vm: v, id: cell.id, mib: cell.memoryMiB, vcpus: b - a + 1, pool });
    }
    return { name: vm.name, isNew, cells: own };
  };
  const guests = [
    ...scenario.vms.map((vm, v) => addGuest(vm, v, false)),
    ...request.newVms.map((vm, v) => addGuest(vm, scenario.vms.length + v, true)),
  ];
  const start: State = cells.map(({ vm, id }) => starts.find((each) => each.vm === guests[vm]!.name && each.cell === id)?.at ?? null); // prettier-ignore

  const used = (state: State, place: string, pool: 0 | 1 | 'cpus'): number =>
    state.reduce((sum, at, c) => {
      if (at === null || at[place] === undefined) return sum;
      if (pool === 'cpus') return sum + (Object.keys(at).length === 1 ? cells[c]!.vcpus : 0);
      return sum + (cells[c]!.pool === pool ? at[place] : 0);
    }, 0);
  const isWithin = (place: string, names: readonly string[]): boolean => names.includes(place) || names.includes(hostOf.get(place)!); // prettier-ignore
  const { rules, goal } = request;
  const mayLand = (vm: string, place: string): boolean =>
    rules.every((rule) => {
      if (rule.vms?.includes(vm) !== true) return true;
      if (rule.type === 'ban') return !isWithin(place, rule.places!);
      return (rule.type !== 'pin' && rule.type !== 'fence') || isWithin(place, rule.places!);
    });
  const keeps = new Set(rules.flatMap((rule) => (rule.type === 'keep' ? rule.vms! : [])));
  const endsOf = (state: State, guest: Guest, grain: 'host' | 'node'): Set<string> =>
    new Set(guest.cells.flatMap((c) => Object.keys(state[c] ?? {}).map((place) => (grain === 'host' ? hostOf.get(place)! : place)))); // prettier-ignore
  const guestNamed = new Map(guests.map((guest) => [guest.name, guest]));

  /** Whether cells may go there at once, held at both ends. */
  const fits = (state: State, moves: readonly { readonly cell: number; readonly to: string }[]): boolean => {
    const extra = new Map<string, number>();
    const add = (key: string, amount: number): void => void extra.set(key, (extra.get(key) ?? 0) + amount);
    for (const { cell, to } of moves) {
      const { mib, vcpus, pool } = cells[cell]!;
      const now = state[cell] ?? {};
      if (mib > (now[to] ?? 0)) add(`${to} ${pool}`, mib - (now[to] ?? 0));
      if (vcpus > 0 && !(Object.keys(now).length === 1 && now[to] !== undefined)) add(`${to} cpus`, vcpus);
    }
    for (const [key, amount] of extra) {
      const [place, pool] = key.split(' ') as [string, '0' | '1' | 'cpus'];
      const kind = pool === 'cpus' ? 'cpus' : (Number(pool) as 0 | 1);
      if (used(state, place, kind) + amount > room.get(place)![kind] + 1e-9) return false;
    }
    const guest = guests[cells[moves[0]!.cell]!.vm]!;
    for (const rule of rules) {
      if (rule.type !== 'apart' || !rule.vms!.includes(guest.name)) continue;
      const before = endsOf(state, guest, rule.grain!);
      const after = new Set(moves.map(({ to }) => (rule.grain === 'host' ? hostOf.get(to)! : to)));
      for (const other of rule.vms!) {
        if (other === guest.name) continue;
        for (const end of endsOf(state, guestNamed.get(other)!, rule.grain!)) if (after.has(end) && !before.has(end)) return false; // prettier-ignore
      }
    }
    return true;
  };

  const joined = (from: string, to: string): boolean => {
    const seen = new Set([from]);
    const queue = [from];
    for (const here of queue)
      for (const { hosts } of scenario.links) {
        const there = hosts[0] === here ? hosts[1] : hosts[1] === here ? hosts[0] : null;
        if (there !== null && !seen.has(there)) {
          seen.add(there);
          queue.push(there);
        }
      }
    return seen.has(to);
  };

  /** Every way to put some cells on nodes of one host. */
  const combinations = (guest: Guest, list: readonly number[], host: string): { cell: number; to: string }[][] =>
    list.reduce<{ cell: number; to: string }[][]>(
      (ways, cell) =>
        ways.flatMap((way) =>
          places
            .filter((place) => place.host === host && mayLand(guest.name, place.name))
            .map(({ name }) => [...way, { cell, to: name }]),
        ),
      [[]],
    );

  const startsAlone = goal.type === 'place' || goal.type === 'fit';
  const next = (state: State): { state: State; cost: number }[] => {
    const found: { state: State; cost: number }[] = [];
    const go = (moves: readonly { cell: number; to: string }[], cost: number): void => {
      if (moves.length === 0 || !fits(state, moves)) return;
      const after = [...state];
      for (const { cell, to } of moves) after[cell] = { [to]: cells[cell]!.mib };
      found.push({ state: after, cost });
    };
    for (const guest of guests) {
      const here = endsOf(state, guest, 'host');
      if (here.size === 0) {
        for (const { name } of scenario.hosts) for (const way of combinations(guest, guest.cells, name)) go(way, 0);
        continue;
      }
      if (startsAlone || (keeps.has(guest.name) && !guest.isNew)) continue;
      const [host] = here as unknown as [string];
      const [home] = [...here];
      void host;
      for (const cell of guest.cells)
        for (const [way] of combinations(guest, [cell], home!).map((each) => [each[0]!] as const)) {
          const now = state[cell]!;
          if (Object.keys(now).length === 1 && now[way.to] !== undefined) continue;
          go([way], cells[cell]!.mib - (now[way.to] ?? 0));
        }
      const all = guest.cells.reduce((sum, cell) => sum + cells[cell]!.mib, 0);
      for (const { name } of scenario.hosts)
        if (name !== home && joined(home!, name))
          for (const way of combinations(guest, guest.cells, name)) go(way, all);
    }
    return found;
  };

  const isEnd = (state: State): boolean => {
    for (const guest of guests) {
      const placed = guest.cells.every((c) => state[c] !== null);
      if (!placed && goal.type !== 'place' && !(goal.type === 'fit' && guest.name !== goal.vm)) return false;
    }
    for (const rule of rules) {
      const of = [...new Set(rule.vms ?? [])].map((name) => guestNamed.get(name)!);
      if (rule.type === 'ban' || rule.type === 'pin' || rule.type === 'fence')
        for (const guest of of)
          for (const place of endsOf(state, guest, 'node')) if (!mayLandBy(rule, place)) return false;
      if (rule.type === 'together' && new Set(of.flatMap((guest) => [...endsOf(state, guest, rule.grain!)])).size > 1) return false; // prettier-ignore
      if (rule.type === 'apart') {
        const all = of.flatMap((guest) => [...endsOf(state, guest, rule.grain!)]);
        if (new Set(all).size !== all.length) return false;
      }
      if (rule.type === 'reserve')
        for (const { name } of places)
          if (isWithin(name, rule.places!) && room.get(name)![0] - used(state, name, 0) < rule.memoryMiB!) return false;
    }
    switch (goal.type) {
      case 'fit': {
        const ends = guestNamed.get(goal.vm)!.cells.map((c) => Object.keys(state[c]!)[0]!);
        return new Set(ends).size === ends.length;
      }
      case 'one-node':
        return endsOf(state, guestNamed.get(goal.vm)!, 'node').size === 1;
      case 'locality':
        return state.every((at) => at === null || Object.keys(at).length === 1);
      case 'drain':
        return state.every((at) => Object.keys(at ?? {}).every((place) => !isWithin(place, goal.places)));
      case 'rebalance':
        return places.every(({ name }) =>
          ([0, 1] as const).every(
            (pool) => used(state, name, pool) <= Math.floor((room.get(name)![pool] * goal.maxUsePercent) / 100 + 1e-9),
          ),
        );
      case 'huge-pages':
        return room.get(goal.place)![1] - used(state, goal.place, 1) >= (goal.pages * goal.pageKiB) / 1024;
      case 'swap':
        return goal.want.every(({ vm, place }) => [...endsOf(state, guestNamed.get(vm)!, 'node')].every((each) => isWithin(each, [place]))); // prettier-ignore
      default:
        return true;
    }
  };
  const mayLandBy = (rule: (typeof rules)[number], place: string): boolean =>
    isWithin(place, rule.places!) !== (rule.type === 'ban');

  const valuesOf = (state: State, moved: number): number[] => {
    const hosts = new Set(state.flatMap((at) => Object.keys(at ?? {}).map((place) => hostOf.get(place)!))).size;
    const unplaced = guests.filter((guest) => guest.cells.some((c) => state[c] === null)).length;
    if (goal.type === 'place') return [unplaced, hosts, moved];
    if (goal.type === 'consolidate') return [hosts, moved];
    if (goal.type !== 'fit') return [moved];
    const ends = guestNamed.get(goal.vm)!.cells.map((c) => Object.keys(state[c]!)[0]!);
    let distance = 0;
    const distanceOf = (a: string, b: string): number => {
      const host = scenario.hosts.find(({ name }) => name === hostOf.get(a))!;
      const nid = (place: string): number => Number(place.split('/')[1]);
      const { ids, matrix } = host.distances ?? { ids: [], matrix: [] };
      return matrix[ids.indexOf(nid(a))]?.[ids.indexOf(nid(b))] ?? 20;
    };
    ends.forEach((a, i) => ends.forEach((b, j) => void (distance += i === j ? 0 : distanceOf(a, b))));
    return [distance];
  };

  // Dijkstra over buckets of cost.
  const cost = new Map<string, number>();
  const states = new Map<string, State>();
  const buckets = new Map<number, string[]>();
  const keyOf = (state: State): string =>
    JSON.stringify(state.map((at) => (at === null ? 0 : Object.entries(at).sort())));
  const reach = (state: State, at: number): void => {
    const key = keyOf(state);
    const known = cost.get(key);
    if (known !== undefined && known <= at) return;
    cost.set(key, at);
    states.set(key, state);
    const bucket = buckets.get(at);
    if (bucket === undefined) buckets.set(at, [key]);
    else bucket.push(key);
  };
  reach(start, 0);
  const done = new Set<string>();
  let best: number[] | null = null;
  while (buckets.size > 0) {
    const least = Math.min(...buckets.keys());
    const bucket = buckets.get(least)!;
    for (let i = 0; i < bucket.length; i++) {
      const key = bucket[i]!;
      if (done.has(key) || cost.get(key) !== least) continue;
      done.add(key);
      if (done.size > maxStates) return { objective: null, complete: false };
      const state = states.get(key)!;
      if (isEnd(state)) {
        const values = valuesOf(state, least);
        if (best === null || isLess(values, best)) best = values;
        if (values.length === 1 && goal.type !== 'fit') return { objective: values, complete: true };
      }
      for (const after of next(state)) reach(after.state, least + after.cost);
    }
    buckets.delete(least);
  }
  return { objective: best, complete: true };
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
