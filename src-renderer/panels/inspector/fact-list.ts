/**
 * What the inspector shows of a selection, as lines. Every figure comes from the frame by shared/view.
 */
import { compactionsOf, guestsOf, migrationsOf, PAGE_COUNTS } from '../../../shared/columns/index.ts';
import { counterName } from '../../../shared/view/counter-name.ts';
import type { GuestRecord, Snapshot } from '../../../shared/columns/index.ts';
import { isCrowded, overviewOf } from '../../../shared/view/overview.ts';
import { fullness, REGENERATION_OFF } from '../../../shared/view/words/index.ts';
import { lagsOfGuest, owedApart } from '../../../shared/view/lag.ts';
import {
  hostMatrix,
  idList,
  LaneIndex,
  memoryShares,
  nodeRows,
  owedPairs,
  vmShares,
} from '../../../shared/view/index.ts';
import type { GuestInput, HostMatrix, HostNodeRow, NodeColourTable, VmPart } from '../../../shared/view/index.ts';
import {
  bytes,
  count,
  decimal,
  exactPages,
  hexPfn,
  plural,
  seconds,
  size,
  UNKNOWN,
} from '../../../shared/view/number-format.ts';
import { percentText, permilleText, shareText, shareTexts } from '../../../shared/view/share.ts';
import type { Fact } from '../../ui/fact.ts';
import { beyondText } from '../dialogs/beyond-form.ts';

interface FactGroup {
  readonly title: string;
  readonly facts: readonly Fact[];
}

export interface FactSheet {
  /** What kind of thing it is. */
  readonly kind: string;
  readonly title: string;
  readonly subtitle: string;
  readonly groups: readonly FactGroup[];
}

export function hostNodeFacts(snapshot: Snapshot, colours: NodeColourTable, host: number, nid: number): FactSheet {
  const matrix = hostMatrix(snapshot);
  const index = matrix.nodes.findIndex((node) => node.host === host && node.nid === nid);
  const node = matrix.nodes[index]!;
  const header = snapshot.header.hosts[host]!;
  const from = header.nids.indexOf(nid);
  const label = colours.hostNodeLabel(host, nid);
  const parts = memoryShares([node]);
  const held = matrix.held[index]!;
  return {
    kind: 'Host node',
    title: `Node ${label}`,
    subtitle: `${header.name}, ${plural(node.cpus.length, 'CPU')}${node.cpus.length > 0 ? `: ${idList(node.cpus)}` : ''}`,
    groups: [
      {
        title: 'Memory',
        facts: [
          { name: 'installed', pages: node.totalPages },
          {
            name: 'used by VMs',
            hint: 'Frames that back guests, migrations included (H)',
            pages: node.usedPages,
            more: parts.used,
          },
          {
            name: 'reserved',
            pages: node.reservedPages,
            more: parts.reserved,
          },
          { name: 'free', pages: node.freePages, more: parts.free },
        ],
      },
      { title: 'VMs on it (H)', facts: vmParts(matrix, held) },
      {
        title: 'Distance to node',
        facts: header.nids.map((to, i) => ({
          name: colours.hostNodeLabel(host, to),
          colour: colours.ofHostNode(host, to),
          text: decimal(header.distances[from]?.[i] ?? 0),
        })),
      },
    ],
  };
}

/** More are in the table VM × node. */
const MAX_VMS = 60;

const pagesOf = ({ pages, copyPages }: VmPart): number => pages + copyPages;

/** Of VMs on one node: what each has there, the largest first. */
function vmParts({ vms }: HostMatrix, parts: readonly VmPart[]): readonly Fact[] {
  if (parts.length === 0) return [{ name: 'none', text: '0' }];
  const listed = parts.toSorted((a, b) => pagesOf(b) - pagesOf(a) || a.guest - b.guest);
  const facts = listed.slice(0, MAX_VMS).map((part): Fact => {
    const { name } = vms[part.guest]!;
    return {
      name,
      hint: `of ${name}, on this node (H)${part.copyPages > 0 ? ', with its second copy' : ''}`,
      pages: pagesOf(part),
      more: vmShares(vms[part.guest]!)[part.node]!,
    };
  });
  const rest = listed.slice(MAX_VMS);
  if (rest.length === 0) return facts;
  return [...facts, { name: plural(rest.length, 'smaller VM'), pages: sum(rest.map(pagesOf)) }];
}

