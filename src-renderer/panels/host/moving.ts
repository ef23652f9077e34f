/** What a block of a VM says while the VM moves: whether it grows or shrinks here, and how far that is. */
import type { MemoryBand } from '../../../shared/view/host-layout.ts';
import type { HostMatrix, HostNodeRow } from '../../../shared/view/index.ts';
import type { Move } from '../../../shared/view/move.ts';

/** "arriving 42 %", "leaving", or null: the VM does not move, or not this block. */
export function movingWords(
  running: readonly Move[],
  { vms }: HostMatrix,
  band: MemoryBand,
  node: HostNodeRow,
): string | null {
  const vm = band.guest === null ? undefined : vms[band.guest];
  const move = running.find((each) => each.vm === vm?.name);
  if (vm === undefined || move === undefined) return null;
  if (move.kind === 'migration') return band.kind === 'copy' ? 'arriving' : 'migrating';
  if (vm.host !== node.host) return null;
  if (!move.row.nodes.includes(node.nid)) return 'leaving';
  return `arriving ${percent(move.row.movedPages, move.totalPages)}`;
}

/** Rounded down, so that 100 % is all of it. */
export const percent = (part: number, whole: number): string =>
  `${whole === 0 ? 100 : Math.floor((100 * part) / whole)} %`;
