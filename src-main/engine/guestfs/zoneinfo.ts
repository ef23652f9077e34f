/** /proc/zoneinfo, by the era's list of lines (mm/era-fields.ts says how they are put together). */
import { type EraFields, ERA_FIELDS } from '../mm/era-fields.ts';
import { NR_ZONES } from '../mm/index.ts';
import { cellOf, type Mm } from '../mm/mm.ts';
import { freeOf, isPopulated, managedOf, onlineNodes, presentOf } from './belief.ts';
import { nodeStat, zoneStat } from './vm-stat.ts';

/** sysctl_lowmem_reserve_ratio of x86_64, by zone. */
const LOWMEM_RESERVE_RATIO = [256, 256, 32] as const;
const PAGES_PER_128_MIB = 32768;
const PAGES_PER_GIB = 262144;
const MOST_THRESHOLD = 125;

export function zoneinfo(mm: Mm): string {
  const era = ERA_FIELDS[mm.config.profile.era];
  const lines: string[] = [];
  for (const nid of onlineNodes(mm)) {
    let first = true;
    era.zones.forEach((name, zone) => {
      const populated = isPopulated(mm, nid, zone);
      if (!populated && !era.zoneinfo.emptyZones) return;
      zoneLines(mm, era, nid, zone, name, populated && first, lines);
      if (populated) first = false;
    });
  }
  return lines.map((line) => `${line}\n`).join('');
}

function zoneLines(
  mm: Mm,
  era: EraFields,
  nid: number,
  zone: number,
  name: string,
  first: boolean,
  out: string[],
): void {
  const { nodeStats, pageLines, protectionFirst, zoneStats, statIndent, footer } = era.zoneinfo;
  const counter = (indent: number, stat: string, value: number): string =>
    `${' '.repeat(indent)}${stat.padEnd(12)} ${value}`;
  out.push(`Node ${nid}, zone ${name.padStart(8)}`);
  if (first && nodeStats.length > 0) {
    out.push('  per-node stats');
    for (const stat of nodeStats) out.push(counter(6, stat, nodeStat(mm, nid, stat)));
  }
  out.push(`  pages free     ${freeOf(mm, nid, zone)}`);
  for (const line of pageLines) out.push(`        ${line.padEnd(9)}${pageLine(mm, nid, zone, line)}`);
  const protection = `        protection: (${era.zones.map((_, to) => protectionOf(mm, nid, zone, to)).join(', ')})`;
  if (protectionFirst) out.push(protection);
  if (!isPopulated(mm, nid, zone)) return;
  for (const stat of zoneStats) out.push(counter(statIndent, stat, zoneStat(mm, nid, zone, stat)));
  if (!protectionFirst) out.push(protection);
  out.push('  pagesets');
  const cell = cellOf(nid, zone);
  for (let cpu = 0; cpu < mm.nrCpus; cpu++) {
    out.push(`    cpu: ${cpu}`);
    out.push(`              count: ${mm.pcpCount[cpu * mm.nrCells + cell]!}`);
    out.push(`              high:  ${mm.cell.pcpHigh[cell]!}`);
    out.push(`              batch: ${mm.cell.pcpBatch[cell]!}`);
    out.push(`  vm stats threshold: ${threshold(mm, nid, zone)}`);
  }
  for (const { label, value } of footer) out.push(`${label}${footerValue(mm, nid, zone, value)}`);
}

/** A number of the lines between "pages free" and the counters; 0 in a zone that the guest does not have. */
function pageLine(mm: Mm, nid: number, zone: number, line: string): number {
  if (zone >= NR_ZONES) return 0;
  const cell = cellOf(nid, zone);
  switch (line) {
    case 'min':
      return mm.cell.wmarkMin[cell]!;
    case 'low':
      return mm.cell.wmarkLow[cell]!;
    case 'high':
      return mm.cell.wmarkHigh[cell]!;
    case 'spanned':
      return mm.cell.spanEnd[cell]! - mm.cell.spanStart[cell]!;
    case 'present':
      return presentOf(mm, nid, zone);
    case 'managed':
      return managedOf(mm, nid, zone);
    default:
      // boost, scanned, cma: no reclaim and no contiguous areas here.
      return 0;
  }
}

/** What the zone keeps from allocations that could use the zone `to` of its node (lowmem_reserve[to]). */
export function protectionOf(mm: Mm, nid: number, zone: number, to: number): number {
  if (zone >= NR_ZONES || (mm.config.profile.era === '6.1' && managedOf(mm, nid, zone) === 0)) return 0;
  let above = 0;
  for (let z = zone + 1; z <= to; z++) above += managedOf(mm, nid, z);
  return Math.floor(above / LOWMEM_RESERVE_RATIO[zone]!);
}

const fls = (n: number): number => 32 - Math.clz32(n);

/** stat_threshold: how far a CPU's own count may run ahead of a zone's. */
function threshold(mm: Mm, nid: number, zone: number): number {
  const units = Math.floor(managedOf(mm, nid, zone) / PAGES_PER_128_MIB);
  return Math.min(MOST_THRESHOLD, 2 * fls(mm.nrCpus) * (1 + fls(units)));
}

function footerValue(
  mm: Mm,
  nid: number,
  zone: number,
  value: EraFields['zoneinfo']['footer'][number]['value'],
): number {
  switch (value) {
    case 'unreclaimable':
      return 0;
    case 'startPfn':
      return mm.cell.spanStart[cellOf(nid, zone)]!;
    case 'inactiveRatio': {
      const gib = Math.floor(managedOf(mm, nid, zone) / PAGES_PER_GIB);
      return gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib));
    }
  }
}
