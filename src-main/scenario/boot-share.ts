/** How the placement of a scenario spreads each VM over the nodes of its host at tick 0, without making the world. */
import { emptyRoom, placeGuest, wholeRoomByNode } from './fit.ts';
import { pagesOf } from './quantity.ts';
import type { Scenario } from './schema.ts';
import { fitGuest, hostConfig } from './world-config.ts';

export interface BootShare {
  readonly vm: string;
  readonly host: string;
  /** 4 KiB pages. */
  readonly pages: number;
  /** Nodes that hold a part of it, ascending; parts sum to 1. None where it does not fit. */
  readonly shares: readonly { readonly nid: number; readonly part: number }[];
}

/** @param scenario one that was read without errors. */
export function bootShares(scenario: Scenario): BootShare[] {
  const hosts = scenario.hosts.map(hostConfig);
  const rooms = new Map(hosts.map((host) => [host.name, emptyRoom(host)]));
  return scenario.vms.map((vm) => {
    const host = hosts.find(({ name }) => name === vm.host)!;
    const room = rooms.get(vm.host)!;
    const before = wholeRoomByNode(room);
    const shortage = placeGuest(fitGuest(vm, host), host, room);
    const after = wholeRoomByNode(room);
    const taken = [...before].map(([nid, pages]) => ({ nid, pages: pages - after.get(nid)! }));
    const all = taken.reduce((sum, { pages }) => sum + pages, 0);
    const shares = shortage !== null || all === 0 ? [] : taken.filter(({ pages }) => pages > 0);
    return {
      vm: vm.name,
      host: vm.host,
      pages: pagesOf(vm),
      shares: shares.map(({ nid, pages }) => ({ nid, part: pages / all })),
    };
  });
}
