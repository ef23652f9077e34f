/** The inputs of a run: hosts, VMs and their workloads, links, seed. */
import { guestsOf } from '../../shared/columns/index.ts';
import { hostNodeRows, idList } from '../../shared/view/index.ts';
import type { GuestInput, HostNodeRow, RunRecord, WorkloadInput } from '../../shared/view/index.ts';
import { hostLetter } from '../../shared/view/index.ts';
import { h } from './markup.ts';
import type { Child } from './markup.ts';
import { bytes, count, decimal, seconds, size, UNKNOWN } from '../../shared/view/number-format.ts';
import { permilleText } from '../../shared/view/share.ts';
import { name, number, pages, table, text, wide } from './table.ts';

/** Distances are printed up to this many nodes. */
const MAX_MATRIX_NODES = 16;

export function inputSection(record: RunRecord): Child {
  const { hosts } = record.before.header;
  const guests = guestsOf(record.before);
  return [
    record.description === '' ? null : h('p', {}, record.description),
    h(
      'p',
      { class: 'soft' },
      `Seed ${record.seed} · one tick is ${decimal(record.tickMs)} ms · a page is 4 KiB. Sizes are in MiB (2²⁰ bytes) or GiB (2³⁰ bytes); point at one for its exact pages.`,
    ),
    h(
      'div',
      { class: 'row' },
      hostTable(record),
      hosts.map((host, i) =>
        host.nids.length > 1 && host.nids.length <= MAX_MATRIX_NODES ? distanceTable(record, i) : null,
      ),
    ),
    guests.length === 0 ? h('p', {}, 'No VM.') : guestTable(record),
    record.inputs.links.length === 0 ? null : linkTable(record),
  ];
}

function hostTable(record: RunRecord): Child {
  const several = record.before.header.hosts.length > 1;
  const rows = alikeNodes(record).map(([first, ...others]) => [
    name(several ? `${hostLetter(first.host)} ${first.hostName}` : first.hostName),
    wide(idList([first, ...others].map((node) => node.nid))),
    wide(idList([first, ...others].flatMap((node) => node.cpus).sort((a, b) => a - b)) || 'none'),
    number(first.cpus.length),
    pages(first.totalPages),
    pages(first.reservedPages),
  ]);
  return table({
    caption: several ? 'Hosts. The letter stands for the host wherever its nodes are drawn.' : 'Host',
    head: ['host', 'node', 'CPUs', { n: 'CPUs each' }, { n: 'memory each' }, { n: 'kept by the host' }],
    rows,
  });
}

type NonEmpty<T> = readonly [T, ...T[]];

/** Host nodes one by one, or on hosts with many nodes those that are alike together, as lstopo factorizes. */
function alikeNodes(record: RunRecord): NonEmpty<HostNodeRow>[] {
  const groups = new Map<string, [HostNodeRow, ...HostNodeRow[]]>();
  for (const node of hostNodeRows(record.before)) {
    const many = record.before.header.hosts[node.host]!.nids.length > MAX_MATRIX_NODES;
    const key = [node.host, many ? '' : node.nid, node.cpus.length, node.totalPages, node.reservedPages].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups.values()];
}

function distanceTable(record: RunRecord, host: number): Child {
  const { name: hostName, nids, distances } = record.before.header.hosts[host]!;
  const rows = nids.map((nid, i) => [name(`node ${nid}`), ...nids.map((_, j) => number(distances[i]?.[j] ?? null))]);
  return table({
    caption: `Distances in ${hostName}, from row to column; 10 is local`,
    head: ['', ...nids.map((nid) => ({ n: String(nid) }))],
    rows,
  });
}

function guestTable(record: RunRecord): Child {
  const { hosts } = record.before.header;
  const guests = guestsOf(record.before);
  const rows = guests.map((guest, i) => {
    const input = record.inputs.guests[i];
    return [
      name(guest.name),
      text(hosts[guest.host]!.name),
      pages(guest.validPages),
      number(guest.cpuNode.length),
      number(guest.nrNodeIds),
      wide(input === undefined ? UNKNOWN : workloadText(input.workload, record.tickMs)),
      wide(input === undefined ? UNKNOWN : dirtyText(input)),
      wide(input === undefined ? UNKNOWN : regenerationText(input, record.tickMs)),
    ];
  });
  return table({
    caption: 'VMs',
    head: [
      'VM',
      'host',
      { n: 'memory' },
      { n: 'vCPUs' },
      { n: 'possible nodes' },
      'workload',
      'writes, as a migration sees them',
      'layout delivery',
    ],
    rows,
  });
}

function workloadText(workload: WorkloadInput | null, tickMs: number): string {
  if (workload === null) return 'none';
  const { lifetime: life } = workload;
  const law =
    life.law === 'exponential'
      ? `exponential lifetimes, mean ${seconds(life.meanTicks, tickMs)}`
      : `heavy-tailed (Lomax) lifetimes, alpha ${decimal(life.alpha)}, scale ${seconds(life.scaleTicks, tickMs)}`;
  return `holds ${permilleText(workload.occupancyPermille)} of memory: ${permilleText(workload.kernelPermille)} kernel, of the rest ${permilleText(workload.hugePermille)} huge; ${law}`;
}

const dirtyText = ({ dirty }: GuestInput): string =>
  dirty.pagesPerSec === 0
    ? 'none'
    : `${size(dirty.pagesPerSec)}/s over a working set of ${size(dirty.workingSetPages)}`;

const regenerationText = ({ regeneration }: GuestInput, tickMs: number): string =>
  regeneration.enabled
    ? `after ${seconds(regeneration.delayTicks, tickMs)}, with a granularity of ${size(regeneration.granularityPages)}`
    : 'off';

function linkTable(record: RunRecord): Child {
  const rows = record.inputs.links.map((link) => [
    name(link.name),
    text(link.hosts[0]),
    text(link.hosts[1]),
    number(`${bytes(link.bytesPerSec)}/s`),
    number(`${count(link.bytesPerSec)}`),
  ]);
  return table({ caption: 'Links', head: ['link', 'between', 'and', { n: 'rate' }, { n: 'bytes/s' }], rows });
}
