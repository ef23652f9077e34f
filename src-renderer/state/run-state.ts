/**
 * The run's state in a few words, for the pill in the toolbar: the worst first. It is of what is shown, the present or
 * the recorded frame; what only the present has (a replay, a broken law) is told whenever it is.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { DocumentState } from '../../shared/protocol/document.ts';
import type { SnapshotHeader, Violation } from '../../shared/snapshot/index.ts';
import { lagPages } from '../../shared/view/convergence.ts';
import { exactPages } from '../../shared/view/number-format.ts';

export interface RunState {
  readonly kind: 'broken' | 'busy' | 'owed' | 'working' | 'untold' | 'converged';
  readonly text: string;
  /** The whole of it, for the tip. */
  readonly more: string;
}

export function runState(document: DocumentState, header: SnapshotHeader | null): RunState {
  const { broken } = document.laws;
  if (broken.length > 0) {
    return { kind: 'broken', text: `Law ${broken[0]!.law} broken`, more: broken.map(({ text }) => text).join('\n') };
  }
  if (document.busy !== null) {
    const { what, tick, toTick } = document.busy;
    return { kind: 'busy', text: what, more: `${what}: tick ${tick} of ${toTick}` };
  }
  const told = document.inputs.guests.map(({ regeneration }) => regeneration.enabled);
  const owed =
    header === null
      ? document.owedPages
      : header.guests.reduce((sum, { lag }, guest) => sum + lagPages(lag, told[guest] ?? true), 0);
  if (owed > 0) {
    const more = 'Pages that live elsewhere than told (H ≠ T), or are booked elsewhere than told (T ≠ A), over all VMs';
    return { kind: 'owed', text: `${exactPages(owed)} owed`, more };
  }
  const moving = header === null ? [] : moves(header);
  if (moving.length > 0) return { kind: 'working', text: moving[0]!, more: moving.join('\n') };
  if (told.length > 0 && !told.includes(true)) {
    const more = 'No guest is told of moves: what hypervisors do today. Only T against A is asked.';
    return { kind: 'untold', text: 'Regeneration off', more };
  }
  const left = document.left.length > 0 && !document.settled ? `Still to come: ${document.left.join('; ')}` : '';
  return {
    kind: 'converged',
    text: 'Converged',
    more: left === '' ? 'No page is owed but what is pinned for ever' : left,
  };
}

/** What moves on the hosts, a phrase each. */
export const moves = ({ migrations, compactions }: SnapshotHeader): string[] => [
  ...migrations
    .filter(({ phase }) => phase === 'running' || phase === 'switchOver')
    .map(({ vm, toHost }) => `Migrating ${vm} to ${toHost}`),
  ...compactions.filter(({ phase }) => phase === 'running').map(({ vm }) => `Compacting ${vm}`),
];

export const brokenLaw = ({ law, vm, text }: Violation): Diagnostic => ({
  severity: 'error',
  slug: `law-${law.toLowerCase()}`,
  message: `Law ${law} is broken${vm === null ? '' : ` in ${vm}`}: ${text}`,
  where: {},
  hint: 'This is a fault of Pageshift, not of your scenario. Save the scenario: it reproduces the fault.',
});