/** Of a merged block of the host picture: its VMs with their sum, and the node that they are on. */
export function mergedFacts(
  snapshot: Snapshot,
  colours: NodeColourTable,
  { host, nid, guests }: { readonly host: number; readonly nid: number; readonly guests: readonly number[] },
): FactSheet {
  const matrix = hostMatrix(snapshot);
  const index = matrix.nodes.findIndex((node) => node.host === host && node.nid === nid);
  const node = matrix.nodes[index]!;
  const own = new Set(guests);
  const parts = matrix.held[index]!.filter(({ guest }) => own.has(guest));
  const merged = sum(parts.map(pagesOf));
  const label = colours.hostNodeLabel(host, nid);
  return {
    kind: 'Merged VMs',
    title: `${plural(parts.length, 'VM')} on node ${label}`,
    subtitle: `${size(merged)}, ${shareText(merged, node.totalPages)} of the node`,
    groups: [
      { title: 'Each, on this node (H)', facts: [...vmParts(matrix, parts), { name: 'sum', pages: merged }] },
      {
        title: `Node ${label} (H)`,
        facts: [
          { name: 'named in the picture', pages: node.usedPages - merged },
          { name: 'merged', pages: merged },
          { name: 'reserved', pages: node.reservedPages },
          { name: 'free', pages: node.freePages, more: memoryShares([node]).free },
          { name: 'installed', pages: node.totalPages },
        ],
      },
    ],
  };
}

/** More are in the list at the left. */
const MAX_NODES = 16;
/** More hosts are counted, not named. */
const MAX_TITLE = 4;

/** One of several hosts: its memory, and each of its nodes. */
export function hostFacts(snapshot: Snapshot, colours: NodeColourTable, host: number): FactSheet {
  const own = overviewOf(snapshot).hosts[host]!;
  const crowded = own.nodes.filter(isCrowded);
  const nodeName = (nid: number): string => `node ${nid}`;
  return {
    kind: 'Host',
    title: own.name,
    subtitle: `${plural(own.nodes.length, 'node')}, ${plural(own.vms, 'VM')}, ${size(own.totalPages)}`,
    groups: [
      {
        title: 'Memory (H)',
        facts: [
          { name: 'used by VMs and host', pages: own.usedPages, more: fullness(own) },
          { name: 'free', pages: own.freePages, more: shareTexts([own.usedPages, own.freePages], 0)[1]! },
          {
            name: 'away from its vCPUs',
            pages: own.awayPages,
            more: shareText(own.awayPages, own.usedPages),
            ...(own.awayPages > 0 ? { tone: 'warn' as const } : {}),
          },
          {
            name: 'owed (T ≠ A)',
            hint: 'Here by the VMs that run on the host',
            pages: own.owedPages,
            more: shareText(own.owedPages, own.usedPages),
            ...(own.owedPages > 0 ? { tone: 'warn' as const } : {}),
          },
        ],
      },
      {
        title: 'Its nodes: used (H)',
        facts: own.nodes.map((node) => ({
          name: nodeName(node.nid),
          hint: `used of ${size(node.totalPages)} on host ${nodeName(node.nid)} (H)`,
          colour: colours.ofHostNode(host, node.nid),
          pages: node.usedPages,
          more: `${fullness(node)}${node.awayPages > 0 ? `, ${size(node.awayPages)} away` : ''}`,
        })),
      },
      ...(crowded.length === 0
        ? []
        : [
            {
              title: 'Over 90 % full',
              facts: crowded.map((node) => ({ name: nodeName(node.nid), text: fullness(node) })),
            },
          ]),
    ],
  };
}

