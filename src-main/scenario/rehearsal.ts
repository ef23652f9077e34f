/** A first rehearsal of VMs: each is compacted, one after the other. */
import type { ScenarioInput } from './schema.ts';

type VmInput = NonNullable<ScenarioInput['vms']>[number];

/** Ticks between the compactions of a rehearsal; the first waits as long. */
const REHEARSAL_TICKS = 50;

/**
 * A bound VM stays on the nodes it is bound to; for the others the engine chooses. One that is bound cell by cell stays
 * where it is and gets a layout of that: setting its regeneration triggers a delivery.
 */
export function rehearsalOf(
  vms: readonly Pick<VmInput, 'name' | 'memnodes' | 'placement'>[],
  fromTick = 0,
): NonNullable<ScenarioInput['commands']> {
  return vms.map((vm, i) => {
    const at = fromTick + (i + 1) * REHEARSAL_TICKS;
    if ((vm.memnodes ?? []).length > 0) return { at, type: 'setRegeneration', vm: vm.name, regeneration: {} };
    const bound = vm.placement?.mode === 'strict' ? { nodes: vm.placement.nodes } : {};
    return { at, type: 'compact', vm: vm.name, ...bound };
  });
}
