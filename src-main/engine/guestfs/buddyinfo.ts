/** /proc/buddyinfo: free blocks of each zone by order. Zones without pages are left out, as the kernel does. */
import { NR_ZONES, ZONE_NAMES, type GuestMm } from '../mm/index.ts';

export function buddyinfo(mm: GuestMm): string {
  let text = '';
  for (let nid = 0; nid < mm.mm.nrNodeIds; nid++) {
    if (mm.mm.online[nid] === 0) continue;
    for (let zone = 0; zone < NR_ZONES; zone++) {
      const cell = mm.cell(nid, zone);
      if (cell.presentPages === 0) continue;
      const blocks = cell.freeBlocks.map((n) => `${String(n).padStart(6)} `).join('');
      text += `Node ${nid}, zone ${ZONE_NAMES[zone]!.padStart(8)} ${blocks}\n`;
    }
  }
  return text;
}
