/**
 * What a defect or an option did in the run in which it alone is on, as far as that explains why a figure differs.
 * Source: mm/rfc/README.md.
 */
import type { Cause, ComparedFigure, OptionName, SwitchName } from '../../../shared/model/comparison.ts';
import { NR_ZONES } from '../mm/index.ts';
import type { Figures } from './figure.ts';

/** @param reference the figures of the first variant. @param alone those of the run in which `name` alone is on. */
export function causeOf(
  name: SwitchName | OptionName,
  { nid }: Omit<ComparedFigure, 'value'>,
  reference: Figures,
  alone: Figures,
): Cause {
  const of = (counter: string): number => alone.at(null, null, counter);
  switch (name) {
    case 'nrZonesAssign':
      return { name, lost: nid === null ? null : lostZones(nid, reference, alone) };
    case 'splitStuck':
      return { name, blocks: of('straddles') };
    case 'headOnly':
    case 'mergeUnmoved':
    case 'orderHeadOnly':
      return { name, misplacedPages: misplacedIn(alone) };
    case 'pcpFreeLeak':
      return { name, leakedPages: of('leakedPages') };
    case 'sysfsStale':
    case 'overlapSilent':
    case 'emptyCommitCrash':
    case 'spanNeverShrinks':
      return { name };
    case 'markAll':
      return { name, marksSet: of('flagsSet'), idleLookups: of('lookupsRight') };
    case 'lostFlagPermille':
      return { name, lostMarks: of('flagsLost') };
    case 'topology': {
      const remoteAllocsBefore = reference.at(null, null, 'remoteAllocs');
      return { name, generations: of('topologyGeneration'), remoteAllocs: of('remoteAllocs'), remoteAllocsBefore };
    }
    case 'activePass':
      return { name, relabelledPages: of('relabelled') };
    case 'commitStepTicks':
      return { name, commitTicks: of('commitTicks'), bornStranded: of('bornStranded') };
    case 'consultTarget':
      return { name, consulted: of('consulted'), bornStranded: of('bornStranded') };
    case 'notify':
      return { name, tasksRemapped: of('tasksRemapped') };
    case 'shrinkSlabs':
      return { name, shrunkPages: of('slabShrunk') };
    case 'lookupRuns':
    case 'lookupRadix':
    case 'lookupTable':
      return { name, steps: of('lookupSteps'), lookups: of('lookups') };
  }
}

const misplacedIn = (figures: Figures): number => {
  let total = 0;
  for (let nid = 0; nid < 255; nid++) total += figures.at(nid, null, 'misplaced');
  return total;
};

/** Zones of a node that its kernel does not count, with the pages that they have in truth; null when it counts all. */
function lostZones(nid: number, reference: Figures, alone: Figures): Extract<Cause, { lost: unknown }>['lost'] {
  const nrZones = alone.at(nid, null, 'nrZones');
  const zones: { zone: number; pages: number }[] = [];
  for (let zone = nrZones; zone < NR_ZONES; zone++) {
    const pages = reference.at(nid, zone, 'presentPages');
    if (pages > 0) zones.push({ zone, pages });
  }
  return zones.length === 0 || nrZones === 0 ? null : { nid, nrZones, zones };
}
