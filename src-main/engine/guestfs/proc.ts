/** /proc, as far as it tells of memory. */
import type { Guest } from '../vm/index.ts';
import { buddyinfo } from './buddyinfo.ts';
import { dir, type DirNode, procFile } from './node.ts';

export function procOf(guest: Guest): DirNode {
  return dir({
    buddyinfo: procFile(() => buddyinfo(guest.mm)),
  });
}
