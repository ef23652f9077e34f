/**
 * The run's state in a few words, for the pill in the toolbar: the worst first. It describes the frame that is shown, of the
 * present or the past; a replay and a broken law, which only the present has, are shown always.
 */
import { isUnderWay } from '../../shared/model/transfer.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { DocumentState } from '../../shared/protocol/document.ts';
import type { SnapshotRecords } from '../../shared/columns/index.ts';
import type { Violation } from '../../shared/model/event.ts';
import { lagsOfGuest } from '../../shared/view/lag.ts';
import { exactPages, plural, seconds } from '../../shared/view/number-format.ts';
import { REGENERATION_OFF, scheduledRejectionText } from '../../shared/view/words/index.ts';

export interface RunState {
  readonly kind: 'broken' | 'busy' | 'lag' | 'working' | 'frozen' | 'waiting' | 'empty' | 'converged';
  readonly text: string;
  /** The whole of it, for the tip. */
  readonly more: string;
}

const MAX_TOLD = 8;

export function runState(document: DocumentState, header: SnapshotRecords | null): RunState {
  const { broken } = document.laws;
  if (broken.length > 0) {
    return { kind: 'broken', text: `Law ${broken[0]!.law} broken`, more: broken.map(({ text }) => text).join('\n') };
  }
  if (document.busy !== null) {
    const { what, tick, toTick } = document.busy;
    return { kind: 'busy', text: what, more: `${what}: tick ${tick} of ${toTick}` };
  }
  const regenerates = document.inputs.guests.map(({ regeneration }) => regeneration.enabled);
  if (regenerates.length === 0)
    return { kind: 'empty', text: 'No VM', more: 'Nothing can lag where there is no guest.' };
  const lagging = header === null ? lagOf(document.owedPages, null, null, null) : lagOfAll(header, regenerates);
  if (lagging !== null) return lagging;
  const moving = header === null ? [] : moves(header);
  if (moving.length > 0) return { kind: 'working', text: moving[0]!, more: moving.join('\n') };
  const toCome = document.commands.filter(({ state, tick }) =>
    header !== null && header.tick < document.tick ? tick >= header.tick : state === 'pending',
  );
  if (toCome.length > 0) {
    const more = toCome.slice(0, MAX_TOLD).map(({ tick, text }) => `${seconds(tick, document.tickMs)}: ${text}`);
    if (toCome.length > MAX_TOLD) more.push(`and ${toCome.length - MAX_TOLD} more`);
    const text = `${plural(toCome.length, 'command')} to come`;
    return { kind: 'waiting', text, more: `No page lags. Still to come:\n${more.join('\n')}` };
  }
  if (!regenerates.includes(true)) {
    return { kind: 'frozen', text: 'No guest is told', more: `${REGENERATION_OFF}\nNo page is owed (T ≠ A).` };
  }
  const { pendingWork, settled } = document;
  const isPresent = header === null || header.tick === document.tick;
  if (isPresent && !settled && pendingWork.length > 0) {
    return { kind: 'working', text: 'No page lags yet', more: `Still to come: ${pendingWork.join('; ')}` };
  }
  return { kind: 'converged', text: 'Converged', more: 'No page is owed, except those pinned for ever' };
}

/** Said when nothing is left that the run waits for: in the words of the pill, which stands beside it. */
export function settledText({ kind, text }: RunState, tick: number, tickMs: number): string {
  const when = seconds(tick, tickMs);
  return kind === 'converged' ? `Converged at ${when}.` : `Nothing more is to happen after ${when}: ${text}.`;
}

/** @param regenerates by guest: one that gets no layouts has no stale pages that anything waits for. */
function lagOfAll({ guests }: SnapshotRecords, regenerates: readonly boolean[]): RunState | null {
  const lags = guests.map(({ lag }, guest) => {
    const { owed, stale } = lagsOfGuest(lag);
    return { owed, stale: (regenerates[guest] ?? true) ? stale : 0 };
  });
  const lagging = lags.filter(({ owed, stale }) => owed + stale > 0);
  const sum = (of: 'owed' | 'stale'): number => lagging.reduce((total, each) => total + each[of], 0);
  return lagOf(sum('owed') + sum('stale'), sum('stale'), sum('owed'), lagging.length);
}

/** Pages of H ≠ T are stale, those of T ≠ A are owed; both together are the lag. Null: nothing lags. */
function lagOf(pages: number, stale: number | null, owed: number | null, vms: number | null): RunState | null {
  if (pages === 0) return null;
  const word = stale === 0 ? 'owed' : owed === 0 ? 'stale' : 'lag';
  const more =
    stale === null || owed === null
      ? 'Pages whose layout is out of date (H ≠ T), or that are not booked where the layout says (T ≠ A), over all VMs'
      : `H ≠ T: ${exactPages(stale)} stale, the guest's layout is out of date\nT ≠ A: ${exactPages(owed)} owed, in use until they are freed\nover all VMs`;
  return { kind: 'lag', text: `${exactPages(pages)} ${word}${vms === null ? '' : `, ${plural(vms, 'VM')}`}`, more };
}

/** What moves on the hosts, a phrase each. */
const moves = ({ migrations, compactions }: SnapshotRecords): string[] => [
  ...migrations.filter(isUnderWay).map(({ vm, toHost }) => `Migrating ${vm} to ${toHost}`),
  ...compactions.filter(isUnderWay).map(({ vm }) => `Compacting ${vm}`),
];

export const brokenLaw = ({ law, vm, text }: Violation): Diagnostic => ({
  severity: 'error',
  slug: `law-${law.toLowerCase()}`,
  message: `Law ${law} is broken${vm === null ? '' : ` in ${vm}`}: ${text}`,
  where: {},
  hint: 'This is a fault of Pageshift, not of your scenario. Save the scenario: it reproduces the fault.',
});

/** Scheduled commands that the world rejected when their time came. One submitted by a person is rejected in its dialog. */
export const rejectedCommands = ({ commands, tickMs }: Pick<DocumentState, 'commands' | 'tickMs'>): Diagnostic[] =>
  commands
    .filter(({ state }) => state === 'rejected')
    .map(({ text, tick, outcome }) => ({
      severity: 'error',
      slug: 'command-rejected',
      message: scheduledRejectionText(text, tick, tickMs, outcome),
      where: {},
    }));
