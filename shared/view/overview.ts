/**
 * All hosts of a world in one picture: of each node how full it is and how much of its memory is away from the vCPUs that
 * use it; of each host what its VMs owe. All counts are 4 KiB pages.
 *
 * (a) Used is all that is not free: what VMs have, second copies included, and what the host reserves.
 * (b) A vCPU is taken to run on the host node that its guest node stands for; the host's scheduler is not simulated. A page
 *     of a VM is *away* when no vCPU of that VM runs on its host node (H). Of a VM of which no vCPU has a known place,
 *     nothing is away. Second copies are not in use yet, so they are not away.
 * (c) Owed pages (T ≠ A) count for the host where their VM runs. Pinned ones are apart, as everywhere.
 */
import { lagsOfGuest } from './lag.ts';
import { guestsOf, rowsOf } from '../columns/index.ts';
import type { Snapshot } from '../columns/index.ts';
import { hostMatrix } from './host.ts';

export interface OverviewNode {
  /** Index into the matrix's nodes. */
  readonly index: number;
  readonly nid: number;
  readonly totalPages: number;
  readonly usedPages: number;
  readonly freePages: number;
  readonly awayPages: number;
}

interface OverviewCounts {
  readonly vms: number;
  readonly totalPages: number;
  readonly usedPages: number;
  readonly freePages: number;
  readonly awayPages: number;
  readonly owedPages: number;
}

export interface OverviewHost extends OverviewCounts {
  readonly host: number;
  readonly name: string;
  readonly nodes: readonly OverviewNode[];
}

export interface Overview {
  readonly hosts: readonly OverviewHost[];
  readonly sum: OverviewCounts & { readonly nodes: number };
}

/** A snapshot does not change, and table and picture ask for the same. */
const KNOWN = new WeakMap<Snapshot, Overview>();

export function overviewOf(snapshot: Snapshot): Overview {
  let overview = KNOWN.get(snapshot);
  if (overview === undefined) KNOWN.set(snapshot, (overview = makeOverview(snapshot)));
  return overview;
}

function makeOverview(snapshot: Snapshot): Overview {
  const { nodes, vms } = hostMatrix(snapshot);
  const guests = guestsOf(snapshot);
  const away = nodes.map(() => 0);
  const ofHost = snapshot.header.hosts.map(() => ({ vms: 0, owedPages: 0 }));
  vms.forEach(({ guest, host, parts }) => {
    const own = ofHost[host];
    if (own !== undefined) {
      own.vms++;
      own.owedPages += lagsOfGuest(guests[guest]!.lag).owed;
    }
    const homes = placesOfCpus(snapshot, guest);
    if (homes.size === 0) return;
    for (const { node, pages } of parts) {
      if (!homes.has(placeKey(nodes[node]!.host, nodes[node]!.nid))) away[node] = away[node]! + pages;
    }
  });
  const hosts = snapshot.header.hosts.map(({ name }, host): OverviewHost => {
    const own: OverviewNode[] = [];
    nodes.forEach(({ host: h, nid, totalPages, freePages }, index) => {
      if (h !== host) return;
      own.push({ index, nid, totalPages, freePages, usedPages: totalPages - freePages, awayPages: away[index]! });
    });
    const sum = (of: 'totalPages' | 'usedPages' | 'freePages' | 'awayPages'): number => total(own, of);
    return {
      ...{ host, name, nodes: own, ...ofHost[host]! },
      ...{ totalPages: sum('totalPages'), usedPages: sum('usedPages') },
      ...{ freePages: sum('freePages'), awayPages: sum('awayPages') },
    };
  });
  return { hosts, sum: { nodes: nodes.length, ...sumOf(hosts) } };
}

/** The host nodes on which some vCPU of the guest runs, by (b). */
function placesOfCpus(snapshot: Snapshot, guest: number): ReadonlySet<number> {
  const stands = new Map<number, number>();
  const [first, end] = rowsOf(snapshot, 'nodes', guest);
  const { nid, host, hostNid } = snapshot.tables.nodes.columns;
  for (let row = first; row < end; row++) {
    if (host[row]! >= 0) stands.set(nid[row]!, placeKey(host[row]!, hostNid[row]!));
  }
  const places = new Set<number>();
  const [firstCpu, endCpu] = rowsOf(snapshot, 'vcpus', guest);
  for (let row = firstCpu; row < endCpu; row++) {
    const place = stands.get(snapshot.tables.vcpus.columns.nid[row]!);
    if (place !== undefined) places.add(place);
  }
  return places;
}

