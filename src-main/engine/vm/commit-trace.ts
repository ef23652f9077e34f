/**
 * What each step of a commit changed: every counter of every zone, node and guest before and after the step. The
 * traces of a guest's last MAX_TRACES commits are kept, to be walked through.
 *
 * Cost: a copy of the counters before each step and one comparison after it, by zone, however many pages there are.
 * Only the marks of a guest with the posted code's defects are bits of pages, and counting them means reading the
 * bits.
 */
import { MAX_TRACE_CHANGES } from '../../../shared/model/limit.ts';
import {
  COMMIT_STEPS,
  type CommitStep,
  type CommitStepFigures,
  type CommitTrace,
  type CommitTraceStep,
  type CounterChange,
} from '../../../shared/model/commit-trace.ts';
import { type CommitResult, type GuestMm, type Mm, NR_ZONES } from '../mm/index.ts';
import { flagsIn } from '../mm/rfc/flags.ts';
import { kernelManaged, kernelPresent, nrFreePages } from '../mm/rfc/rfc-state.ts';
import { zonelistRebuildsOf } from '../mm/mm.ts';

export const MAX_TRACES = 8;

const ZONE_COUNTERS = [
  ...(['presentPages', 'managedPages', 'freePages', 'pcpPages', 'stranded', 'misplaced', 'spanStart'] as const),
  ...(['spanEnd', 'wmarkMin', 'wmarkLow', 'wmarkHigh', 'pcpBatch', 'pcpHigh'] as const),
];
type ZoneCounter = (typeof ZONE_COUNTERS)[number];
const NODE_COUNTERS = ['online', 'nrZones', 'presentPages', 'marked'] as const;
type NodeCounter = (typeof NODE_COUNTERS)[number];
const GUEST_COUNTERS = [
  ...(['layoutSeq', 'marked', 'movedSweep', 'movedDrain', 'minFreeKib', 'zonelistRebuilds'] as const),
  'topologyGeneration' as const,
];
type GuestCounter = (typeof GUEST_COUNTERS)[number];

/** All counters of one moment. */
export interface Counters {
  readonly zone: Readonly<Record<ZoneCounter, ArrayLike<number>>>;
  readonly node: Readonly<Record<NodeCounter, readonly number[]>>;
  readonly guest: Readonly<Record<GuestCounter, number>>;
}

/**
 * @param marked pages marked by node, as they were before the layout was published: until the step `mark` no page is
 *   marked anew.
 */
export function countersOf(guest: GuestMm, marked: readonly number[] | null): Counters {
  const { state: mm } = guest;
  const { zones } = mm;
  const nids = Array.from({ length: mm.nrNodeIds }, (_, nid) => nid);
  const node = {
    online: Array.from(mm.online),
    nrZones: nids.map((nid) => guest.nrZones(nid)),
    presentPages: nids.map((nid) => guest.presentPages(nid)),
    marked: mm.rfc === null ? (marked ?? markedByNode(mm)) : nids.map(() => 0),
  };
  return {
    zone: {
      presentPages: kernelPresent(mm).slice(),
      managedPages: kernelManaged(mm).slice(),
      freePages: Array.from(zones.free, (_, c) => nrFreePages(mm, c)),
      pcpPages: zones.pcp.slice(),
      stranded: zones.strandedOut.slice(),
      misplaced: mm.rfc === null ? new Uint32Array(mm.zoneCount) : mm.rfc.misplacedOut.slice(),
      spanStart: zones.spanStart.slice(),
      spanEnd: zones.spanEnd.slice(),
      wmarkMin: zones.wmarkMin.slice(),
      wmarkLow: zones.wmarkLow.slice(),
      wmarkHigh: zones.wmarkHigh.slice(),
      pcpBatch: zones.pcpBatch.slice(),
      pcpHigh: zones.pcpHigh.slice(),
    },
    node,
    guest: {
      layoutSeq: mm.layout.seq,
      marked: mm.rfc === null ? sum(node.marked) : flagsIn(mm.rfc.flag, 0, mm.nrPages),
      movedSweep: mm.moved.sweep,
      movedDrain: mm.moved.drain,
      minFreeKib: mm.minFreeKib,
      zonelistRebuilds: zonelistRebuildsOf(mm),
      topologyGeneration: mm.topology.generation,
    },
  };
}

