/** /proc/meminfo and the meminfo of a node: free memory and totals. The fields depend on the era (mm/era-fields.ts). */
import { ERA_FIELDS, HARDWARE_CORRUPTED, PAGE_COUNT_FIELDS } from '../mm/era-fields.ts';
import { NR_ZONES } from '../mm/index.ts';
import { zoneIndex, type Mm } from '../mm/mm.ts';
import { protection } from '../mm/watermark.ts';
import { PAGE_SIZE_KIB } from '../../../shared/units/index.ts';
import { managedOf, nodeFree, nodeManaged, nodePresent, totalFree, totalManaged } from './kernel-counters.ts';
import { padded } from './text.ts';

/** Address space of vmalloc on x86_64, in kB: 32 TiB less one byte. 3.10's Debian kernels and 6.1 differ. */
const VMALLOC_TOTAL_KIB = { '3.10': 34_359_738_367, '6.1': 13_743_895_347_199 } as const;
const HUGE_PAGE_KIB = 2048;
/** Of a node's meminfo: one blank fewer before the value, as the kernel's format has it. */
const NARROW_FIELDS: ReadonlySet<string> = new Set(['FileHugePages', 'FilePmdMapped']);

export function meminfo(mm: Mm): string {
  const { era } = mm.config.profile;
  return ERA_FIELDS[era].meminfo
    .map((name) => {
      const value = guestValue(mm, name);
      if (PAGE_COUNT_FIELDS.has(name)) return `${`${name}:`.padEnd(16)}   ${padded(value, 5)}\n`;
      const width = name === HARDWARE_CORRUPTED ? 5 : 8;
      return `${`${name}:`.padEnd(16)}${padded(value, width)} kB\n`;
    })
    .join('');
}

/** In kB, or pages for those counted in pages. */
function guestValue(mm: Mm, name: string): number {
  switch (name) {
    case 'MemTotal':
      return totalManaged(mm) * PAGE_SIZE_KIB;
    case 'MemFree':
      return totalFree(mm) * PAGE_SIZE_KIB;
    case 'MemAvailable':
      return Math.max(0, totalFree(mm) - totalReserve(mm)) * PAGE_SIZE_KIB;
    case 'CommitLimit':
      return Math.floor(totalManaged(mm) / 2) * PAGE_SIZE_KIB;
    case 'VmallocTotal':
      return VMALLOC_TOTAL_KIB[mm.config.profile.era];
    case 'Hugepagesize':
      return HUGE_PAGE_KIB;
    case 'DirectMap2M':
      return Math.ceil((mm.nrPages * PAGE_SIZE_KIB) / HUGE_PAGE_KIB) * HUGE_PAGE_KIB;
    default:
      return 0;
  }
}

/** calculate_totalreserve_pages: what no allocation for user space gets. */
function totalReserve(mm: Mm): number {
  let pages = 0;
  for (let nid = 0; nid < mm.nrNodeIds; nid++) {
    for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) {
      const kept = Math.max(...protection(mm, nid, zoneType).slice(zoneType));
      pages += Math.min(kept + mm.zones.wmarkHigh[zoneIndex(nid, zoneType)]!, managedOf(mm, nid, zoneType));
    }
  }
  return pages;
}

export function nodeMeminfo(mm: Mm, nid: number): string {
  const fields = ERA_FIELDS[mm.config.profile.era];
  const total = fields.nodeMemTotal === 'present' ? nodePresent(mm, nid) : nodeManaged(mm, nid);
  const free = nodeFree(mm, nid);
  const kib = (pages: number): number => pages * PAGE_SIZE_KIB;
  return fields.nodeMeminfo
    .map((name) => {
      const start = `Node ${nid} ${`${name}:`.padEnd(NARROW_FIELDS.has(name) ? 15 : 16)}`;
      if (PAGE_COUNT_FIELDS.has(name)) return `${start} ${padded(0, 5)}\n`;
      let value: number | bigint = 0;
      if (name === 'MemTotal') value = kib(total);
      else if (name === 'MemFree') value = kib(free);
      // An unsigned difference: a node of which less is counted than is free on it uses 16 million TiB.
      else if (name === 'MemUsed') value = BigInt.asUintN(64, BigInt(kib(total)) - BigInt(kib(free)));
      return `${start}${padded(value, 8)} kB\n`;
    })
    .join('');
}
