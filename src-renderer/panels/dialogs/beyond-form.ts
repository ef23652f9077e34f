/** What the dialog "Beyond the RFC" says, as a command, and what it starts from. */
import type { GivenCommand } from '../../../shared/protocol/command.ts';
import type { GuestBeyond } from '../../../shared/model/beyond.ts';

type Beyond = Extract<GivenCommand, { type: 'setBeyond' }>['beyond'];

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

const USUAL_PAGES_PER_TICK = 64;

export const formOf = (beyond: GuestBeyond, tickMs: number): BeyondForm => ({
  topology: beyond.topology,
  activePass: beyond.activePass !== null,
  pagesPerTick: beyond.activePass?.pagesPerTick ?? USUAL_PAGES_PER_TICK,
  order: beyond.activePass?.order ?? 'oldest',
  consultTarget: beyond.consultTarget,
  commitStepMs: beyond.commitStepTicks * tickMs,
  notify: beyond.notify,
  shrinkSlabs: beyond.shrinkSlabs,
  lookup: beyond.lookup,
});

/** Slabs can shrink only when their caches are told. */
export const beyondOf = (form: BeyondForm): Beyond => ({
  topology: form.topology,
  activePass: form.activePass ? { pagesPerTick: form.pagesPerTick, order: form.order } : null,
  consultTarget: form.consultTarget,
  commitStepMs: form.commitStepMs,
  notify: form.notify,
  shrinkSlabs: form.notify && form.shrinkSlabs,
  lookup: form.lookup,
});

/** What is on, in words; empty: the plain RFC. */
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
