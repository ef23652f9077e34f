/**
 * Memory in use that no known VM explains: it is reserved, so that no VM is placed into it. Known only where the host tells what
 * is free.
 */
import { kibFromPages, PAGES_PER_MIB, pagesFromKib } from '../../shared/units/index.ts';
import type { SizedHost, SizedNode } from './import-host.ts';
import { hostInput } from './import-host.ts';
import type { VmInput } from './import-vm.ts';
import { hugePagesOf } from './guest-map.ts';
import type { ScenarioVm } from './schema.ts';
import { hostSchema, vmSchema } from './schema.ts';
import { fitGuest, hostConfig } from './world-config.ts';
import { emptyRoom, placeGuest, poolRoom, roomByNode } from './fit.ts';

export function withReserved(stated: SizedHost, vms: readonly VmInput[]): SizedHost {
  const host = withCounts(stated, vms);
  const held = heldByRunning(host, vms);
  // A process that no VM explains may be a VM of which nobody says which process it is.
  const isEachKnown = vms.every((vm) => vm.running !== true || vm.measured !== undefined);
  const strangers = isEachKnown ? strangersOutside(host) : new Map<number, number>();
  return {
    ...host,
    nodes: host.nodes.map((node) => {
      const own = held.get(node.nid) ?? NOTHING;
      const pools = (node.pools ?? []).map((pool) => ({
        ...pool,
        reserved: pool.free === null ? 0 : Math.max(0, pool.count - pool.free - (own.pools.get(pool.sizeKiB) ?? 0)),
      }));
      return {
        ...node,
        reservedPages: reservedPages(node, own.pages, strangers.get(node.nid) ?? 0),
        ...(node.pools === null ? {} : { pools }),
      };
    }),
  };
}

/**
 * With the size of pools of which only what is free is known (virsh freepages): that, and what VMs that run hold of them, where
 * it was measured, else where they are bound to.
 */
function withCounts(host: SizedHost, vms: readonly VmInput[]): SizedHost {
  const isCounted = host.nodes.every((node) => (node.pools ?? []).every((pool) => pool.isCountKnown));
  if (isCounted) return host;
  const held = new Map<string, number>();
  for (const vm of vms) {
    const parsed = vmSchema.safeParse(vm);
    if (vm.running !== true || !parsed.success) continue;
    for (const { node, sizeKiB, pages } of hugePagesHeld(parsed.data)) {
      const key = `${node} ${sizeKiB}`;
      held.set(key, (held.get(key) ?? 0) + pages);
    }
  }
  return {
    ...host,
    nodes: host.nodes.map((node) => ({
      ...node,
      pools:
        node.pools?.map((pool) =>
          pool.isCountKnown ? pool : { ...pool, count: pool.count + (held.get(`${node.nid} ${pool.sizeKiB}`) ?? 0) },
        ) ?? null,
    })),
  };
}

/** Huge pages that a running VM holds, by node and size. */
function hugePagesHeld(vm: ScenarioVm): { readonly node: number; readonly sizeKiB: number; readonly pages: number }[] {
  const sizes = new Map<number, number>();
  for (const { start, end, framePages } of hugePagesOf(vm)) {
    const kib = kibFromPages(framePages);
    sizes.set(kib, (sizes.get(kib) ?? 0) + Math.ceil((end - start) / framePages));
  }
  return [...sizes].flatMap(([sizeKiB, all]) => {
    const measured = (vm.measured?.nodes ?? []).filter(({ pageKiB }) => pageKiB === undefined || pageKiB === sizeKiB);
    const parts = measured.map(({ node, memoryKiB }) => ({ node, sizeKiB, pages: Math.round(memoryKiB / sizeKiB) }));
    const most = parts.toSorted((a, b) => b.pages - a.pages)[0];
    const bound = vm.memnodes[0]?.nodes[0] ?? vm.binding?.nodes[0];
    const rest = Math.max(0, all - parts.reduce((sum, { pages }) => sum + pages, 0));
    const node = most?.node ?? bound;
    return node === undefined || rest === 0 ? parts : [...parts, { node, sizeKiB, pages: rest }];
  });
}

/** Outside of the pools. */
function reservedPages(node: SizedNode, held: number, strangers: number): number {
  const free = node.availableKiB ?? node.freeKiB;
  if (free === null) return 0;
  const pooled = (node.pools ?? []).reduce((sum, pool) => sum + pool.count * pagesFromKib(pool.sizeKiB), 0);
  const isPossible = pooled <= node.pages;
  const most = node.pages - (isPossible ? pooled : 0);
  // A VM that has not touched all that it has may be counted with more than is in use; strangers are there all the same.
  const known = Math.min(strangers, Math.max(0, most - held));
  const pages = Math.max(known, most - Math.min(most, pagesFromKib(free) + held));
  // Whole MiB, as documents have it.
  return Math.min(Math.ceil(pages / PAGES_PER_MIB) * PAGES_PER_MIB, Math.floor(most / PAGES_PER_MIB) * PAGES_PER_MIB);
}

/** Pages by node that processes of no VM hold outside of the pools. */
function strangersOutside({ nodes, strangers }: SizedHost): Map<number, number> {
  const pages = new Map<number, number>();
  for (const { node, memoryKiB, pageKiB } of strangers.flatMap((each) => each.nodes)) {
    const pools = nodes.find(({ nid }) => nid === node)?.pools ?? [];
    if (pools.some(({ sizeKiB }) => sizeKiB === pageKiB)) continue;
    pages.set(node, (pages.get(node) ?? 0) + pagesFromKib(memoryKiB));
  }
  return pages;
}

interface Held {
  /** Outside of the pools. */
  readonly pages: number;
  /** Huge pages, by their size in KiB. */
  readonly pools: ReadonlyMap<number, number>;
}

const NOTHING: Held = { pages: 0, pools: new Map() };

/** What the VMs that run hold of each node, as they will be placed on the host if nothing else is there. */
function heldByRunning(host: SizedHost, vms: readonly VmInput[]): ReadonlyMap<number, Held> {
  const empty = hostConfig(hostSchema.parse(hostInput(host)));
  const room = emptyRoom(empty);
  const [before, poolsBefore] = [roomByNode(room), poolRoom(room)];
  for (const input of vms) {
    if (input.running !== true) continue;
    const parsed = vmSchema.safeParse(input);
    if (parsed.success) placeGuest(fitGuest(parsed.data, empty), empty, room);
  }
  const poolsAfter = poolRoom(room);
  return new Map(
    [...roomByNode(room)].map(([nid, left]) => {
      const pools = [...poolsBefore.get(nid)!].map(
        ([framePages, frames]) =>
          [kibFromPages(framePages), frames - (poolsAfter.get(nid)!.get(framePages) ?? 0)] as const,
      );
      return [nid, { pages: before.get(nid)! - left, pools: new Map(pools) }];
    }),
  );
}