/** What the hosts hold, all together and each. */
export function hostsFacts(snapshot: Snapshot, colours: NodeColourTable): FactSheet {
  const { nodes, vms } = hostMatrix(snapshot);
  const { hosts } = snapshot.header;
  const cpus = sum(nodes.map((node) => node.cpus.length));
  const memoryOf = (title: string, own: readonly HostNodeRow[]): FactGroup => {
    const total = sum(own.map(({ totalPages }) => totalPages));
    const parts = memoryShares(own);
    return {
      title,
      facts: [
        { name: 'installed', pages: total },
        { name: 'used by VMs', pages: sum(own.map(({ usedPages }) => usedPages)), more: parts.used },
        { name: 'reserved', pages: sum(own.map((node) => node.reservedPages)), more: parts.reserved },
        { name: 'free', pages: sum(own.map(({ freePages }) => freePages)), more: parts.free },
      ],
    };
  };
  const memory =
    hosts.length === 1 || hosts.length > MAX_TITLE
      ? [memoryOf('Memory (H)', nodes)]
      : hosts.map(({ name }, h) =>
          memoryOf(
            `Memory of ${name} (H)`,
            nodes.filter(({ host }) => host === h),
          ),
        );
  const byFree = [...nodes].sort((a, b) => b.freePages - a.freePages);
  const few = nodes.length <= MAX_NODES;
  const free: FactGroup = {
    title: few ? 'Free of each node (H)' : 'Most and least free (H)',
    facts: (few ? nodes : [...byFree.slice(0, 3), ...byFree.slice(-3)]).map((node) => ({
      name: `node ${colours.hostNodeLabel(node.host, node.nid)}`,
      hint: `free of host node ${colours.hostNodeLabel(node.host, node.nid)} (H)`,
      colour: colours.ofHostNode(node.host, node.nid),
      pages: node.freePages,
      more: memoryShares([node]).free,
    })),
  };
  const byScore = [...vms].sort((a, b) => (a.largestNodeShare ?? 101) - (b.largestNodeShare ?? 101));
  const scores: FactGroup = {
    title: vms.length > MAX_NODES ? 'Least gathered VMs: largest-node share (H)' : 'VMs: largest-node share (H)',
    facts: (vms.length > MAX_NODES ? byScore.slice(0, MAX_NODES) : vms).map(
      ({ name, totalPages, largestNodeShare }) => ({
        name,
        hint: `Of ${name}'s memory, the part on its fullest host node`,
        text: percentText(largestNodeShare),
        more: `of ${size(totalPages)}`,
      }),
    ),
  };
  return {
    kind: hosts.length === 1 ? 'Host' : 'Hosts',
    title: hosts.length <= MAX_TITLE ? hosts.map(({ name }) => name).join(', ') : plural(hosts.length, 'host'),
    subtitle: `${plural(nodes.length, 'node')}, ${plural(cpus, 'CPU')}, ${plural(vms.length, 'VM')}`,
    groups: [...memory, free, ...(vms.length === 0 ? [] : [scores])],
  };
}

