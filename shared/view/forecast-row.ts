/**
 * A forecast next to the present state of the hosts: what each host node holds before and after, and what the guest
 * will see of each of its nodes. All counts are 4 KiB pages. Nodes that do not change and hold nothing of the VM are
 * omitted.
 */
import type { NodeForecast } from '../model/forecast.ts';
import type { HostMatrix, HostNodeRow, VmHostRow } from './host.ts';

export interface ForecastFill {
  readonly vm: number;
  /** Of other VMs, second copies included. */
  readonly others: number;
  readonly reserved: number;
  readonly free: number;
}

export interface ForecastNodeRow {
  /** Index of the host. */
  readonly host: number;
  readonly hostName: string;
  readonly nid: number;
  readonly total: number;
  readonly before: ForecastFill;
  readonly after: ForecastFill;
}

export interface ForecastNodes {
  readonly rows: readonly ForecastNodeRow[];
  readonly leftOut: number;
}

export function forecastNodes({ nodes }: Pick<HostMatrix, 'nodes'>, list: readonly NodeForecast[]): ForecastNodes {
  const rows = list.flatMap((each): ForecastNodeRow[] => {
    const node = nodes.find(({ hostName, nid }) => hostName === each.host && nid === each.nid);
    const changes = each.vmBefore !== each.vmAfter || each.freeBefore !== each.freeAfter;
    if (node === undefined || (!changes && each.vmBefore === 0 && each.vmAfter === 0)) return [];
    const fill = (vm: number, free: number): ForecastFill => ({
      vm,
      free,
      reserved: node.reservedPages,
      others: Math.max(0, node.totalPages - node.reservedPages - vm - free),
    });
    return [
      {
        host: node.host,
        hostName: node.hostName,
        nid: node.nid,
        total: node.totalPages,
        before: fill(each.vmBefore, each.freeBefore),
        after: fill(each.vmAfter, each.freeAfter),
      },
    ];
  });
  return { rows, leftOut: list.length - rows.length };
}

interface Places {
  readonly nodes: readonly Pick<HostNodeRow, 'freePages'>[];
  readonly vms: readonly Pick<VmHostRow, 'pages'>[];
}

/** Room of a node for a VM: what is free, and what the VM has there already. */
export const roomFor = (matrix: Places, guest: number, node: number): number =>
  matrix.nodes[node]!.freePages + (matrix.vms[guest]?.pages[node] ?? 0);
