/** A plan as commands of its scenario, so that a run rehearses it. */
import type { PlanAnswer } from '../../shared/model/plan.ts';
import type { Scenario } from '../scenario/schema.ts';

export interface PlanRehearsal {
  readonly scenario: Scenario;
  /** Moves that no command can make: a VM that is not there yet, one cell of several. */
  readonly left: readonly number[];
}

/** The commands of the scenario itself are left out: the plan is what is rehearsed. */
export function rehearsalOfPlan(scenario: Scenario, { moves }: PlanAnswer): PlanRehearsal {
  const left: number[] = [];
  const vms = new Map(scenario.vms.map((vm) => [vm.name, vm]));
  const commands = moves.flatMap(({ id, type, vm: name, startMs, rateMiBps, cells }): Scenario['commands'] => {
    const vm = vms.get(name);
    const nodes = [...new Set(cells.flatMap(({ to }) => Object.keys(to).map((place) => Number(place.slice(place.lastIndexOf('/') + 1)))))]; // prettier-ignore
    const at = Math.ceil(startMs / scenario.tickMs);
    if (vm === undefined || type === 'start' || (type === 'compact' && vm.cells.length > cells.length)) {
      left.push(id);
      return [];
    }
    if (type === 'compact') return [{ at, type, vm: name, nodes, rateMiBps: rateMiBps ?? 1024 }];
    const [place] = Object.keys(cells[0]!.to);
    const toHost = place!.slice(0, place!.lastIndexOf('/'));
    return [{ at, type: 'migrate', vm: name, toHost, nodes, downtimeLimitMs: 300, maxBandwidthMiBps: 0, maxRounds: 1000 }]; // prettier-ignore
  });
  return { scenario: { ...scenario, commands }, left };
}
