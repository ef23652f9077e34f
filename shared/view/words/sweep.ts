/** The words of a sweep: how many runs it had, where a verdict flips, and what stopped short. */
import { count, plural } from '../number-format.ts';

export interface SweepCounts {
  readonly runs: number;
  readonly done: number;
  readonly refused: number;
  readonly lost: number;
  readonly broken: number;
}

export const sweepCountText = ({ runs, done, refused, lost, broken }: SweepCounts): string =>
  [
    `${plural(runs, 'run')}: ${count(done)} done`,
    refused === 0 ? '' : `${count(refused)} refused, as the world of that point cannot be`,
    lost === 0 ? '' : `${count(lost)} lost, as what ran them ended`,
    broken === 0 ? '' : `${count(broken)} with a broken law, which is a bug in Pageshift`,
  ]
    .filter((part) => part !== '')
    .join(', ');

export interface EdgeWords {
  readonly axis: string;
  /** What is judged: /migrations/0/phase = completed. */
  readonly verdict: string;
  readonly found: { readonly near: number; readonly far: number; readonly value: number } | null;
  /** At the beginning of the range; where there is no edge, at both ends. Null: not known. */
  readonly verdictAtFrom: boolean | null;
  readonly runs: number;
}

export function edgeText({ axis, verdict, found, verdictAtFrom, runs }: EdgeWords): string {
  if (verdictAtFrom === null) return `Where ${verdict} flips is not known: a run has no answer.`;
  const held = verdictAtFrom ? 'holds' : 'does not hold';
  const other = verdictAtFrom ? 'no longer' : 'does';
  if (found === null) return `${verdict} ${held} at both ends of ${axis}, so no edge was looked for between them.`;
  return `${verdict} ${held} up to ${axis} ${rounded(found.near)} and ${other} at ${rounded(found.far)}: the edge is near ${rounded(found.value)}, found in ${plural(runs, 'run')}.`;
}

const rounded = (value: number): string => String(Number(value.toPrecision(6)));
