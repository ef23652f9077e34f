/**
 * Variants of a world: one guest differs from the beginning (without the posted code's defects, with one of them
 * alone, or with one option beyond the RFC alone). Everything else stays, seed and commands included, except that
 * commands which would set what is compared (setBeyond of that guest) are left out of all variants but the guest as it
 * is.
 */
import type { SwitchName, VariantName } from '../../../shared/model/comparison.ts';
import type { BeyondConfig, GuestConfig, RfcSwitches } from '../../../shared/model/config.ts';
import type { WorldConfig } from '../../../shared/model/world.ts';
import { CORRECT, RFC_V3 } from '../../../shared/model/config.ts';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';

export interface Variant {
  readonly name: VariantName;
  readonly config: WorldConfig;
}

/** The defects that are on, in the order of the table of switches. */
export const switchesOn = (rfc: RfcSwitches): SwitchName[] =>
  (Object.keys(rfc) as SwitchName[]).filter((name) => isOn(rfc, name));

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
  const hasDefects = switchesOn(own).length > 0;
  const rfc = hasDefects ? own : RFC_V3;
  const on = switchesOn(rfc);
  const singles = on.map((name): Variant => {
    const one: RfcSwitches = { ...CORRECT, [name]: rfc[name] };
    return { name, config: withSwitches(config, vm, one) };
  });
  return [
    { name: 'correct', config: withSwitches(config, vm, CORRECT) },
    hasDefects ? { name: 'this', config } : { name: 'rfc-v3', config: withSwitches(config, vm, rfc) },
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
  const variant = (name: VariantName, change: Partial<BeyondConfig>): Variant => ({
    name,
    config: withGuest(rest, vm, (g) => ({ ...g, beyond: { ...REFERENCE, ...change } })),
  });
  const activePass = beyond.activePass ?? {
    pagesPerTick: Math.max(16, Math.ceil(guest.mm.nrPages / 2000)),
    order: 'oldest' as const,
  };
  const commitStepTicks = beyond.commitStepTicks > 0 ? beyond.commitStepTicks : SAMPLE_STEP_TICKS;
  return [
    variant('plain', {}),
    { name: 'this', config },
    variant('topology', { topology: true }),
    variant('activePass', { activePass }),
    variant('commitStepTicks', { commitStepTicks }),
    variant('consultTarget', { commitStepTicks, consultTarget: true }),
    variant('notify', { notify: true }),
    variant('shrinkSlabs', { notify: true, shrinkSlabs: true }),
    variant('lookupRuns', { lookup: 'runs' }),
    variant('lookupRadix', { lookup: 'radix' }),
    variant('lookupTable', { lookup: 'table' }),
  ];
}
