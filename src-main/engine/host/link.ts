/** Links between hosts: which one a migration takes, and what it gives each migration. */
import type { LinkConfig } from '../../../shared/model/config.ts';

/** Index of the first link that joins the two hosts in either direction; -1 when none does. */
export function linkBetween(links: readonly LinkConfig[], one: string, other: string): number {
  return links.findIndex(({ hosts: [a, b] }) => (a === one && b === other) || (a === other && b === one));
}

/**
 * What one of `sharers` migrations gets of a link: an equal share, or its own limit if that is less (0: no limit). What
 * a limited one leaves unused goes to nobody.
 */
export function shareBytesPerSec(link: LinkConfig, sharers: number, maxBytesPerSec: number): number {
  const share = link.bytesPerSec / sharers;
  return maxBytesPerSec === 0 ? share : Math.min(share, maxBytesPerSec);
}
