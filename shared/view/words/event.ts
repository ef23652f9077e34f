/** Events in words: a title for each kind of event, and a sentence for each event. */
import type { WorldEvent, WorldEventData, WorldEventOf, WorldEventType } from '../../model/event.ts';
import { bytes, count, exactPages } from '../number-format.ts';
import { idList } from '../id-list.ts';
import { COMMAND_NAMES } from './command.ts';
import { cancelledText, completedText, DIRTY_UNKNOWN, failedText } from './migration.ts';
import { msText, nodesText, pagesAndSize } from './part.ts';
import { rejectionText } from './rejection.ts';

const TITLES: Readonly<Record<WorldEventType, string>> = {
  commandApplied: 'command',
  commandRejected: 'command rejected',
  compactionStarted: 'compaction started',
  compactionCompleted: 'compaction done',
  compactionStalled: 'compaction stalled',
  compactionCancelled: 'compaction cancelled',
  migrationStarted: 'migration started',
  migrationRound: 'migration round',
  migrationSwitchOver: 'switch-over',
  migrationCompleted: 'migration done',
  migrationCancelled: 'migration cancelled',
  migrationFailed: 'migration failed',
  layoutDelivered: 'layout delivered',
  layoutCommitted: 'layout committed',
  nodeOnline: 'node online',
  zoneCreated: 'zone created',
  memoryPlugged: 'memory plugged in',
};

export const eventTitle = (type: WorldEventType): string => TITLES[type];

export function eventText(event: WorldEvent): string {
  const words = WORDS[event.type] as (event: WorldEvent) => string;
  return words(event);
}

const gathered = (data: { readonly movedPages: number; readonly leftPages: number }): string =>
  `${exactPages(data.movedPages)} moved, ${count(data.leftPages)} left elsewhere.`;

const place = ({ host, nodes }: { readonly host: string; readonly nodes: readonly number[] }): string =>
  `host ${host} ${nodesText(nodes)}`;

const WORDS: { readonly [T in WorldEventType]: (event: WorldEventOf<T>) => string } = {
  commandApplied: ({ vm, data }) => `${COMMAND_NAMES[data.command]}: applied to ${vm}.`,
  commandRejected: ({ data }) =>
    `${COMMAND_NAMES[data.command]} of ${data.vm} rejected: ${rejectionText(data.rejection)}`,
  compactionStarted: ({ vm, data }) => `${vm} gathers ${exactPages(data.leftPages)} on ${place(data)}.`,
  compactionCompleted: ({ vm, data }) => `${vm} is gathered on ${place(data)}: ${gathered(data)}`,
  compactionStalled: ({ vm, data }) =>
    `${vm} cannot be gathered on ${place(data)}, no frame is free there: ${gathered(data)}`,
  compactionCancelled: ({ vm, data }) => `${vm} is no longer being gathered on ${place(data)}: ${gathered(data)}`,
  migrationStarted: ({ vm, data }) =>
    `${vm} starts to migrate from host ${data.fromHost} to ${nodesText(data.nodes)} of host ${data.toHost}.`,
  migrationRound: ({ vm, data }) =>
    `${vm} sent ${bytes(data.sentBytes)} in round ${count(data.round)} of its migration and dirtied ${bytes(data.dirtyBytes)}.`,
  migrationSwitchOver: ({ vm, data }) =>
    data.expectedMs === null
      ? `${vm} is paused for the last pass of its migration; for how long is ${DIRTY_UNKNOWN}.`
      : `${vm} is paused for the last ${bytes(data.dirtyBytes)} of its migration, ${msText(data.expectedMs)}.`,
  migrationCompleted: ({ vm, data }) => `${vm} is on host ${data.host} now. ${completedText(data)}`,
  migrationCancelled: ({ vm, data }) => `${vm} stays on host ${data.host}. ${cancelledText(data)}`,
  migrationFailed: ({ vm, data }) => `${vm} stays on host ${data.host}. ${failedText(data)}`,
  layoutDelivered: ({ vm, data: { ranges, sharedHostNodes, nrNodeIds } }) => {
    const shared =
      sharedHostNodes.length === 0
        ? ''
        : `; host ${nodesText(sharedHostNodes)} ${sharedHostNodes.length === 1 ? 'shares' : 'share'} a guest node with another, it has ${count(nrNodeIds)} node ids`;
    return `The host delivers ${vm} a new layout of ${count(ranges)} ${ranges === 1 ? 'range' : 'ranges'}${shared}.`;
  },
  layoutCommitted: ({ vm, data }) =>
    `${vm} commits layout ${data.seq}: ${exactPages(data.deltaPages)} change target, ` +
    `${count(data.movedSweepPages + data.movedDrainPages)} free ones move at once, ${count(data.strandedPages)} in use are stranded.`,
  nodeOnline: ({ vm, data }) => `${vm}: node ${data.nid} comes online.`,
  zoneCreated: ({ vm, data }) => `${vm}: node ${data.nid} zone ${data.zone} gets pages.`,
  memoryPlugged: ({ vm, data: { pages, start, nodes } }) =>
    `${vm} gets ${exactPages(pages)} more from pfn ${start} on; its kernel adds them to ${nodesText(nodes)}.`,
};

/** One figure of an event, named. */
export interface EventFact {
  readonly name: string;
  readonly text: string;
}

/** The data of an event, figure by figure. */
export function eventFacts({ data }: WorldEvent): EventFact[] {
  return Object.entries(data).map(([key, value]) => {
    const [name, words] = FACTS[key as DataKey] as readonly [string, (value: unknown) => string];
    return { name, text: words(value) };
  });
}

type Data = WorldEventData[WorldEventType];
type DataKey = Data extends infer D ? (D extends Data ? keyof D : never) : never;
type DataOf<K extends DataKey> = Extract<Data, Readonly<Record<K, unknown>>>[K];

const name = (text: string): string => text;
const pauseText = (ms: number | null): string => (ms === null ? DIRTY_UNKNOWN : msText(ms));
const listed = (nids: readonly number[]): string => (nids.length === 0 ? 'none' : idList(nids));

const FACTS: { readonly [K in DataKey]: readonly [string, (value: DataOf<K>) => string] } = {
  command: ['command', (type) => COMMAND_NAMES[type]],
  vm: ['VM', name],
  rejection: ['why', rejectionText],
  host: ['host', name],
  fromHost: ['from host', name],
  toHost: ['to host', name],
  nodes: ['nodes', listed],
  leftPages: ['left elsewhere', pagesAndSize],
  movedPages: ['moved', pagesAndSize],
  framesPerTick: ['frames a tick', count],
  pages: ['memory', pagesAndSize],
  extents: ['runs of frames', count],
  round: ['round', count],
  rounds: ['rounds', count],
  sentBytes: ['sent', bytes],
  dirtyBytes: ['dirty', bytes],
  expectedMs: ['expected pause', pauseText],
  downtimeMs: ['downtime', pauseText],
  downtimeLimitMs: ['downtime limit', msText],
  leastLimitMs: ['limit that would have sufficed', msText],
  ranges: ['ranges', count],
  sharedHostNodes: ['host nodes that share a guest node', listed],
  nrNodeIds: ['node ids of the guest', count],
  seq: ['layout', count],
  deltaPages: ['change target', pagesAndSize],
  movedSweepPages: ['moved by the sweep', pagesAndSize],
  movedDrainPages: ['moved by the drain', pagesAndSize],
  strandedPages: ['stranded', pagesAndSize],
  nid: ['node', String],
  zone: ['zone', name],
  start: ['first pfn', String],
};
