/** "Did you mean": the candidate nearest to what was written. */

/** Letters of a name that are compared. */
const MAX_COMPARED_CHARS = 100;
/** Pairs of letters compared for the hints of one document: about 50 ms. Later problems have no hint. */
const MAX_COMPARISONS = 5_000_000;

/** What the hints of one document may still cost, in pairs of letters. */
export interface HintBudget {
  comparisons: number;
}

export const newHintBudget = (): HintBudget => ({ comparisons: MAX_COMPARISONS });

/** Edits (insert, delete, replace) between two words; at most `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const edits = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      next.push(edits);
      if (edits < least) least = edits;
    }
    // The least of a row never shrinks again.
    if (least >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}

/** The nearest candidate, letter case ignored, the first of equals; null when more than half the letters differ. */
function nearestName(word: string, candidates: readonly string[], budget: HintBudget): string | null {
  const compared = (text: string): string => text.slice(0, MAX_COMPARED_CHARS).toLowerCase();
  const own = compared(word);
  let best: string | null = null;
  let bestEdits = Math.max(2, Math.floor(own.length / 2)) + 1;
  for (const candidate of candidates) {
    budget.comparisons -= own.length * Math.min(candidate.length, MAX_COMPARED_CHARS);
    if (budget.comparisons < 0) return null;
    const edits = editDistance(own, compared(candidate), bestEdits);
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** `Did you mean "x"?`, or what there is to choose from, or nothing. */
export function nameHint(
  word: string,
  candidates: readonly string[],
  budget: HintBudget = newHintBudget(),
): { readonly hint?: string } {
  const near = nearestName(word, candidates, budget);
  if (near !== null) return { hint: `Did you mean "${near}"?` };
  if (candidates.length === 0 || candidates.length > 20) return {};
  return { hint: `There are: ${candidates.join(', ')}.` };
}
