/**
 * The additional laws of an RFC guest: what it keeps equals a count over its pages, and what is wrong in it is
 * explained by a defect that is on. check.ts counts, and calls this file.
 */
import { NR_ZONES } from '../limit.ts';
import type { Mm } from '../mm.ts';
import { lacksMark, misplacing, zonesSetUp } from './faults.ts';
import { hasFlag } from './flags.ts';
import type { RfcState } from './rfc-state.ts';

type Fail = (law: string, text: string) => void;

/** Whether a defect that is on may leave free pages on a wrong node, or pages in use without their mark. */
export const mayMisplace = (mm: Mm): boolean => mm.rfc !== null && misplacing(mm.rfc).length > 0;

/** Marks of [start, end): none on what does not exist, and none missing that no defect explains. */
export function checkMarks(mm: Mm, rfc: RfcState, start: number, end: number, fail: Fail): void {
  const explained = misplacing(rfc).length > 0;
  for (let pfn = start; pfn < end; pfn++) {
    if (!explained && lacksMark(mm, rfc, pfn)) fail('G8', `pfn ${pfn} is in use, belongs elsewhere, and is not marked`);
  }
  for (const hole of mm.holes.ranges) {
    const stop = Math.min(end, hole.end);
    for (let pfn = Math.max(start, hole.start); pfn < stop; pfn++) {
      if (hasFlag(rfc.flag, pfn)) fail('G8', `pfn ${pfn} does not exist and is marked`);
    }
  }
}

/** @param misplaced free pages with A != T as counted, index A * nrNodeIds + T; out, in: the same by zone. */
export function checkRfc(
  mm: Mm,
  rfc: RfcState,
  counted: { readonly misplaced: Float64Array; readonly out: Float64Array; readonly in: Float64Array },
  fail: Fail,
): void {
  const { nrNodeIds: k } = mm;
  const equal = (law: string, what: string, expected: number, found: number): void => {
    if (expected !== found) fail(law, `${what}: counted ${expected}, kept ${found}`);
  };
  // 'G6', since the matrices are counted at every moment, also inside a commit.
  counted.misplaced.forEach((pages, i) => {
    equal('G6', `misplaced ${Math.floor(i / k)} -> ${i % k}`, pages, rfc.misplaced[i]!);
  });
  for (let c = 0; c < mm.zoneCount; c++) {
    const name = `node ${Math.floor(c / NR_ZONES)} zone ${c % NR_ZONES}`;
    equal('G6', `${name} free pages of other nodes`, counted.out[c]!, rfc.misplacedOut[c]!);
    equal('G6', `${name} its free pages on other nodes`, counted.in[c]!, rfc.misplacedIn[c]!);
    if (rfc.freeLeak[c]! > 0 && !rfc.switches.pcpFreeLeak) fail('G3', `${name} leaks ${rfc.freeLeak[c]} free pages`);
  }
  for (let nid = 0; nid < k; nid++) checkKernelCounters(mm, rfc, nid, equal);
}

/** Below nr_zones the kernel counts what there is; nr_zones is what has been set up, unless it is assigned. */
function checkKernelCounters(
  mm: Mm,
  rfc: RfcState,
  nid: number,
  equal: (law: string, what: string, expected: number, found: number) => void,
): void {
  // Zones that a commit has just set up are counted when its layout comes into force.
  if (mm.zonesAwaitLayout) return;
  if (!rfc.switches.nrZonesAssign) equal('G10', `node ${nid} nr_zones`, zonesSetUp(mm, nid), rfc.nrZones[nid]!);
  let size = 0;
  for (let zoneType = 0; zoneType < rfc.nrZones[nid]!; zoneType++) {
    const c = nid * NR_ZONES + zoneType;
    equal('G2', `node ${nid} zone ${zoneType} present as its kernel counts`, mm.zones.present[c]!, rfc.present[c]!);
    equal('G2', `node ${nid} zone ${zoneType} managed as its kernel counts`, mm.zones.managed[c]!, rfc.managed[c]!);
    size += rfc.present[c]!;
  }
  // Memory that is plugged in is counted in its zone and in its node, also above nr_zones.
  if (rfc.nrZones[nid] === zonesSetUp(mm, nid))
    equal('G2', `node ${nid} size as its kernel counts`, size, rfc.nodePresent[nid]!);
}
