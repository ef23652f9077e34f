/**
 * Making a failing case small. Knows nothing of what fails: it is given lists and a predicate, tries smaller ones and
 * keeps what still fails. Deterministic; the number of tries is bounded by a budget that several calls may share.
 */

/** How many candidates may still be tried. */
export interface ShrinkBudget {
  left: number;
}

/**
 * Delta debugging: removes ever smaller runs of items while `fails` holds. The result still fails, and, budget
 * permitting, no single item can be left out of it.
 */
export function shrinkList<T>(items: readonly T[], budget: ShrinkBudget, fails: (items: readonly T[]) => boolean): T[] {
  let kept = [...items];
  for (let chunk = Math.max(1, kept.length >> 1); ; chunk >>= 1) {
    let removed = true;
    while (removed) {
      removed = false;
      for (let start = kept.length - chunk; start > -chunk && budget.left > 0; start -= chunk) {
        const from = Math.max(0, start);
        const candidate = [...kept.slice(0, from), ...kept.slice(start + chunk)];
        if (candidate.length === kept.length) continue;
        budget.left--;
        if (!fails(candidate)) continue;
        kept = candidate;
        removed = true;
      }
      if (chunk > 1) break; // the smallest chunk alone is repeated until nothing more can go
    }
    if (chunk <= 1) return kept;
  }
}

/** Takes the first simpler candidate that still fails, again and again, until none does. */
export function shrinkValue<T>(
  value: T,
  budget: ShrinkBudget,
  simpler: (value: T) => Iterable<T>,
  fails: (value: T) => boolean,
): T {
  let kept = value;
  for (let again = true; again;) {
    again = false;
    for (const candidate of simpler(kept)) {
      if (budget.left <= 0) return kept;
      budget.left--;
      if (!fails(candidate)) continue;
      kept = candidate;
      again = true;
      break;
    }
  }
  return kept;
}