/** Of a correct guest, whose marks are derived: pages in use that are owed elsewhere. */
export function markedByNode(mm: Mm): number[] {
  const marked = new Array<number>(mm.nrNodeIds).fill(0);
  mm.zones.strandedOut.forEach((pages, c) => (marked[Math.floor(c / NR_ZONES)]! += pages));
  return marked;
}

const sum = (list: Iterable<number>): number => {
  let total = 0;
  for (const n of list) total += n;
  return total;
};

/** By nid and zone, those of a whole node and of the guest after those of zones. */
function changesOf(before: Counters, after: Counters): CounterChange[] {
  const out: CounterChange[] = [];
  const put = (nid: number | null, zoneType: number | null, counter: string, from: number, to: number): void => {
    if (from !== to) out.push({ nid, zone: zoneType, counter, before: from, after: to });
  };
  const nodes = after.node.online.length;
  for (let nid = 0; nid < nodes; nid++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const c = nid * NR_ZONES + zoneType;
      for (const name of ZONE_COUNTERS) put(nid, zoneType, name, before.zone[name][c]!, after.zone[name][c]!);
    }
    for (const name of NODE_COUNTERS) put(nid, null, name, before.node[name][nid]!, after.node[name][nid]!);
  }
  for (const name of GUEST_COUNTERS) put(null, null, name, before.guest[name], after.guest[name]);
  return out;
}

export function traceStep(
  name: CommitStep,
  tick: number,
  guest: GuestMm,
  result: CommitResult,
  before: Counters,
  after: Counters,
): CommitTraceStep {
  const changes = changesOf(before, after);
  return {
    name,
    tick,
    figures: FIGURES[name]({ guest, result, before, after }),
    changes: changes.slice(0, MAX_TRACE_CHANGES),
    more: Math.max(0, changes.length - MAX_TRACE_CHANGES),
  } as CommitTraceStep;
}

export const emptyTrace = (seq: number, fromSeq: number): CommitTrace => ({
  seq,
  fromSeq,
  deltaPages: 0,
  stepNames: COMMIT_STEPS,
  steps: [],
});

interface StepDone {
  readonly guest: GuestMm;
  readonly result: CommitResult;
  readonly before: Counters;
  readonly after: Counters;
}

const FIGURES: { readonly [S in CommitStep]: (step: StepDone) => CommitStepFigures[S] } = {
  online: ({ result: { nodesOnlined }, before, after }) => ({
    nodesOnlined,
    nrZonesFell: after.node.nrZones.flatMap((zones, nid) => {
      const was = before.node.nrZones[nid]!;
      return zones < was ? [{ nid, before: was, after: zones }] : [];
    }),
  }),
  publish: ({ result, before, after, guest }) => ({
    seq: after.guest.layoutSeq,
    deltaPages: result.deltaPages,
    zonesResized: Array.from(after.zone.presentPages).filter((pages, c) => pages !== before.zone.presentPages[c])
      .length,
    owedBefore: total(before.zone.stranded),
    owedAfter: total(after.zone.stranded),
    uncounted: leftOut(guest),
  }),
  mark: ({ before, after }) => ({ marked: after.guest.marked, markedBefore: before.guest.marked }),
  sweep: ({ before, after }) => ({
    movedPages: after.guest.movedSweep - before.guest.movedSweep,
    misplacedPages: total(after.zone.misplaced),
  }),
  drain: ({ before, after }) => ({
    drainedPages: total(before.zone.pcpPages) - total(after.zone.pcpPages),
    movedPages: after.guest.movedDrain - before.guest.movedDrain,
  }),
  settle: ({ before, after }) => ({
    minFreeKib: { before: before.guest.minFreeKib, after: after.guest.minFreeKib },
    minMarkPages: { before: total(before.zone.wmarkMin), after: total(after.zone.wmarkMin) },
    zonelistRebuilds: after.guest.zonelistRebuilds - before.guest.zonelistRebuilds,
  }),
};

const total = (column: ArrayLike<number>): number => sum(Array.from(column));

/** Nodes whose kernel counts fewer zones than have pages, and the pages that it so leaves out. */
function leftOut(guest: GuestMm): { nid: number; zones: number; pages: number }[] {
  const { state: mm } = guest;
  const out: { nid: number; zones: number; pages: number }[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    const zones = guest.nrZones(nid);
    let pages = 0;
    for (let zoneType = zones; zoneType < NR_ZONES; zoneType++) pages += mm.zones.present[nid * NR_ZONES + zoneType]!;
    if (pages > 0 && mm.rfc !== null) out.push({ nid, zones, pages });
  }
  return out;
}
