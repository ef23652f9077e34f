/**
 * What each step of a commit changed: every counter of every zone, node and guest before and after it, and a
 * sentence with the figures. Kept of the last MAX_TRACES commits of a guest, to be walked through.
 *
 * Cost: a copy of the counters before each step and one comparison after it, by zone, whatever the pages. Only
 * the marks of a guest with the posted code's defects are bits of pages, and counting them costs a look at the bits.
 */
import { MAX_TRACE_CHANGES } from '../../../shared/model/limit.ts';
import {
  COMMIT_STEPS,
  type CommitStep,
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
    text: SENTENCES[name]({ guest, result, before, after }),
    changes: changes.slice(0, MAX_TRACE_CHANGES),
    more: Math.max(0, changes.length - MAX_TRACE_CHANGES),
  };
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

const some = (count: number, one: string, many = `${one}s`): string =>
  count === 0 ? `no ${one}` : `${count} ${count === 1 ? one : many}`;
const listed = (ids: readonly number[]): string =>
  ids.length <= 1 ? ids.join('') : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)!}`;
const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

const SENTENCES: Readonly<Record<CommitStep, (step: StepDone) => string>> = {
  online: ({ result: { nodesOnlined }, before, after }) => {
    const lowered = after.node.nrZones.flatMap((zones, nid) => (zones < before.node.nrZones[nid]! ? [nid] : []));
    const online =
      nodesOnlined.length === 0
        ? 'Every node of the layout is online already.'
        : `${nodesOnlined.length === 1 ? 'Node' : 'Nodes'} ${listed(nodesOnlined)} ${nodesOnlined.length === 1 ? 'comes' : 'come'} online.`;
    const lost = lowered.map(
      (nid) =>
        ` Node ${nid} gets its zone ${after.node.nrZones[nid]! - 1} for the first time, and its nr_zones falls from ` +
        `${before.node.nrZones[nid]!} to ${after.node.nrZones[nid]!}.`,
    );
    return online + lost.join('');
  },
  publish: ({ result, before, after, guest }) => {
    const moved = after.zone.presentPages;
    const zones = Array.from(moved).filter((pages, c) => pages !== before.zone.presentPages[c]).length;
    const owed = sum(Array.from(after.zone.stranded)) - sum(Array.from(before.zone.stranded));
    const skipped = leftOut(guest);
    return (
      `Lookups answer from layout ${after.guest.layoutSeq}: ${some(result.deltaPages, 'page')} of the delta ` +
      `${result.deltaPages <= 1 ? 'has' : 'have'} another target, ${some(zones, 'pair')} of node and zone another size. ` +
      `Pages in use that are owed: ${sum(Array.from(before.zone.stranded))} before, ${owed >= 0 ? '+' : ''}${owed}.` +
      skipped
        .map(({ nid, zones, pages }) => ` Node ${nid} counts ${some(zones, 'zone')} and leaves out ${pages} pages.`)
        .join('')
    );
  },
  mark: ({ before, after }) =>
    `${capital(some(after.guest.marked, 'page'))} ${after.guest.marked <= 1 ? 'is' : 'are'} marked, ` +
    `${before.guest.marked} before: whoever frees one asks the layout where it belongs.`,
  sweep: ({ before, after }) => {
    const moved = after.guest.movedSweep - before.guest.movedSweep;
    const left = sum(Array.from(after.zone.misplaced));
    const rest = left === 0 ? '' : ` ${left} free pages are on a node that is not their target, and stay there.`;
    return `${capital(some(moved, 'free page'))} ${moved <= 1 ? 'goes' : 'go'} to the node of the new layout.${rest}`;
  },
  drain: ({ before, after }) => {
    const drained = sum(Array.from(before.zone.pcpPages)) - sum(Array.from(after.zone.pcpPages));
    const moved = after.guest.movedDrain - before.guest.movedDrain;
    return `${capital(some(drained, 'page'))} ${drained <= 1 ? 'leaves' : 'leave'} the per-CPU lists, ${moved} of them for another node.`;
  },
  settle: ({ before, after }) => {
    const marks = (c: Counters): number => sum(Array.from(c.zone.wmarkMin));
    const rebuilds = after.guest.zonelistRebuilds - before.guest.zonelistRebuilds;
    return (
      `Watermarks and per-CPU sizes follow the managed pages: min_free_kbytes ${before.guest.minFreeKib} to ` +
      `${after.guest.minFreeKib}, all min marks ${marks(before)} to ${marks(after)} pages. ` +
      `The zonelists ${rebuilds === 0 ? 'stay' : rebuilds === 1 ? 'are rebuilt, once' : `are rebuilt ${rebuilds} times, for each zone that gains its first page`}.`
    );
  },
};

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
