/** What two runs, or two moments of one, differ in, in a sentence or two. */
import type { Lag } from '../lag.ts';
import { decimal, exactPages, size } from '../number-format.ts';
import type { RunDifference } from '../run-difference.ts';
import { extremes } from '../run-difference.ts';

const HAS: Readonly<Record<Lag, string>> = { owed: 'owes', stale: 'has stale', pinned: 'has pinned' };
const HAVE: Readonly<Record<Lag, string>> = { owed: 'owe', stale: 'have stale', pinned: 'have pinned' };

const when = (ms: number): string => `${decimal(ms / 1000)} s`;
const much = (pages: number): string => (pages >= 256 ? `${size(pages)} (${exactPages(pages)})` : exactPages(pages));

export function differenceSentence(difference: RunDifference): { readonly head: string; readonly rest: string } {
  const { lag, steps, range } = difference;
  if (range === null) return { head: 'They have no time in common.', rest: 'Choose an earlier moment of one of them.' };
  const first = steps.find(({ pages }) => pages !== 0);
  const span = `from ${when(range.fromMs)} to ${when(range.toMs)}`;
  if (first === undefined)
    return { head: `Both ${HAVE[lag]} the same at every moment.`, rest: `They were compared ${span}.` };
  const { more, less } = extremes(difference);
  const end = steps.at(-1)!.pages;
  const parts = [
    ...(more === null ? [] : [`up to ${much(more.pages)} more, at ${when(more.ms)}`]),
    ...(less === null ? [] : [`up to ${much(-less.pages)} less, at ${when(less.ms)}`]),
  ];
  const last =
    end === 0
      ? `At ${when(range.toMs)} they are equal`
      : `At ${when(range.toMs)} it ${HAS[lag]} ${much(Math.abs(end))} ${end > 0 ? 'more' : 'less'}`;
  return {
    head: `They differ from ${when(first.ms)} on.`,
    rest: `B ${HAS[lag]} ${parts.join(', and ')}. ${last}; compared ${span}.`,
  };
}
