/** What happens in a guest when a layout is committed or memory is plugged, as events. */
import type { WorldEvent } from '../../../shared/model/event.ts';
import type { PfnRange } from '../../../shared/units/index.ts';
import { type CommitResult, type PlugResult, ZONE_NAMES } from '../mm/index.ts';

/** Nodes that come online, zones that get their first pages. */
function populatedEvents(
  vm: string,
  { nodesOnlined, zonesPopulated }: Pick<CommitResult, 'nodesOnlined' | 'zonesPopulated'>,
  tick: number,
): WorldEvent[] {
  const events: WorldEvent[] = nodesOnlined.map((nid) => ({
    tick,
    type: 'nodeOnline',
    vm,
    data: { nid },
  }));
  for (const { nid, zone: zoneType } of zonesPopulated) {
    events.push({ tick, type: 'zoneCreated', vm, data: { nid, zone: ZONE_NAMES[zoneType]! } });
  }
  return events;
}

export function plugEvents(vm: string, { start, end }: PfnRange, result: PlugResult, tick: number): WorldEvent[] {
  const nodes = [...new Set(result.blocks.map(({ nid }) => nid))].sort((a, b) => a - b);
  const plugged: WorldEvent = { tick, type: 'memoryPlugged', vm, data: { start, pages: end - start, nodes } };
  return [plugged, ...populatedEvents(vm, result, tick)];
}

export function commitEvents(vm: string, result: CommitResult, tick: number): WorldEvent[] {
  const events = populatedEvents(vm, result, tick);
  const { seq, deltaPages, movedSweep, movedDrain, strandedPages } = result;
  events.push({
    tick,
    type: 'layoutCommitted',
    vm,
    data: { seq, deltaPages, movedSweepPages: movedSweep, movedDrainPages: movedDrain, strandedPages },
  });
  return events;
}
