/** Placement problems in words: why a guest does not fit on its host. */
import type { PlacementProblem } from '../../model/placement.ts';
import { count, exactPages } from '../number-format.ts';
import { nodesText } from './part.ts';

export function placementText(problem: PlacementProblem): string {
  const { guest, rule, mode, start, end, host, nodes, shortPages, framePages, inPool } = problem;
  const unit =
    framePages === 1
      ? ''
      : ` in ${inPool ? 'huge pages of its pool,' : 'frames of'} ${count(framePages)} pages${inPool ? ' each,' : ''}`;
  return (
    `VM ${guest} does not fit: placement rule ${rule} (${mode}, pages ${start} to ${end}) is ` +
    `${exactPages(shortPages)}${unit} short on ${nodesText(nodes)} of host ${host}.`
  );
}
