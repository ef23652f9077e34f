/**
 * Memory in use that no known VM explains: it is reserved, so that no VM is placed into it. Known only where the host tells what
 * is free.
 */
import { PAGES_PER_MIB, pagesFromKib } from '../../shared/units/index.ts';
import type { SizedHost, SizedNode } from './import-host.ts';
import { hostInput } from './import-host.ts';
import type { VmInput } from './import-vm.ts';
import { hostSchema, vmSchema } from './schema.ts';
import { hostConfig, placementRules } from './world-config.ts';
import { emptyRoom, placeGuest, roomByNode } from './fit.ts';
import { framePagesOf, holesOf } from './guest-map.ts';

export function withReserved(host: SizedHost, vms: readonly VmInput[]): SizedHost {
  const held = pagesOfRunning(host, vms);
  return {
    ...host,
    nodes: host.nodes.map((node) => ({ ...node, reservedPages: reservedPages(node, held.get(node.nid) ?? 0) })),
  };
}

function reservedPages(node: SizedNode, held: number): number {
  const free = node.availableKiB ?? node.freeKiB;
  if (free === null) return 0;
  const pools = (node.pools ?? []).reduce((sum, pool) => sum + (pool.free ?? 0) * pagesFromKib(pool.sizeKiB), 0);
  // Whole MiB, as documents have it.
  const pages = node.pages - Math.min(node.pages, pagesFromKib(free) + pools + held);
  return Math.ceil(pages / PAGES_PER_MIB) * PAGES_PER_MIB;
}

/** Pages by node of the VMs that run, as they will be placed on the host if nothing else is there. */
function pagesOfRunning(host: SizedHost, vms: readonly VmInput[]): ReadonlyMap<number, number> {
  const empty = hostConfig(hostSchema.parse(hostInput(host)));
  const room = emptyRoom(empty);
  const before = roomByNode(emptyRoom(empty));
  for (const input of vms) {
    if (input.running !== true) continue;
    const parsed = vmSchema.safeParse(input);
    if (!parsed.success) continue;
    const vm = parsed.data;
    placeGuest({ framePages: framePagesOf(vm), holes: holesOf(vm), placement: placementRules(vm, empty) }, empty, room);
  }
  return new Map([...roomByNode(room)].map(([nid, left]) => [nid, before.get(nid)! - left]));
}
