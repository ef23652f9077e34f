/**
 * The counters as the guest's kernel keeps them. In a correct guest they are the truth; with the defects of the posted
 * code they need not be (mm/rfc). Every file that prints a counter asks here.
 */
import { zoneIndex, type Mm } from '../mm/mm.ts';
import { NR_ZONES } from '../mm/index.ts';
import { kernelManaged, kernelPresent, nrFreePages } from '../mm/rfc/rfc-state.ts';

export const presentOf = (mm: Mm, nid: number, zoneType: number): number =>
  kernelPresent(mm)[zoneIndex(nid, zoneType)] ?? 0;
export const managedOf = (mm: Mm, nid: number, zoneType: number): number =>
  kernelManaged(mm)[zoneIndex(nid, zoneType)] ?? 0;

/** NR_FREE_PAGES of a zone; zones that the guest does not have, such as Movable, have none. */
export const freeOf = (mm: Mm, nid: number, zoneType: number): number =>
  zoneType < NR_ZONES ? nrFreePages(mm, zoneIndex(nid, zoneType)) : 0;

/** Of a zone that the guest does not have: false. */
export const isPopulated = (mm: Mm, nid: number, zoneType: number): boolean =>
  zoneType < NR_ZONES && presentOf(mm, nid, zoneType) > 0;

const sumOfZones = (of: (zoneType: number) => number): number => {
  let sum = 0;
  for (let zoneType = 0; zoneType < NR_ZONES; zoneType++) sum += of(zoneType);
  return sum;
};

export const nodeManaged = (mm: Mm, nid: number): number => sumOfZones((zoneType) => managedOf(mm, nid, zoneType));
export const nodeFree = (mm: Mm, nid: number): number => sumOfZones((zoneType) => freeOf(mm, nid, zoneType));

/** pgdat.node_present_pages. */
export const nodePresent = (mm: Mm, nid: number): number =>
  mm.rfc?.nodePresent[nid] ?? sumOfZones((zoneType) => presentOf(mm, nid, zoneType));

/** N_ONLINE, ascending. */
export const onlineNodes = (mm: Mm): number[] => nodesWhere(mm, (nid) => mm.online[nid] === 1);

/** N_MEMORY, ascending; all memory of x86_64 is normal. */
export const memoryNodes = (mm: Mm): number[] =>
  nodesWhere(mm, (nid) => mm.online[nid] === 1 && sumOfZones((zoneType) => presentOf(mm, nid, zoneType)) > 0);

function nodesWhere(mm: Mm, has: (nid: number) => boolean): number[] {
  const nids: number[] = [];
  for (let nid = 0; nid < mm.nrNodeIds; nid++) if (has(nid)) nids.push(nid);
  return nids;
}

/** Pages of the whole guest that the kernel manages (totalram_pages): no commit changes it. */
export function totalManaged(mm: Mm): number {
  let pages = 0;
  for (const managed of mm.zones.managed) pages += managed;
  return pages;
}

export function totalFree(mm: Mm): number {
  let pages = 0;
  for (let nid = 0; nid < mm.nrNodeIds; nid++) pages += nodeFree(mm, nid);
  return pages;
}
