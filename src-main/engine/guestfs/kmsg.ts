/** /dev/kmsg: the kernel log in the format of its records, `level,number,microseconds,-;text`. */
import type { Guest } from '../vm/index.ts';
import type { FileNode } from './node.ts';
import type { Outside } from './outside.ts';

export const kmsg = (guest: Guest, outside: Outside): FileNode => ({
  kind: 'file',
  mode: 0o600,
  size: 0,
  read: () =>
    guest.kernel.log.lines
      .map(({ tick, level, text, number }) => {
        const us = tick < 0 ? 0 : tick * outside.tickMs * 1000;
        return `${level},${number},${us},-;${text}\n`;
      })
      .join(''),
  write: null,
});
