/** What a VM's block in a host node says: its name and size, and, while it moves, whether it grows or shrinks here. */
import type { MemoryBlock } from '../../../shared/view/host-blocks.ts';
import type { HostNodeRow, VmHostRow } from '../../../shared/view/index.ts';
import { cutMiddle } from '../../../shared/view/long-name.ts';
import { doneText } from '../../../shared/view/share.ts';
import type { Move } from '../../../shared/view/move.ts';
import { plural } from '../../../shared/view/number-format.ts';

/** "arriving 42 %", "leaving", or null: the VM does not move, or not this block. */
export function movingWords(
  running: readonly Move[],
  { vms }: { readonly vms: readonly Pick<VmHostRow, 'name' | 'host'>[] },
  band: Pick<MemoryBlock, 'kind' | 'guest'>,
  node: Pick<HostNodeRow, 'host' | 'nid'>,
): string | null {
  const vm = band.guest === null ? undefined : vms[band.guest];
  const move = running.find((each) => each.vm === vm?.name);
  if (vm === undefined || move === undefined) return null;
  if (move.kind === 'migration') return band.kind === 'copy' ? 'arriving' : 'migrating';
  if (vm.host !== node.host) return null;
  if (!move.row.nodes.includes(node.nid)) return 'leaving';
  return `arriving ${doneText(move.row.movedPages, move.totalPages)}`;
}

export interface BandWords {
  /** Cut in its middle where it is too long. */
  readonly name: string;
  /** Beside the name; null: the name stands alone. */
  readonly figure: string | null;
  /** Lines below it. */
  readonly below: readonly string[];
  /** All of it, whatever there is room for. */
  readonly label: string;
}

/** What a sign of the block's words takes at most, in pixels, and what its edges and the gap between take. */
const SIGN = { name: 7.2, figure: 6.8, edges: 24 };
/** Fewer signs of a name than this say nothing. */
const LEAST_NAME = 4;

/** @param rows lines of text that fit; width of the block in pixels. The label has all words seen, in their order. */
export function bandWords(name: string, size: string, moving: string | null, rows: number, width: number): BandWords {
  const figures = moving === null ? [size] : [moving, size];
  const room = width - SIGN.edges;
  const besideName = (figure: string): number => Math.floor((room - figure.length * SIGN.figure) / SIGN.name);
  const all = [...name].length;
  const both = `${size}, ${moving}`;
  const label = [name, ...figures].join(', ');
  if (moving !== null && besideName(both) >= all) return { name, figure: both, below: [], label: `${name}, ${both}` };
  // With a second line, the figure gives way to the name; in one line, the name is cut for the figure.
  const beside = besideName(figures[0]!) >= (rows > 1 ? all : Math.min(all, LEAST_NAME));
  const below = figures.slice(beside ? 1 : 0).slice(0, Math.max(0, rows - 1));
  const signs = beside ? besideName(figures[0]!) : Math.floor(room / SIGN.name);
  return { name: cutMiddle(name, Math.max(2, signs)), figure: beside ? figures[0]! : null, below, label };
}

/** Of a merged block: "+37 VMs", and how much it is where there is room. */
export function mergedWords(
  vms: number,
  size: string,
  width: number,
): { readonly name: string; readonly figure: string } {
  const name = `+${plural(vms, 'VM')}`;
  const fits = (name.length + size.length + 3) * SIGN.name <= width - SIGN.edges;
  return { name, figure: fits ? `${size} ▸` : '▸' };
}
