/** Which of several results no other one beats. */

export interface Goal {
  readonly metric: string;
  readonly best: 'min' | 'max';
}

/**
 * The rows that are on the front: no other row is at least as good in every goal and better in one. Rows that lack a goal
 * are never on it; of equal rows all are.
 */
export function paretoFront(rows: readonly (readonly (number | null)[])[], goals: readonly Goal[]): readonly boolean[] {
  const signs = goals.map(({ best }) => (best === 'min' ? 1 : -1));
  const isWhole = (row: readonly (number | null)[]): row is readonly number[] => row.every((value) => value !== null);
  const beats = (a: readonly number[], b: readonly number[]): boolean => {
    let isBetter = false;
    for (let g = 0; g < signs.length; g++) {
      const difference = signs[g]! * (a[g]! - b[g]!);
      if (difference > 0) return false;
      if (difference < 0) isBetter = true;
    }
    return isBetter;
  };
  return rows.map((row) => isWhole(row) && !rows.some((other) => isWhole(other) && beats(other, row)));
}
