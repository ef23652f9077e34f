/** /proc/zoneinfo, by the era's list of lines (mm/era-fields.ts says how they are put together). */
import { type EraFields, ERA_FIELDS } from '../mm/era-fields.ts';
import { NR_ZONES } from '../mm/index.ts';
import { zoneIndex, type Mm } from '../mm/mm.ts';
import { protection, vmStatThreshold } from '../mm/watermark.ts';
import { freeOf, isPopulated, managedOf, onlineNodes, presentOf } from './kernel-counters.ts';
import { nodeStat, zoneStat } from './vm-stat.ts';

const PAGES_PER_GIB = 262144;

export function zoneinfo(mm: Mm): string {
  const era = ERA_FIELDS[mm.config.profile.era];
  const lines: string[] = [];
  for (const nid of onlineNodes(mm)) {
    let first = true;
    era.zones.forEach((name, zoneType) => {
      const populated = isPopulated(mm, nid, zoneType);
      if (!populated && !era.zoneinfo.emptyZones) return;
      zoneLines(mm, era, nid, zoneType, name, populated && first, lines);
      if (populated) first = false;
    });
  }
  return lines.map((line) => `${line}\n`).join('');
}

function zoneLines(
  mm: Mm,
  era: EraFields,
  nid: number,
  zoneType: number,
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
  out.push(`  pages free     ${freeOf(mm, nid, zoneType)}`);
  for (const line of pageLines) out.push(`        ${line.padEnd(9)}${pageLine(mm, nid, zoneType, line)}`);
  const reserves = zoneType < NR_ZONES ? protection(mm, nid, zoneType) : era.zones.map(() => 0);
  const protectionLine = `        protection: (${reserves.join(', ')})`;
  if (protectionFirst) out.push(protectionLine);
  if (!isPopulated(mm, nid, zoneType)) return;
  for (const stat of zoneStats) out.push(counter(statIndent, stat, zoneStat(mm, nid, zoneType, stat)));
  if (!protectionFirst) out.push(protectionLine);
  out.push('  pagesets');
  const zone = zoneIndex(nid, zoneType);
  for (let cpu = 0; cpu < mm.nrCpus; cpu++) {
    out.push(`    cpu: ${cpu}`);
    out.push(`              count: ${mm.pcpCount[cpu * mm.zoneCount + zone]!}`);
    out.push(`              high:  ${mm.zones.pcpHigh[zone]!}`);
    out.push(`              batch: ${mm.zones.pcpBatch[zone]!}`);
    out.push(`  vm stats threshold: ${vmStatThreshold(mm, nid, zoneType)}`);
  }
  for (const { label, value } of footer) out.push(`${label}${footerValue(mm, nid, zoneType, value)}`);
}

/** A number of the lines between "pages free" and the counters; 0 in a zone that the guest does not have. */
function pageLine(mm: Mm, nid: number, zoneType: number, line: string): number {
  if (zoneType >= NR_ZONES) return 0;
  const zone = zoneIndex(nid, zoneType);
  switch (line) {
    case 'min':
      return mm.zones.wmarkMin[zone]!;
    case 'low':
      return mm.zones.wmarkLow[zone]!;
    case 'high':
      return mm.zones.wmarkHigh[zone]!;
    case 'spanned':
      return mm.zones.spanEnd[zone]! - mm.zones.spanStart[zone]!;
    case 'present':
      return presentOf(mm, nid, zoneType);
    case 'managed':
      return managedOf(mm, nid, zoneType);
    default:
      // boost, scanned, cma: no reclaim and no contiguous areas here.
      return 0;
  }
}

function footerValue(
  mm: Mm,
  nid: number,
  zoneType: number,
  value: EraFields['zoneinfo']['footer'][number]['value'],
): number {
  switch (value) {
    case 'unreclaimable':
      return 0;
    case 'startPfn':
      return mm.zones.spanStart[zoneIndex(nid, zoneType)]!;
    case 'inactiveRatio': {
      const gib = Math.floor(managedOf(mm, nid, zoneType) / PAGES_PER_GIB);
      return gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib));
    }
  }
}
