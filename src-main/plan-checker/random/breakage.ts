/** Ways to break a plan, each of which a checker must find. It imports neither planner nor checker. */
import { Chance } from './chance.ts';
import type { RandomCase, RandomMove, RandomPlan } from './plan.ts';
import type { RandomRequest, RandomScenario } from './question.ts';

/** What may be changed: the plan, and where that breaks it, too, what it is held against. */
interface Draft {
  readonly plan: RandomPlan;
  scenario: RandomScenario;
  request: RandomRequest;
}

export interface Breakage {
  readonly name: string;
  /** False: this plan has nothing to break so. */
  readonly apply: (draft: Draft, chance: Chance) => boolean;
}

const withMoves = (change: (move: RandomMove, draft: Draft, chance: Chance) => boolean | void): Breakage['apply'] =>
  (draft, chance) => draft.plan.moves.length > 0 && change(chance.pick(draft.plan.moves), draft, chance) !== false; // prettier-ignore

const only = (type: string, change: (move: RandomMove, draft: Draft, chance: Chance) => boolean | void): Breakage['apply'] =>
  (draft, chance) => {
    const moves = draft.plan.moves.filter((move) => move.type === type);
    return moves.length > 0 && change(chance.pick(moves), draft, chance) !== false;
  }; // prettier-ignore

const placeOf = (places: Readonly<Record<string, number>>): string => Object.keys(places)[0]!;
const lastOf = ({ moves }: RandomPlan, vm: string): RandomMove | undefined => moves.findLast((move) => move.vm === vm);

