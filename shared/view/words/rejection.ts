/** Command rejections in words. */
import type { LayoutRange } from '../../model/config.ts';
import type { LayoutProblem, Rejection, RejectionSlug } from '../../model/rejection.ts';
import { idList } from '../id-list.ts';
import { count, exactPages, plural } from '../number-format.ts';
import { capital, nodesText } from './part.ts';
import type { MemberOf } from './part.ts';

type RejectionOf<S extends RejectionSlug> = MemberOf<Rejection, 'slug', S>;

export function rejectionText(rejection: Rejection): string {
  const words = WORDS[rejection.slug] as (rejection: Rejection) => string;
  return words(rejection);
}

const WORDS: { readonly [S in RejectionSlug]: (rejection: RejectionOf<S>) => string } = {
  'command-invalid': ({ message }) => message,
  busy: () => 'The run is being brought to another tick; wait for it or cancel it.',
  'law-broken': () => 'A law of the world is broken, so nothing more can come of it. Undo, or open the scenario again.',
  'vm-unknown': ({ vm }) => `There is no VM named ${vm}.`,
  'vm-compacting': ({ vm }) => `${vm} is being compacted.`,
  'vm-migrating': ({ vm }) => `${vm} is being migrated.`,
  'compact-none': ({ vm }) => `${vm} has no compaction under way.`,
  'migrate-none': ({ vm }) => `${vm} has no migration under way.`,
  'nodes-empty': () => 'At least one host node is needed.',
  'node-unknown': ({ host, nid }) => `Host ${host} has no node ${nid}.`,
  'bound-apart': ({ vm }) => `The cells of ${vm} are bound to nodes of their own, so it cannot be gathered as a whole.`,
  'bound-elsewhere': ({ vm, nodes, bound }) =>
    `${vm} is bound to ${nodesText(bound)}; it cannot move to ${nodesText(nodes)} while the binding holds. Change the binding, or choose among ${nodesText(bound)}.`,
  'bound-node-missing': ({ vm, toHost, nodes, has, fitsOn }) => {
    const remap =
      fitsOn === null
        ? 'none of them, nor all together, have room for it now'
        : `it fits on ${nodesText(fitsOn)} (--migrate ${vm}=${toHost}:${idList(fitsOn)}), or there without a binding`;
    return `${vm} is bound to ${nodesText(nodes)}, which host ${toHost} does not have: libvirt would refuse the migration. Name the nodes of ${toHost} that its memory is remapped to, of ${nodesText(has)}: ${remap}.`;
  },
  'node-no-memory': ({ host, nid }) => `Node ${nid} of host ${host} has no memory.`,
  'compact-frames-per-tick': ({ framesPerTick }) => `A compaction moves 1 or more frames a tick, not ${framesPerTick}.`,
  'migrate-host-unknown': ({ toHost }) => `There is no host ${toHost}.`,
  'migrate-same-host': ({ vm, host }) => `${vm} is on host ${host} already.`,
  'migrate-no-link': ({ fromHost, toHost }) => `No link joins hosts ${fromHost} and ${toHost}.`,
  'migrate-no-room': ({ vm, toHost, nodes, shortPages }) => {
    const where = nodes === null ? `host ${toHost}` : `${nodesText(nodes)} of host ${toHost}`;
    return `${vm} is ${exactPages(shortPages)} too large for what is free on ${where}.`;
  },
  'migrate-downtime-limit': () => 'The downtime limit is 0 ms or more.',
  'migrate-bandwidth': () => 'The bandwidth limit is 0 (none) or more.',
  'migrate-rounds': () => 'A migration needs at least 1 round.',
  'plug-busy': ({ vm }) => `${vm} is being compacted or migrated; memory can be plugged in when that is over.`,
  'plug-no-room': ({ vm, host, nodes, wantedPages, freePages }) =>
    `${vm} cannot have ${count(wantedPages)} more pages: ${count(freePages)} are free on ${nodesText(nodes)} of host ${host}.`,
  'plug-commit': ({ vm, seq }) => `${vm} is committing layout ${seq}.`,
  'dimm-unknown': ({ vm, dimm, dimms }) =>
    `${vm} has ${dimms === 0 ? 'no DIMMs' : dimms === 1 ? 'DIMM 0 alone' : `DIMMs 0 to ${dimms - 1}`}, none with number ${dimm}.`,
  'dimm-plugged': ({ vm, dimm }) => `DIMM ${dimm} of ${vm} is plugged in already.`,
  'dimm-none': ({ pfn }) => `There is no DIMM at pfn ${pfn} to be plugged in.`,
  'layout-invalid': ({ problems }) => `${capital(problems.map(layoutProblemText).join('; '))}.`,
  'commit-under-way': ({ vm, seq, step, dueTick }) =>
    `${vm} is committing layout ${seq}: its step "${step}" is due at tick ${count(dueTick)}, and one commit is carried out at a time.`,
  'hold-not-free': ({ pfn, order }) => `${capital(blockText(pfn, order))} not wholly one free block.`,
  'release-not-held': ({ pfn, order }) => `${capital(blockText(pfn, order))} not held by hand.`,
  'write-too-many': ({ writes, maxWrites }) =>
    `One line makes at most ${plural(maxWrites, 'write')}, this one ${count(writes)}.`,
};

/** With its verb. */
const blockText = (pfn: number, order: number): string =>
  order === 0 ? `the page at pfn ${pfn} is` : `the ${count(2 ** order)} pages from pfn ${pfn} on are`;

const rangeText = ({ start, end, nid }: LayoutRange): string => `{${start}-${end}}:${nid}`;

function layoutProblemText(problem: LayoutProblem): string {
  switch (problem.slug) {
    case 'layout-empty':
      return 'a layout needs at least one range';
    case 'layout-range-empty':
      return `range ${rangeText(problem.range)} ends before it has a page`;
    case 'layout-range-outside':
      return `range ${rangeText(problem.range)} is outside pfns 0 to ${problem.nrPages}`;
    case 'layout-nid':
      return `range ${rangeText(problem.range)} names a node outside 0 to ${problem.nrNodeIds - 1}`;
    case 'layout-overlap':
      return `range ${rangeText(problem.range)} overlaps ${rangeText(problem.other)}`;
  }
}