const placeKey = (host: number, nid: number): number => host * 65536 + nid;

/** Sums over some hosts: the last row of a table of them. */
const sumOf = (hosts: readonly OverviewCounts[]): OverviewCounts => ({
  vms: total(hosts, 'vms'),
  totalPages: total(hosts, 'totalPages'),
  usedPages: total(hosts, 'usedPages'),
  freePages: total(hosts, 'freePages'),
  awayPages: total(hosts, 'awayPages'),
  owedPages: total(hosts, 'owedPages'),
});

const total = <K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number =>
  rows.reduce((sum, row) => sum + row[key], 0);

/** Of a node or a host: 0 to 1. */
export const usedShare = ({ usedPages, totalPages }: Pick<OverviewNode, 'usedPages' | 'totalPages'>): number =>
  totalPages === 0 ? 0 : usedPages / totalPages;

/** Over 90 % full. */
export const isCrowded = (node: Pick<OverviewNode, 'usedPages' | 'totalPages'>): boolean =>
  10 * node.usedPages > 9 * node.totalPages;

/** The hosts of which every word of the filter is in the name, or in the name of a VM that runs there. */
export function fittingHosts(snapshot: Snapshot, filter: string): ReadonlySet<number> {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const all = snapshot.header.hosts.map((_, host) => host);
  if (words.length === 0) return new Set(all);
  const names = snapshot.header.hosts.map(({ name }) => [name.toLowerCase()]);
  for (const { name, host } of guestsOf(snapshot)) names[host]?.push(name.toLowerCase());
  return new Set(all.filter((host) => words.every((word) => names[host]!.some((name) => name.includes(word)))));
}

export const OVERVIEW_ORDERS = ['named', 'away', 'fullest', 'owed'] as const;
export type OverviewOrder = (typeof OVERVIEW_ORDERS)[number];

/** Hosts that are alike stay in the order in which they are named. */
export function inOrder(hosts: readonly OverviewHost[], order: OverviewOrder): readonly OverviewHost[] {
  if (order === 'named') return hosts;
  const key = { away: awayOf, fullest: usedShare, owed: owedOf }[order];
  return hosts.toSorted((a, b) => key(b) - key(a) || a.host - b.host);
}

const awayOf = ({ awayPages }: OverviewHost): number => awayPages;
const owedOf = ({ owedPages }: OverviewHost): number => owedPages;

/** Why a host stands out among all. */
export interface Standout {
  readonly host: OverviewHost;
  /** Its nodes over 90 % full, and its emptiest where one of the others is at most half used. */
  readonly crowded: readonly OverviewNode[];
  readonly roomy: OverviewNode | null;
}

/**
 * The host with the most memory away from its vCPUs; where nothing is away, the one with the fullest node beside one with
 * room; where there is none, the one that owes most. Null: no host has any of these.
 */
export function standout({ hosts }: Pick<Overview, 'hosts'>): Standout | null {
  const most = (of: (host: OverviewHost) => number): OverviewHost | null => {
    const best = hosts.reduce<OverviewHost | null>(
      (found, each) => (found !== null && of(found) >= of(each) ? found : each),
      null,
    );
    return best !== null && of(best) > 0 ? best : null;
  };
  const unbalanced = (host: OverviewHost): number =>
    roomyOf(host) === null
      ? 0
      : host.nodes.filter(isCrowded).reduce((fullest, node) => Math.max(fullest, usedShare(node)), 0);
  const host = most(awayOf) ?? most(unbalanced) ?? most(owedOf);
  return host === null ? null : { host, crowded: host.nodes.filter(isCrowded), roomy: roomyOf(host) };
}

function roomyOf({ nodes }: OverviewHost): OverviewNode | null {
  const roomy = nodes.filter((node) => node.totalPages > 0 && 2 * node.usedPages <= node.totalPages);
  return roomy.reduce<OverviewNode | null>(
    (found, each) => (found !== null && usedShare(found) <= usedShare(each) ? found : each),
    null,
  );
}