export function vmFacts(
  snapshot: Snapshot,
  colours: NodeColourTable,
  guest: number,
  input: GuestInput | undefined,
  tickMs: number,
): FactSheet {
  const header = guestsOf(snapshot)[guest]!;
  const matrix = hostMatrix(snapshot);
  const vm = matrix.vms[guest]!;
  const shares = vmShares(vm);
  const nodes = nodeRows(snapshot, guest);
  const { lag, moved } = header;
  const { owed, stale, pinned } = lagsOfGuest(lag);
  const regenerates = input?.regeneration.enabled ?? true;
  return {
    kind: 'Virtual machine',
    title: header.name,
    subtitle: `${size(header.validPages)} on ${snapshot.header.hosts[header.host]!.name}, ${plural(header.cpuNode.length, 'CPU')}`,
    groups: [
      {
        title: 'State',
        facts: [
          {
            name: 'score',
            text: percentText(vm.largestNodeShare),
          },
          {
            name: 'H ≠ T',
            pages: stale,
            ...(regenerates && stale > 0 ? { tone: 'warn' as const } : {}),
            ...(regenerates ? {} : { more: 'regeneration off' }),
          },
          {
            name: 'T ≠ A',
            pages: owed,
            ...(owed > 0 ? { tone: 'warn' as const } : {}),
          },
          { name: 'pinned', hint: 'Here those with T ≠ A', pages: pinned },
          {
            name: 'coalesced',
            pages: lag.coalesced,
          },
        ],
      },
      {
        title: 'Where it lives (H)',
        facts: vm.parts.map((part) => {
          const node = matrix.nodes[part.node]!;
          return {
            name: `node ${colours.hostNodeLabel(node.host, node.nid)}`,
            hint: `on host node ${colours.hostNodeLabel(node.host, node.nid)} (H)`,
            colour: colours.ofHostNode(node.host, node.nid),
            ...(part.pages === 0
              ? { pages: part.copyPages, more: 'arriving' }
              : { pages: part.pages, more: shares[part.node]! }),
          };
        }),
      },
      {
        title: 'What it sees: size (T), free (A)',
        facts: nodes
          .filter((node) => node.online || node.presentPages > 0)
          .map((node) => ({
            name: `node ${node.nid}`,
            hint: `size of guest node ${node.nid} (T)`,
            colour: colours.ofGuestNode(node, node.nid),
            pages: node.nodePresentPages,
            more: `${size(node.freePages)} free`,
          })),
      },
      {
        title: 'Memlayout and what it moved',
        facts: [
          { name: 'in force', text: `layout ${count(header.layoutSeq)}` },
          { name: 'commits', text: count(header.commits) },
          {
            name: 'swept',
            pages: moved.sweep,
            as: 'pages',
          },
          {
            name: 'drained',
            pages: moved.drain,
            as: 'pages',
          },
          {
            name: 'when freed',
            pages: moved.free,
            as: 'pages',
          },
        ],
      },
      kernel(header, sum(nodes.map(({ markedPages }) => markedPages))),
      ...(input === undefined ? [] : [settings(input, tickMs)]),
    ],
  };
}

/** The guest's kernel: its profile, its defects, what goes beyond the RFC. */
function kernel(header: GuestRecord, markedPages: number): FactGroup {
  const beyond = beyondText(header.beyond);
  return {
    title: 'Its kernel',
    facts: [
      { name: 'rules of', hint: 'Whose watermarks, per-CPU sizes and zonelists it has', text: `Linux ${header.era}` },
      header.defects.length === 0
        ? { name: 'defects', hint: 'Of the code as it was posted', text: 'none' }
        : {
            name: 'defects',
            hint: `Of the code as it was posted; Compare shows what each does\n${header.defects.join(', ')}`,
            text: header.defects.length > 2 ? `${header.defects.length} are on` : header.defects.join(', '),
            tone: 'warn',
          },
      ...(header.crashed
        ? [{ name: 'crashed', hint: 'Its memlayout files hang', text: 'by an empty commit', tone: 'bad' as const }]
        : []),
      { name: 'beyond the RFC', text: beyond === '' ? 'nothing' : beyond },
      {
        name: 'marked (A)',
        pages: markedPages,
        as: 'pages',
      },
    ],
  };
}

function settings({ regeneration, framePages, workload, dirty }: GuestInput, tickMs: number): FactGroup {
  return {
    title: 'Settings',
    facts: [
      { name: 'backed in frames of', pages: framePages, as: 'pages' },
      {
        name: 'regeneration',
        hint: regeneration.enabled
          ? 'Whether the guest gets a new layout after a move, and how long after it'
          : REGENERATION_OFF,
        text: regeneration.enabled ? `after ${seconds(regeneration.delayTicks, tickMs)}` : 'off: it is not told',
      },
      ...(regeneration.enabled
        ? [
            {
              name: 'granularity',
              hint: 'Its layout has windows of this size; each is given to the node that holds most of it',
              pages: regeneration.granularityPages,
              as: 'pages' as const,
            },
          ]
        : []),
      ...(workload === null
        ? [{ name: 'workload', text: 'none' }]
        : [
            { name: 'memory in use', hint: 'What its workload keeps', text: permilleText(workload.occupancyPermille) },
            { name: 'of it kernel', hint: 'Never freed, and so pinned', text: permilleText(workload.kernelPermille) },
            { name: 'of it huge pages', text: permilleText(workload.hugePermille) },
          ]),
      {
        name: 'dirties',
        hint: 'Pages written a second, in its working set',
        text: `${count(dirty.pagesPerSec)} pages/s`,
      },
      { name: 'working set', pages: dirty.workingSetPages },
    ],
  };
}

