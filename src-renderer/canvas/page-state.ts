/** The states of exact pages, in words. */
import { PageTile } from '../../shared/columns/tile.ts';

export const STATE_NAMES: Readonly<Record<number, string>> = {
  [PageTile.hole]: 'hole',
  [PageTile.free]: 'free',
  [PageTile.used]: 'used',
  [PageTile.perCpu]: 'per-CPU',
  [PageTile.reserved]: 'reserved',
  [PageTile.kernel]: 'kernel',
  [PageTile.held]: 'held',
};
