/** The root of the guest's file tree: which module provides which subtree. */
import type { Guest } from '../vm/index.ts';
import { dnumaOf } from './dnuma.ts';
import { slabFiles, taskFiles } from './kernel-users.ts';
import { kmsg } from './kmsg.ts';
import { memlayoutOf } from './memlayout.ts';
import { dir, type DirNode, union } from './node.ts';
import type { Outside } from './outside.ts';
import { pagectlOf } from './pagectl.ts';
import { procOf } from './proc.ts';
import { sysMemory } from './sys-memory.ts';
import { sysCpu, sysNode } from './sys-node.ts';

export function rootOf(guest: Guest, outside: Outside): DirNode {
  const { state: mm } = guest.memory;
  const debug = dir(
    {
      dnuma: union([dnumaOf(mm), taskFiles(guest)], 0o755),
      memlayout: memlayoutOf(guest, outside),
      pagectl: pagectlOf(guest, outside),
    },
    0o700,
  );
  const system = dir({ cpu: sysCpu(mm), memory: sysMemory(guest, outside), node: sysNode(mm) }, 0o755);
  return dir(
    {
      dev: dir({ kmsg: kmsg(guest, outside) }, 0o755),
      proc: procOf(guest),
      sys: dir({ devices: dir({ system }, 0o755), kernel: dir({ debug, slab: slabFiles(guest) }, 0o755) }),
    },
    0o755,
  );
}
