/** "Did you mean": the candidate nearest to what was written. */

/** Edits (insert, delete, replace) between two words, letter case ignored. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1]!.toLowerCase() === b[j - 1]!.toLowerCase() ? 0 : 1;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The nearest candidate, the first of equals; null when more than half the letters differ. */
export function nearestName(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestEdits = Math.max(2, Math.floor(Math.min(word.length, 100) / 2)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word.slice(0, 100), candidate);
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** `Did you mean "x"?`, or what there is to choose from, or nothing. */
export function nameHint(word: string, candidates: readonly string[]): { readonly hint?: string } {
  const near = nearestName(word, candidates);
  if (near !== null) return { hint: `Did you mean "${near}"?` };
  if (candidates.length === 0 || candidates.length > 20) return {};
  return { hint: `There are: ${candidates.join(', ')}.` };
}
