/** Placement problems in words: why a guest does not fit on its host. */
import type { PlacementProblem } from '../../model/placement.ts';
import { count, exactPages } from '../number-format.ts';
import { nodesText } from './part.ts';

export function placementText(problem: PlacementProblem): string {
  const { guest, rule, mode, start, end, host, nodes, shortPages, framePages } = problem;
  const unit = framePages === 1 ? '' : ` in frames of ${count(framePages)} pages`;
  return (
    `VM ${guest} does not fit: placement rule ${rule} (${mode}, pages ${start} to ${end}) is ` +
    `${exactPages(shortPages)}${unit} short on ${nodesText(nodes)} of host ${host}.`
  );
}
