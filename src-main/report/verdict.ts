/** The result of a run in one sentence, and whether it is good news. */
import { guestsOf, migrationsOf, recordsOf } from '../../shared/columns/index.ts';
import type { GuestRecord } from '../../shared/columns/index.ts';
import { convergedGuests, getsLayouts } from '../../shared/view/index.ts';
import type { LawsChecked, RunRecord } from '../../shared/view/index.ts';
import { count, plural, seconds, size } from '../../shared/view/number-format.ts';

export interface Verdict {
  readonly mood: 'good' | 'open' | 'bad';
  readonly sentence: string;
}

/** How often the laws were checked: 6 checks of the whole world and 15 of single VMs. */
export const checksText = ({ checked, guestsChecked }: LawsChecked): string =>
  `${plural(checked, 'check')} of the whole world${guestsChecked === 0 ? '' : ` and ${count(guestsChecked)} of single VMs`}`;

export function verdict(record: RunRecord): Verdict {
  const { after, laws, tickMs } = record;
  const { guests, tick } = recordsOf(after);
  if (laws.broken.length > 0) {
    const first = laws.broken[0]!;
    return {
      mood: 'bad',
      sentence: `A law is broken, so no figure here can be trusted: ${plural(laws.broken.length, 'violation')}, the first of law ${first.law}${first.vm === null ? '' : ` in ${first.vm}`}.`,
    };
  }
  const held = laws.checked === 0 ? 'no law was checked' : `every law held in ${checksText(laws)}`;
  if (guests.length === 0) return { mood: 'good', sentence: `The scenario has no VM, so nothing moved; ${held}.` };
  const converged = convergedGuests(record);
  const open = guests.filter((_, g) => !converged[g]);
  const failure = failureText(record);
  const frozen = guests.filter(({ lag }, g) => !getsLayouts(record, g) && lag.hostTarget > 0);
  const facts = [frozenText(frozen), pinnedText(guests), held].filter((fact) => fact !== '').join('; ');
  const at = `at t = ${seconds(tick, tickMs)}`;
  return {
    mood: open.length === 0 && failure === '' ? 'good' : 'open',
    sentence: `${answer(record, open, at)}; ${facts}.${failure}`,
  };
}

function answer(record: RunRecord, open: readonly GuestRecord[], at: string): string {
  const guests = guestsOf(record.after);
  const only = guests.length === 1 ? guests[0]!.name : null;
  if (open.length === 0)
    return `${only === null ? `All ${count(guests.length)} VMs have` : `${only} has`} converged ${at}`;
  const lag1 = guests.reduce(
    (sum, { lag }, g) => sum + (getsLayouts(record, g) ? lag.hostTarget - lag.coalesced : 0),
    0,
  );
  const lag2 = guests.reduce((sum, { lag }) => sum + lag.targetActual, 0);
  const parts = [
    lag1 > 0 ? `${plural(lag1, 'page')} (${size(lag1)}) are stale (H ≠ T)` : '',
    lag2 > 0 ? `${plural(lag2, 'page')} (${size(lag2)}) are still owed to another guest node (T ≠ A)` : '',
  ].filter((part) => part !== '');
  const most = open.reduce((a, b) => (owing(b) > owing(a) ? b : a));
  const share =
    only === null
      ? `${count(guests.length - open.length)} of ${count(guests.length)} VMs have converged`
      : `${only} has not converged`;
  const whose = only !== null ? '' : `${open.length > 1 ? 'mostly of' : 'of'} ${most.name}, `;
  return `${share} ${at}: ${whose}${parts.join(' and ')}`;
}

const owing = ({ lag }: GuestRecord): number => lag.hostTarget - lag.coalesced + lag.targetActual;

/** Names a few, and that there are more. */
const some = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;

/** Stale pages of guests whose regeneration is off: the run does not wait for them, but a reader must see them. */
function frozenText(frozen: readonly GuestRecord[]): string {
  if (frozen.length === 0) return '';
  const pages = frozen.reduce((sum, { lag }) => sum + lag.hostTarget, 0);
  const names = some(frozen.map(({ name }) => name));
  return `${size(pages)} of ${names} are stale (H ≠ T) and stay so, as ${frozen.length === 1 ? 'its' : 'their'} regeneration is off`;
}

function pinnedText(guests: readonly GuestRecord[]): string {
  const pinned = guests.reduce((sum, { lag }) => sum + lag.pinned, 0);
  return pinned === 0
    ? ''
    : `${plural(pinned, 'page')} (${size(pinned)}) ${pinned === 1 ? 'is' : 'are'} pinned on another node for ever`;
}

function failureText({ after }: RunRecord): string {
  const failed = migrationsOf(after).filter(({ phase }) => phase === 'failed');
  return failed.length === 0
    ? ''
    : ` ${plural(failed.length, 'migration')} failed (${some(failed.map(({ vm }) => vm))}).`;
}