const ZONE_FACTS = ['presentPages', 'freePages', 'wmarkMin', 'wmarkLow', 'wmarkHigh'] as const;

export function guestNodeFacts(snapshot: Snapshot, colours: NodeColourTable, guest: number, nid: number): FactSheet {
  const header = guestsOf(snapshot)[guest]!;
  const nodes = nodeRows(snapshot, guest);
  const node = nodes.find((each) => each.nid === nid)!;
  const stands = node.standsFor;
  const pairs = owedPairs(snapshot, guest).filter(
    ({ from, to, pages, pinned }) => (from === nid || to === nid) && pages + pinned > 0,
  );
  const colour = (of: number): Pick<Fact, 'colour'> => ({
    colour: colours.ofGuestNode(
      nodes.find((each) => each.nid === of),
      of,
    ),
  });
  return {
    kind: 'Guest node',
    title: `Node ${nid} of ${header.name}`,
    subtitle: `${node.online ? 'online' : 'offline'}, ${
      stands === null
        ? 'stands for no host node'
        : `stands for host node ${colours.hostNodeLabel(stands.host, stands.nid)}`
    }`,
    groups: [
      {
        title: 'Pages',
        facts: [
          ...PAGE_COUNTS.map((count) => ({ name: counterName(count), pages: node[count] })),
          {
            name: 'spanned (A)',
            pages: node.spannedPages,
          },
        ],
      },
      {
        title: 'Owed (T ≠ A)',
        facts:
          pairs.length === 0
            ? [{ name: 'nothing', text: '0' }]
            : pairs.map(({ from, to, pages, pinned }) => ({
                ...(from === nid
                  ? { name: `by it to node ${to}`, ...colour(to) }
                  : { name: `to it by node ${from}`, ...colour(from) }),
                hint: `booked on node ${from} (A), belong to node ${to} (T)`,
                pages,
                ...(pinned > 0 ? { more: `+ ${exactPages(pinned)} pinned` } : {}),
              })),
      },
      ...node.zones
        .filter((zone) => zone.presentPages > 0 || zone.freePages > 0)
        .map((zone) => ({
          title: `Zone ${zone.zoneName}`,
          facts: ZONE_FACTS.map((figure) => ({ name: counterName(figure), pages: zone[figure] })),
        })),
    ],
  };
}

