/**
 * Where a running VM's memory lies at the start, from where it was measured.
 *
 * (a) Whole frames on each node, dealt in an order drawn from the seed: a tool tells how much, not which pages. By cell where
 *     the cells were measured, so that each cell has what it has.
 * (b) What the VM has not touched is taken to lie with the largest part.
 * (c) More than the VM has was measured where a tool counts QEMU's own memory: the largest part is cut by it.
 */
import { pagesFromKib } from '../../shared/units/index.ts';
import type { HostConfig, PlacementRule } from '../../shared/model/config.ts';
import { framePagesOf, holesOf, hugePagesOf, nrPagesOf, piecesBy } from './guest-map.ts';
import { pagesIn, subtractRanges } from './pfn-range.ts';
import type { ScenarioVm } from './schema.ts';
import { cutAtPages } from './huge-cut.ts';

type ByNode = readonly { readonly node: number; readonly memoryKiB: number; readonly pageKiB?: number | undefined }[];

/** Null for a VM that was not measured, or does not run. */
export function measuredRules(vm: ScenarioVm, host: HostConfig): PlacementRule[] | null {
  if (vm.measured === undefined || vm.running === false) return null;
  const plainPages = framePagesOf(vm);
  const holes = holesOf(vm);
  const hugePages = hugePagesOf(vm);
  const sizes = new Set(hugePages.map((range) => range.framePages));
  const pieces = piecesOf(vm).flatMap((piece) =>
    cutAtPages(piece, hugePages).map((cut) => ({ ...cut, byNode: inPagesOf(piece.byNode, cut.framePages, sizes) })),
  );
  return pieces.map(({ start, end, byNode, framePages }) => {
    const pages = pagesIn(subtractRanges({ start, end }, holes));
    const shares = sharesOf(pages, framePages ?? plainPages, byNode, host);
    return {
      start,
      end,
      mode: 'shares',
      nodes: shares.map(({ nid }) => nid),
      pages: shares.map((share) => share.pages),
      scatter: true,
    };
  });
}

/**
 * Of a VM whose memory is backed by pages of several sizes, what was measured in those of one. Where the size of pages was not
 * measured, all of it.
 */
function inPagesOf(byNode: ByNode, framePages: number | null, sizes: ReadonlySet<number>): ByNode {
  const isOfSize = ({ pageKiB }: ByNode[number]): boolean => {
    if (pageKiB === undefined) return true;
    const pages = pagesFromKib(pageKiB);
    return framePages === null ? !sizes.has(pages) : pages === framePages;
  };
  const own = byNode.filter(isOfSize);
  return own.length > 0 ? own : byNode;
}

/** One piece for all of it, or one for each run of a cell. */
function piecesOf(
  vm: ScenarioVm,
): readonly { readonly start: number; readonly end: number; readonly byNode: ByNode }[] {
  const { nodes, cells = [] } = vm.measured!;
  if (cells.length === 0) return [{ start: 0, end: nrPagesOf(vm), byNode: nodes }];
  const byCell = new Map(cells.map(({ cell, nodes: own }) => [cell, own]));
  return piecesBy(vm, (nid) => nid).map(({ start, end, value }) => ({
    start,
    end,
    byNode: byCell.get(value) ?? nodes,
  }));
}

/** Of `pages` pages; each part but the last is whole frames. */
function sharesOf(
  pages: number,
  framePages: number,
  byNode: ByNode,
  host: HostConfig,
): { readonly nid: number; readonly pages: number }[] {
  const withMemory = host.nodes.filter((node) => node.totalPages > 0);
  const kibOf = new Map<number, number>();
  for (const { node, memoryKiB } of byNode) kibOf.set(node, (kibOf.get(node) ?? 0) + memoryKiB);
  const parts = [...kibOf]
    .filter(([node]) => withMemory.some(({ nid }) => nid === node))
    .map(([nid, kib]) => ({ nid, pages: Math.round(pagesFromKib(kib) / framePages) * framePages }))
    .filter((part) => part.pages > 0)
    .sort((a, b) => b.pages - a.pages || a.nid - b.nid);
  if (parts.length === 0) return [{ nid: withMemory[0]?.nid ?? 0, pages }];
  const most = parts[0]!;
  most.pages += pages - parts.reduce((sum, part) => sum + part.pages, 0);
  for (let i = parts.length - 1; i > 0 && most.pages < 0; i--) {
    const cut = Math.min(parts[i]!.pages, Math.ceil(-most.pages / framePages) * framePages);
    parts[i]!.pages -= cut;
    most.pages += cut;
  }
  const rest = parts.slice(1).filter((part) => part.pages > 0);
  return most.pages === 0 ? rest : [...rest.sort((a, b) => a.nid - b.nid), most];
}
