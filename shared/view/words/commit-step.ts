/** A sentence for each step of a commit. */
import type { CommitStep, CommitTraceStep } from '../../model/commit-trace.ts';
import { count, plural } from '../number-format.ts';
import { capital, enumerated, some } from './part.ts';

type StepOf<S extends CommitStep> = Extract<CommitTraceStep, { readonly name: S }>;

export function commitStepText(step: CommitTraceStep): string {
  const words = WORDS[step.name] as (figures: CommitTraceStep['figures']) => string;
  return words(step.figures);
}

const WORDS: { readonly [S in CommitStep]: (figures: StepOf<S>['figures']) => string } = {
  online: ({ nodesOnlined, nrZonesFell }) => {
    const online =
      nodesOnlined.length === 0
        ? 'Every node of the layout is online already.'
        : `${nodesOnlined.length === 1 ? 'Node' : 'Nodes'} ${enumerated(nodesOnlined.map(String))} ${nodesOnlined.length === 1 ? 'comes' : 'come'} online.`;
    const fell = nrZonesFell.map(
      ({ nid, before, after }) =>
        ` Node ${nid} gets its zone ${after - 1} for the first time, and its nr_zones falls from ${before} to ${after}.`,
    );
    return online + fell.join('');
  },
  publish: ({ seq, deltaPages, zonesResized, owedBefore, owedAfter, uncounted }) => {
    const owed = owedAfter - owedBefore;
    return (
      `Lookups answer from layout ${seq}: ${some(deltaPages, 'page')} of the delta ` +
      `${deltaPages <= 1 ? 'has' : 'have'} another target, ${some(zonesResized, 'zone')} another size. ` +
      `Pages in use that are owed: ${count(owedBefore)} before, ${owed >= 0 ? '+' : ''}${count(owed)}.` +
      uncounted
        .map(
          ({ nid, zones, pages }) =>
            ` Node ${nid} counts ${some(zones, 'zone')} and leaves out ${plural(pages, 'page')}.`,
        )
        .join('')
    );
  },
  mark: ({ marked, markedBefore }) =>
    `${capital(some(marked, 'page'))} ${marked <= 1 ? 'is' : 'are'} marked, ` +
    `${count(markedBefore)} before: whoever frees one asks the layout where it belongs.`,
  sweep: ({ movedPages, misplacedPages }) => {
    const rest =
      misplacedPages === 0
        ? ''
        : ` ${plural(misplacedPages, 'free page')} ${misplacedPages === 1 ? 'is on a node that is not its' : 'are on a node that is not their'} target, and ${misplacedPages === 1 ? 'stays' : 'stay'} there.`;
    return `${capital(some(movedPages, 'free page'))} ${movedPages <= 1 ? 'goes' : 'go'} to the node of the new layout.${rest}`;
  },
  drain: ({ drainedPages, movedPages }) =>
    `${capital(some(drainedPages, 'page'))} ${drainedPages <= 1 ? 'leaves' : 'leave'} the per-CPU lists, ${count(movedPages)} of them for another node.`,
  settle: ({ minFreeKib, minMarkPages, zonelistRebuilds }) => {
    const zonelists =
      zonelistRebuilds === 0
        ? 'stay'
        : zonelistRebuilds === 1
          ? 'are rebuilt, once'
          : `are rebuilt ${count(zonelistRebuilds)} times, for each zone that gains its first page`;
    return (
      `Watermarks and per-CPU sizes follow the managed pages: min_free_kbytes ${count(minFreeKib.before)} to ` +
      `${count(minFreeKib.after)}, all min marks ${count(minMarkPages.before)} to ${count(minMarkPages.after)} pages. ` +
      `The zonelists ${zonelists}.`
    );
  },
};
