/** What a VM's block in a host node says: its name and size, and, while it moves, whether it grows or shrinks here. */
import type { MemoryBand } from '../../../shared/view/host-layout.ts';
import type { HostMatrix, HostNodeRow } from '../../../shared/view/index.ts';
import type { Move } from '../../../shared/view/move.ts';

/** "arriving 42 %", "leaving", or null: the VM does not move, or not this block. */
export function movingWords(
  running: readonly Move[],
  { vms }: Pick<HostMatrix, 'vms'>,
  band: MemoryBand,
  node: Pick<HostNodeRow, 'host' | 'nid'>,
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
const percent = (part: number, whole: number): string => `${whole === 0 ? 100 : Math.floor((100 * part) / whole)} %`;

export interface BandWords {
  /** Beside the name; null: the name stands alone. */
  readonly figure: string | null;
  /** Lines below it. */
  readonly below: readonly string[];
  /** All of it, whatever there is room for. */
  readonly label: string;
}

/** Narrower, one line has the name alone. */
const NAME_WIDTH = 116;
const BESIDE_WIDTH = 170;
const BOTH_WIDTH = 220;

/** @param rows lines of text that fit; width of the block in pixels. The label has all words seen, in their order. */
export function bandWords(name: string, size: string, moving: string | null, rows: number, width: number): BandWords {
  const figures = moving === null ? [size] : width >= BOTH_WIDTH ? [`${size}, ${moving}`] : [moving, size];
  const beside = width >= BESIDE_WIDTH || (rows < 2 && width >= NAME_WIDTH);
  return {
    figure: beside ? figures[0]! : null,
    below: figures.slice(beside ? 1 : 0).slice(0, Math.max(0, rows - 1)),
    label: [name, ...figures].join(', '),
  };
}