export const BREAKAGES: readonly Breakage[] = [
  { name: 'a move is left out', apply: (draft, chance) => {
    const { moves } = draft.plan;
    if (moves.length === 0) return false;
    moves.splice(chance.whole(0, moves.length - 1), 1);
    return true;
  } },
  { name: 'a move is done twice', apply: withMoves((move, { plan }) => void plan.moves.push({ ...move, id: 1000 })) },
  { name: 'two moves have one number', apply: (draft) => {
    const [first, second] = draft.plan.moves;
    if (second === undefined) return false;
    second.id = first!.id;
    return true;
  } },
  { name: 'a VM that is not there', apply: withMoves((move) => void (move.vm = 'nobody')) },
  { name: 'a place that is not there', apply: withMoves((move) => void (move.cells[0]!.to = { 'h0/77': move.cells[0]!.to[placeOf(move.cells[0]!.to)]! })) },
  { name: 'a cell that is not there', apply: withMoves((move) => void (move.cells[0]!.cell = 9)) },
  { name: 'a cell twice in one move', apply: withMoves((move) => void move.cells.push(structuredClone(move.cells[0]!))) },
  { name: 'a move without cells', apply: withMoves((move) => void (move.cells = [])) },
  { name: 'a type that is not there', apply: withMoves((move) => void (move.type = 'teleport')) },
  { name: 'another type', apply: withMoves((move, _, chance) => void (move.type = chance.pick(['start', 'compact', 'migrate'].filter((type) => type !== move.type)))) },
  { name: 'less arrives than the cell has', apply: withMoves((move) => {
    const { to } = move.cells[0]!;
    to[placeOf(to)]! -= 1;
  }) },
  { name: 'more arrives than the cell has', apply: withMoves((move) => {
    const { to } = move.cells[0]!;
    to[placeOf(to)]! += 512;
  }) },
  { name: 'a cell is split', apply: withMoves((move, { scenario }) => {
    const { to } = move.cells[0]!;
    const place = placeOf(to);
    const host = scenario.hosts.find(({ name }) => place.startsWith(`${name}/`))!;
    const other = host.nodes.map(({ nid }) => `${host.name}/${nid}`).find((each) => each !== place);
    if (other === undefined) return false;
    to[place]! -= 1;
    to[other] = 1;
    return true;
  }) },
  { name: 'it comes from elsewhere', apply: withMoves((move, { scenario }) => {
    const { from } = move.cells[0]!;
    const all = scenario.hosts.flatMap((host) => host.nodes.map(({ nid }) => `${host.name}/${nid}`));
    const other = all.find((place) => from[place] === undefined);
    if (other === undefined) return false;
    move.cells[0]!.from = { [other]: 1024 };
    return true;
  }) },
  { name: 'it comes from nowhere', apply: withMoves((move) => {
    if (move.type === 'start') return false;
    move.cells[0]!.from = {};
    return true;
  }) },
  { name: 'more is said to move', apply: withMoves((move) => void (move.movedMiB += 64)) },
  { name: 'less is said to move', apply: withMoves((move) => {
    if (move.movedMiB < 1) return false;
    move.movedMiB -= 1;
    return true;
  }) },
  { name: 'it ends before it starts', apply: withMoves((move) => {
    if (move.endMs === 0) return false;
    move.startMs = move.endMs + 10;
    return true;
  }) },
  { name: 'it takes no time', apply: withMoves((move) => {
    if (move.movedMiB === 0) return false;
    move.endMs = move.startMs;
    return true;
  }) },
  { name: 'it is too fast', apply: withMoves((move) => {
    if (move.movedMiB === 0) return false;
    move.endMs = move.startMs + 1;
    return true;
  }) },
  { name: 'a time with a fraction', apply: withMoves((move) => void (move.startMs -= 0.5)) },
  { name: 'it waits for a move that is not there', apply: withMoves((move) => void move.after.push(4711)) },
  { name: 'it waits for itself', apply: withMoves((move) => {
    if (move.endMs === move.startMs) return false;
    move.after.push(move.id);
    return true;
  }) },
  { name: 'it waits for one that ends later', apply: (draft) => {
    const { moves } = draft.plan;
    for (const move of moves) {
      const later = moves.find(({ endMs, id }) => endMs > move.startMs && id !== move.id);
      if (later === undefined) continue;
      move.after.push(later.id);
      return true;
    }
    return false;
  } },
  { name: 'the objective is too good', apply: ({ plan }) => {
    const last = plan.objective!.at(-1)!;
    if (last.value === 0) return false;
    last.value -= 1;
    return true;
  } },
  { name: 'the objective is too bad', apply: ({ plan }) => (plan.objective!.at(-1)!.value += 1) > 0 },
  { name: 'the objective is missing', apply: ({ plan }) => {
    plan.objective = null;
    return true;
  } },
  { name: 'optimal without a bound', apply: ({ plan }) => {
    plan.status = 'optimal';
    return true;
  } },
  { name: 'optimal above the bound', apply: ({ plan }) => {
    const last = plan.objective!.at(-1)!;
    if (last.value === 0) return false;
    plan.status = 'optimal';
    plan.bound = plan.objective!.map((each) => (each === last ? { ...each, value: each.value - 1 } : each));
    return true;
  } },
  { name: 'better than the bound', apply: ({ plan }) => {
    plan.bound = plan.objective!.map((each, i) => (i === 0 ? { ...each, value: each.value + 1 } : each));
    return true;
  } },
  { name: 'a gap that is wrong', apply: ({ plan }) => {
    plan.bound = structuredClone(plan.objective);
    plan.gapPercent = 3;
    return true;
  } },
  { name: 'a status that is not there', apply: ({ plan }) => {
    plan.status = 'perfect';
    return true;
  } },
  { name: 'no plan, but moves', apply: withMoves((_, { plan }) => void (plan.status = 'infeasible')) },
  { name: 'doing nothing costs something', apply: ({ plan }) => (plan.doNothing!.at(-1)!.value += 5) > 0 },
  { name: 'the placement is of before', apply: (draft) => {
    const moved = draft.plan.placement.find(({ vm, at }) => {
      const move = lastOf(draft.plan, vm);
      return move !== undefined && placeOf(move.cells[0]!.from) !== undefined && placeOf(move.cells[0]!.from) !== placeOf(at);
    });
    if (moved === undefined) return false;
    moved.at = { ...lastOf(draft.plan, moved.vm)!.cells[0]!.from };
    return true;
  } },
  { name: 'a cell is not in the placement', apply: ({ plan }) => plan.placement.pop() !== undefined },
  { name: 'a cell is twice in the placement', apply: ({ plan }) => {
    const [first] = plan.placement;
    if (first === undefined) return false;
    plan.placement.push({ ...first, at: { ...first.at } });
    return true;
  } },
  { name: 'a node has less memory', apply: withMoves((move, draft) => {
    const place = placeOf(move.cells[0]!.to);
    const mib = move.cells[0]!.to[place]!;
    if (draft.request.hugepagesKiB[move.vm] !== undefined || (move.cells[0]!.from[place] ?? 0) >= mib) return false;
    draft.scenario = { ...draft.scenario, hosts: draft.scenario.hosts.map((host) => ({ ...host, nodes: host.nodes.map((node) => `${host.name}/${node.nid}` === place ? { ...node, memoryMiB: node.reservedMiB + mib - 1 + (node.hugepages?.[0]?.count ?? 0) * 1024 } : node) })) };
    return true;
  }) },
  { name: 'a pool has fewer pages', apply: withMoves((move, draft) => {
    const place = placeOf(move.cells[0]!.to);
    if (draft.request.hugepagesKiB[move.vm] === undefined) return false;
    draft.scenario = { ...draft.scenario, hosts: draft.scenario.hosts.map((host) => ({ ...host, nodes: host.nodes.map((node) => `${host.name}/${node.nid}` === place ? { ...node, hugepages: [] } : node) })) };
    return true;
  }) },
  { name: 'a node has fewer CPUs', apply: withMoves((move, draft) => {
    const place = placeOf(move.cells[0]!.to);
    const { from } = move.cells[0]!;
    if (Object.keys(from).length === 1 && from[place] !== undefined) return false;
    draft.scenario = { ...draft.scenario, hosts: draft.scenario.hosts.map((host) => ({ ...host, nodes: host.nodes.map((node) => `${host.name}/${node.nid}` === place ? { ...node, cpus: '' } : node) })) };
    return true;
  }) },
  { name: 'a link is slower', apply: only('migrate', (_, draft) => {
    draft.scenario = { ...draft.scenario, links: draft.scenario.links.map((link) => ({ ...link, bandwidthMiBps: 10 })) };
  }) },
  { name: 'a link is not there', apply: only('migrate', (_, draft) => {
    draft.scenario = { ...draft.scenario, links: [] };
  }) },
  { name: 'compaction is slower', apply: only('compact', (_, draft) => {
    draft.request = { ...draft.request, limits: { ...draft.request.limits, compactMiBps: 100 } as never };
  }) },
  { name: 'what moves is to be kept', apply: withMoves((move, draft) => {
    if (move.type === 'start') return false;
    draft.request = { ...draft.request, rules: [...draft.request.rules, { type: 'keep', vms: [move.vm] }] };
    return true;
  }) },
  { name: 'where it goes is banned', apply: withMoves((move, draft) => {
    const place = placeOf(move.cells[0]!.to);
    draft.request = { ...draft.request, rules: [...draft.request.rules, { type: 'ban', vms: [move.vm], places: [place] }] };
  }) },
  { name: 'it is pinned elsewhere', apply: withMoves((move, draft) => {
    const place = placeOf(move.cells[0]!.to);
    const other = draft.scenario.hosts.flatMap((host) => host.nodes.map(({ nid }) => `${host.name}/${nid}`)).find((each) => each !== place);
    if (other === undefined) return false;
    draft.request = { ...draft.request, rules: [...draft.request.rules, { type: 'pin', vms: [move.vm], places: [other] }] };
    return true;
  }) },
  { name: 'two that end on one node are to be apart', apply: (draft) => {
    const ends = new Map<string, string>();
    for (const { vm, at } of draft.plan.placement) {
      const place = placeOf(at);
      const other = ends.get(place);
      if (other === undefined) ends.set(place, vm);
      else {
        draft.request = { ...draft.request, rules: [{ type: 'apart', grain: 'node', vms: [vm, other] }] };
        return true;
      }
    }
    return false;
  } },
  { name: 'two that end on two nodes are to be together', apply: (draft) => {
    const [first, ...rest] = draft.plan.placement;
    const other = rest.find(({ at }) => placeOf(at) !== placeOf(first!.at));
    if (other === undefined) return false;
    draft.request = { ...draft.request, rules: [{ type: 'together', grain: 'node', vms: [first!.vm, other.vm] }] };
    return true;
  } },
  { name: 'the goal is a place that is not empty', apply: (draft) => {
    const [first] = draft.plan.placement;
    if (first === undefined || draft.request.goal.type === 'consolidate') return false;
    draft.request = { ...draft.request, goal: { type: 'drain', places: [placeOf(first.at)] } };
    return true;
  } },
  { name: 'a VM is wanted elsewhere', apply: (draft) => {
    const [first] = draft.plan.placement;
    const other = draft.scenario.hosts.flatMap((host) => host.nodes.map(({ nid }) => `${host.name}/${nid}`)).find((each) => each !== placeOf(first?.at ?? { x: 1 }));
    if (first === undefined || other === undefined || draft.request.goal.type === 'consolidate') return false;
    draft.request = { ...draft.request, goal: { type: 'swap', want: [{ vm: first.vm, place: other }] } };
    return true;
  } },
  { name: 'a shortage that is none', apply: ({ plan, scenario }) => {
    const [first] = plan.placement;
    if (first === undefined) return false;
    const { name, nodes } = scenario.hosts[0]!;
    plan.whyNot.push({ vm: first.vm, cell: 0, place: `${name}/${nodes[0]!.nid}`, short: { MiB4: 123_456 }, heldBy: [] });
    return true;
  } },
  { name: 'cells that fit on fewer places, which they do not', apply: ({ plan }) => {
    const [first] = plan.placement;
    if (first === undefined) return false;
    plan.whyNot.push({ cells: [{ vm: first.vm, cell: 0 }, { vm: first.vm, cell: 0 }], places: [] });
    return true;
  } },
]; // prettier-ignore

/** A sound plan broken in one way; null where that way does not apply. */
export function broken(sound: RandomCase, breakage: Breakage, seed: number): RandomCase | null {
  const draft: Draft = { plan: structuredClone(sound.plan), scenario: sound.scenario, request: sound.request };
  if (!breakage.apply(draft, new Chance(seed))) return null;
  return { ...sound, ...draft };
}
