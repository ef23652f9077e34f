/** The text that pagectl prints for one page: `name: value` lines. */
import { MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, PAGEBLOCK_ORDER, ZONE_NAMES } from '../mm/index.ts';
import { zoneTypeOf } from '../mm/mm.ts';
import { type Guest, rangeText } from '../vm/index.ts';

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [MIGRATE_UNMOVABLE]: 'Unmovable',
  [MIGRATE_RECLAIMABLE]: 'Reclaimable',
  [MIGRATE_MOVABLE]: 'Movable',
};

export function pageText({ memory: mm, kernel }: Guest, pfn: number): string {
  const state = mm.pageState(pfn);
  const lines: [string, string | number][] = [
    ['pfn', `${pfn} (0x${pfn.toString(16).padStart(5, '0')})`],
    ['state', state],
  ];
  if (state !== 'hole') {
    const block = pfn >>> PAGEBLOCK_ORDER;
    const outside = mm.outsideZone(pfn);
    if (outside !== null) lines.push(['span', outside]);
    lines.push(['zone', ZONE_NAMES[zoneTypeOf(mm.state, pfn)]!]);
    lines.push(['node', mm.actualNid(pfn)]);
    lines.push(['target', mm.targetNid(pfn)]);
    lines.push(['lookup mark', mm.isMarked(pfn) ? 'set' : 'clear']);
    lines.push(['layout', `layout.${kernel.layouts.inForce.seq} ${rangeAt(kernel.layouts.inForce, pfn)}`]);
    lines.push(['pageblock', `${block} ${TYPE_NAMES[mm.state.blockType[block]!]!}`]);
  }
  lines.push(['memory block', Math.floor(pfn / mm.state.config.profile.memoryBlockPages)]);
  return lines.map(([name, value]) => `${name}: ${value}\n`).join('');
}

/** The range of a committed layout that covers pfn. */
function rangeAt({ start, nid }: Guest['kernel']['layouts']['inForce'], pfn: number): string {
  let low = 0;
  let high = nid.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (start[middle]! <= pfn) low = middle;
    else high = middle - 1;
  }
  return rangeText({ start: start[low]!, end: start[low + 1]!, nid: nid[low]! });
}
