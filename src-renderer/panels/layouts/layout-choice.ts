/** Which two layouts are compared, and how each is named. */
import type { LayoutInfo } from '../../../shared/protocol/guest.ts';
import { seconds } from '../../../shared/view/number-format.ts';

export const ORIGIN_NAMES: Readonly<Record<LayoutInfo['origin'], string>> = {
  boot: 'boot',
  debugfs: 'debugfs',
  host: 'host',
  command: 'command',
};

export const stateText = ({ state }: LayoutInfo): string =>
  ({ staged: 'staged', inForce: 'in force', kept: 'kept' })[state];

export function layoutText(layout: LayoutInfo, tickMs: number): string {
  const when = layout.tick === null ? 'staged' : layout.origin === 'boot' ? 'at boot' : seconds(layout.tick, tickMs);
  return `layout ${layout.seq}, ${when}${layout.state === 'inForce' ? ', in force' : ''}`;
}

/**
 * The pair that is compared before a choice is made: a staged layout with the one in force, else the one in force with the one
 * before it. null: fewer than two are there.
 */
export function usualPair(layouts: readonly LayoutInfo[]): { readonly from: number; readonly to: number } | null {
  const inForce = layouts.findIndex(({ state }) => state === 'inForce');
  const staged = layouts.find(({ state, ranges }) => state === 'staged' && ranges > 0);
  if (inForce < 0) return null;
  const now = layouts[inForce]!.seq;
  if (staged !== undefined) return { from: now, to: staged.seq };
  const before = layouts[inForce - 1];
  return before === undefined ? null : { from: before.seq, to: now };
}
