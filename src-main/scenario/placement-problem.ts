/** VMs that do not fit on their hosts, found by the engine when it made the world, as diagnostics of the scenario. */
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { PlacementProblem } from '../../shared/model/placement.ts';
import { placementText } from '../../shared/view/words/index.ts';
import { pointerOf } from './problem.ts';
import type { Scenario } from './schema.ts';
import { parseText, textPlaces } from './text-place.ts';

/** @param text that the scenario was read from, for the lines; null: unknown. */
export function placementDiagnostics(
  problems: readonly PlacementProblem[],
  scenario: Scenario,
  file: string,
  text: string | null = null,
): Diagnostic[] {
  const { root } = text === null ? { root: null } : parseText(text);
  const places = text === null ? null : textPlaces(text, file);
  return problems.map((problem) => {
    const path = ['vms', scenario.vms.findIndex((vm) => vm.name === problem.guest)];
    return {
      severity: 'error',
      slug: 'placement-short',
      message: placementText(problem),
      where: root === null || places === null ? { file, path: pointerOf(path) } : places.of(root, { path }),
      hint: 'Give the node more memory or the VM less, or place it on other nodes.',
    };
  });
}