export function pageRangeFacts(
  snapshot: Snapshot,
  colours: NodeColourTable,
  guest: number,
  fromPfn: number,
  toPfn: number,
): FactSheet {
  const header = guestsOf(snapshot)[guest]!;
  const index = new LaneIndex(snapshot, guest);
  const lanes = index.counted(Float64Array.of(fromPfn, toPfn));
  const nodes = nodeRows(snapshot, guest);
  const pages = toPfn - fromPfn;
  const hex = (pfn: number): string => hexPfn(pfn, header.nrPages);
  const guestNode = (nid: number): Pick<Fact, 'name' | 'colour'> => ({
    name: `node ${nid}`,
    colour: colours.ofGuestNode(
      nodes.find((each) => each.nid === nid),
      nid,
    ),
  });
  const line = (n: number, more = shareText(n, pages)): Pick<Fact, 'pages' | 'as' | 'more'> => ({
    ...{ pages: n, as: 'pages', more },
  });
  /** Of what stands in a map, each with its part of the range; holes are the rest. */
  const lines = (parts: readonly number[]): Pick<Fact, 'pages' | 'as' | 'more'>[] => {
    const texts = shareTexts([...parts, pages - sum(parts)]);
    return parts.map((n, i) => line(n, texts[i]));
  };
  const inHost = lines(lanes.hostBands.map((band) => band.pages[0]!));
  const inTarget = lines(lanes.targetBands.map((band) => band.pages[0]!));
  const inActual = lines(
    lanes.actualBands.map((band) => band.usedPages[0]! + band.freePages[0]! + band.pinnedPages[0]!),
  );
  const stranded = owedApart({
    owedPages: lanes.owedPages[0] ?? 0,
    owedPinnedPages: sum(lanes.actualBands.map(({ owedPinnedPages }) => owedPinnedPages[0]!)),
  });
  const holes = pages - sum(lanes.hostBands.map((band) => band.pages[0]!));
  return {
    kind: `Pages of ${header.name}`,
    title: `${hex(fromPfn)} – ${hex(toPfn - 1)}`,
    subtitle: `${exactPages(pages)}, ${size(pages)}`,
    groups: [
      {
        title: 'Range',
        facts: [
          { name: 'first pfn', text: hex(fromPfn), more: count(fromPfn), mono: true },
          ...(holes > 0 ? [{ name: 'holes', hint: 'No memory; in no map but T', ...line(holes) }] : []),
          { name: 'last pfn', text: hex(toPfn - 1), more: count(toPfn - 1), mono: true },
        ],
      },
      {
        title: 'H, where they live: host node',
        facts: lanes.hostBands.map(({ host, nid }, i) => ({
          name: `node ${colours.hostNodeLabel(host, nid)}`,
          colour: colours.ofHostNode(host, nid),
          ...inHost[i]!,
        })),
      },
      {
        title: 'T, where the memlayout says',
        facts: lanes.targetBands.map(({ nid }, i) => ({ ...guestNode(nid), ...inTarget[i]! })),
      },
      {
        title: 'A, where they are booked',
        facts: index.hasBlocks
          ? [
              ...lanes.actualBands.map((band, i) => ({
                ...guestNode(band.nid),
                hint: 'used, free and pinned, by pageblock',
                ...inActual[i]!,
              })),
              { name: 'free', ...line(sum(lanes.actualBands.map(({ freePages }) => freePages[0]!))) },
              { name: 'pinned', ...line(sum(lanes.actualBands.map(({ pinnedPages }) => pinnedPages[0]!))) },
              {
                name: 'owed',
                hint: 'T ≠ A, in use until freed',
                ...line(stranded.owed),
                ...(stranded.owed > 0 ? { tone: 'warn' as const } : {}),
              },
              { name: 'of pinned, T ≠ A', hint: 'Never freed: they stay booked there', ...line(stranded.pinned) },
            ]
          : [{ name: 'not in this frame', text: UNKNOWN }],
      },
    ],
  };
}

export function migrationFacts(snapshot: Snapshot, index: number): FactSheet | null {
  const row = migrationsOf(snapshot)[index];
  if (row === undefined) return null;
  const { tickMs } = snapshot.header;
  return {
    kind: 'Migration',
    title: row.vm,
    subtitle: `${row.fromHost} to ${row.toHost}, ${row.phase === 'switchOver' ? 'switching over' : row.phase}`,
    groups: [
      {
        title: 'Course',
        facts: [
          { name: 'began', text: seconds(row.startTick, tickMs) },
          { name: 'ended', text: row.endTick === null ? UNKNOWN : seconds(row.endTick, tickMs) },
          { name: 'rounds', text: count(row.rounds.length) },
          { name: 'sent', text: bytes(row.sentBytes) },
          { name: 'downtime', text: row.downtimeMs === null ? UNKNOWN : `${decimal(row.downtimeMs)} ms` },
        ],
      },
      {
        title: 'Rounds: sent, found dirty after',
        facts: row.rounds.map((round, i) => ({
          name: `round ${i}`,
          text: bytes(round.bytesSent),
          more: round.dirtyBytes === null ? UNKNOWN : bytes(round.dirtyBytes),
        })),
      },
    ],
  };
}

export function compactionFacts(snapshot: Snapshot, index: number): FactSheet | null {
  const row = compactionsOf(snapshot)[index];
  if (row === undefined) return null;
  const { tickMs } = snapshot.header;
  return {
    kind: 'Compaction',
    title: row.vm,
    subtitle: `to node ${idList(row.nodes)}, ${row.phase}`,
    groups: [
      {
        title: 'Course',
        facts: [
          { name: 'began', text: seconds(row.startTick, tickMs) },
          { name: 'ended', text: row.endTick === null ? UNKNOWN : seconds(row.endTick, tickMs) },
          { name: 'moved', pages: row.movedPages, hint: 'Pages whose frame is now on those nodes (H)' },
          { name: 'left elsewhere', pages: row.leftPages, hint: 'Pages on other nodes (H)' },
        ],
      },
    ],
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
