/** The form of the dialog "Beyond the RFC": from a guest's settings, and to a command. */
import type { GuestBeyond } from '../../../shared/model/beyond.ts';
import { DEFAULT_PAGES_PER_TICK } from '../../../shared/model/default.ts';
import { beyondFromConfig } from '../../../shared/schema/convert.ts';
import type { ScenarioBeyond } from '../../../shared/schema/part.ts';

export interface BeyondForm {
  topology: boolean;
  activePass: boolean;
  pagesPerTick: number;
  order: 'oldest' | 'youngest' | 'address';
  consultTarget: boolean;
  commitStepMs: number;
  notify: boolean;
  shrinkSlabs: boolean;
  lookup: GuestBeyond['lookup'];
}

export function formOf(config: GuestBeyond, tickMs: number): BeyondForm {
  const { activePass, ...beyond } = beyondFromConfig(config, tickMs);
  return {
    ...beyond,
    activePass: activePass !== null,
    pagesPerTick: activePass?.pagesPerTick ?? DEFAULT_PAGES_PER_TICK,
    order: activePass?.order ?? 'oldest',
  };
}

/** Slabs can shrink only when their caches are notified. */
export const beyondOf = ({ activePass, pagesPerTick, order, ...form }: BeyondForm): ScenarioBeyond => ({
  ...form,
  activePass: activePass ? { pagesPerTick, order } : null,
  shrinkSlabs: form.notify && form.shrinkSlabs,
});

/** The options that are on, in words; empty: the plain RFC. */
export function beyondText(beyond: GuestBeyond): string {
  return [
    beyond.topology ? 'topology follows' : '',
    beyond.activePass === null
      ? ''
      : `active pass, ${beyond.activePass.pagesPerTick} pages a tick, ${beyond.activePass.order}`,
    beyond.consultTarget ? 'allocations consult the target' : '',
    beyond.commitStepTicks > 0 ? 'commits in steps' : '',
    beyond.notify ? (beyond.shrinkSlabs ? 'notifiers, slabs shrink' : 'notifiers') : '',
    beyond.lookup === 'table' ? '' : `lookup by ${beyond.lookup}`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}
