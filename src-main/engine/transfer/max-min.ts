/**
 * Max-min fair shares of links: no flow can get more without taking from one that gets no more than it.
 *
 * Invariants of the result: (a) no link carries more than its capacity; (b) every flow is at its cap, or has a
 * bottleneck: a link that is full and on which no other flow gets more. Equal flows get equal shares, whatever their
 * order. n flows on one link alone get exactly its capacity / n.
 */

export interface Flow {
  /** Indexes of the links that it passes; none twice. */
  readonly links: readonly number[];
  /** The most it can use; Infinity where nothing but its links limits it. */
  readonly cap: number;
}

/** The share of each flow. `capacities` are by index of link; every flow passes a link or has a finite cap. */
export function maxMinShares(capacities: readonly number[], flows: readonly Flow[]): number[] {
  const shares = flows.map(() => 0);
  const left = [...capacities];
  const users = capacities.map(() => 0);
  for (const { links } of flows) for (const link of links) users[link]!++;
  let open = flows.map((_, i) => i);
  while (open.length > 0) {
    // All open flows can have as much as the scarcest link gives each, or as the lowest cap allows.
    const fair = left.map((bytes, link) => (users[link]! > 0 ? Math.max(0, bytes) / users[link]! : Infinity));
    const mostOf = (i: number): number => flows[i]!.links.reduce((most, l) => Math.min(most, fair[l]!), flows[i]!.cap);
    const level = open.reduce((least, i) => Math.min(least, mostOf(i)), Infinity);
    const still: number[] = [];
    for (const i of open) {
      if (mostOf(i) > level) {
        still.push(i);
        continue;
      }
      shares[i] = level;
      for (const link of flows[i]!.links) {
        left[link]! -= level;
        users[link]!--;
      }
    }
    open = still;
  }
  return shares;
}
