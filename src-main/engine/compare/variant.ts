/**
 * The same world with one guest that is otherwise from the beginning: without the posted code's defects, with one of
 * them alone, with one thing beyond the RFC alone. Everything else, seed and commands included, stays; only commands
 * that would set what is compared (setBeyond of that guest) are left out, except for the guest as it is.
 */
import type { BeyondConfig, GuestConfig, RfcSwitches } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { CORRECT, RFC_V3 } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';

export interface Variant {
  readonly name: string;
  readonly text: string;
  readonly config: WorldConfig;
}

/** Names of the variants in which one alone is on. */
export type SwitchName = keyof RfcSwitches;
export type OptionName = Exclude<keyof BeyondConfig, 'lookup'> | 'lookupRuns' | 'lookupRadix' | 'lookupTable';

const isOn = (rfc: RfcSwitches, name: SwitchName): boolean => rfc[name] !== false && rfc[name] !== 0;

function withGuest(config: WorldConfig, vm: string, change: (guest: GuestConfig) => GuestConfig): WorldConfig {
  return { ...config, guests: config.guests.map((guest) => (guest.name === vm ? change(guest) : guest)) };
}

const withSwitches = (config: WorldConfig, vm: string, rfc: RfcSwitches): WorldConfig =>
  withGuest(config, vm, (guest) => ({
    ...guest,
    mm: { ...guest.mm, profile: { ...guest.mm.profile, rfc } },
  }));

/**
 * The correct algorithm, the guest as it is (or, if that has no defect, as the series was posted), and each of its
 * defects alone.
 */
export function defectVariants(config: WorldConfig, vm: string): Variant[] {
  const own = config.guests.find(({ name }) => name === vm)!.mm.profile.rfc;
  const names = Object.keys(own) as SwitchName[];
  const hasDefects = names.some((name) => isOn(own, name));
  const rfc = hasDefects ? own : RFC_V3;
  const on = names.filter((name) => isOn(rfc, name));
  const singles = on.map((name): Variant => {
    const one: RfcSwitches = { ...CORRECT, [name]: rfc[name] };
    return { name, text: `${name} alone`, config: withSwitches(config, vm, one) };
  });
  return [
    { name: 'correct', text: 'without a defect', config: withSwitches(config, vm, CORRECT) },
    hasDefects
      ? { name: 'this', text: `${vm} as it is: ${on.join(', ')}`, config }
      : { name: 'rfc-v3', text: `as the series was posted: ${on.join(', ')}`, config: withSwitches(config, vm, rfc) },
    ...(on.length > 1 ? singles : []),
  ];
}

/** What a guest does that does no more than the RFC: it looks up in a tree. */
const REFERENCE: BeyondConfig = { ...PLAIN_RFC, lookup: 'tree' };
/** Ticks between two steps of a commit, where the guest itself has none. */
const SAMPLE_STEP_TICKS = 3;

/** The plain RFC, each option alone with the guest's own figures or usual ones, and the guest as it is. */
export function beyondVariants(config: WorldConfig, vm: string): Variant[] {
  const guest = config.guests.find(({ name }) => name === vm)!;
  const { beyond } = guest;
  const rest = {
    ...config,
    schedule: config.schedule.filter(({ command }) => command.type !== 'setBeyond' || command.vm !== vm),
  };
  const variant = (name: string, text: string, change: Partial<BeyondConfig>): Variant => ({
    name,
    text,
    config: withGuest(rest, vm, (g) => ({ ...g, beyond: { ...REFERENCE, ...change } })),
  });
  const activePass = beyond.activePass ?? {
    pagesPerTick: Math.max(16, Math.ceil(guest.mm.nrPages / 2000)),
    order: 'oldest' as const,
  };
  const commitStepTicks = beyond.commitStepTicks > 0 ? beyond.commitStepTicks : SAMPLE_STEP_TICKS;
  const steps = `${commitStepTicks} ticks between two steps of a commit`;
  const pass = `${activePass.pagesPerTick} stranded pages a tick are relabelled, ${activePass.order} first`;
  return [
    variant('plain', 'what the RFC does', {}),
    { name: 'this', text: `${vm} as it is`, config },
    variant('topology', 'CPUs and distances follow the layout', { topology: true }),
    variant('activePass', pass, { activePass }),
    variant('commitStepTicks', steps, { commitStepTicks }),
    variant('consultTarget', `${steps}, and allocations in one ask the target`, {
      commitStepTicks,
      consultTarget: true,
    }),
    variant('notify', 'slab caches and tasks are told of a commit', { notify: true }),
    variant('shrinkSlabs', 'the same, and slab caches shrink at once', { notify: true, shrinkSlabs: true }),
    variant('lookupRuns', 'lookups in sorted runs', { lookup: 'runs' }),
    variant('lookupRadix', 'lookups in a radix tree', { lookup: 'radix' }),
    variant('lookupTable', 'lookups in a table of pageblocks', { lookup: 'table' }),
  ];
}
