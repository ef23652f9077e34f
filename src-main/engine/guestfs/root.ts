/** The root of the guest's files: which part of the tree is whose. */
import type { Guest } from '../vm/index.ts';
import { kmsg } from './kmsg.ts';
import { memlayoutOf } from './memlayout.ts';
import { dir, type DirNode } from './node.ts';
import type { Outside } from './outside.ts';
import { procOf } from './proc.ts';

export function rootOf(guest: Guest, outside: Outside): DirNode {
  const debug = dir({ memlayout: memlayoutOf(guest, outside) }, 0o700);
  return dir(
    {
      dev: dir({ kmsg: kmsg(guest, outside) }, 0o755),
      proc: procOf(guest),
      sys: dir({ kernel: dir({ debug }, 0o755) }),
    },
    0o755,
  );
}
