/**
 * Mixed integer linear programs, and who solves them. The planner knows no package: whoever runs it installs a solver.
 *
 * Minimise cost · x, rows and columns within their bounds. A solver is deterministic: the same program gives the same answer,
 * unless it was stopped.
 */
export interface MilpProgram {
  readonly cost: number[];
  readonly lower: number[];
  readonly upper: number[];
  readonly integer: boolean[];
  readonly rowLower: number[];
  readonly rowUpper: number[];
  /** By row, from index `starts[row]` to `starts[row + 1]`. */
  readonly starts: number[];
  readonly indices: number[];
  readonly values: number[];
}

export interface MilpResult {
  readonly status: 'optimal' | 'infeasible' | 'stopped';
  /** The best that was found; null: none. */
  readonly x: Float64Array | null;
  readonly objective: number | null;
  /** No solution is below it; null: nothing is proved. */
  readonly bound: number | null;
  /** Of a program without integers: the price of each row. */
  readonly duals: Float64Array | null;
}

export interface MilpOptions {
  /** Asked from time to time; what was found until then is kept. */
  readonly stopped: () => boolean;
  /** Search nodes at most; a deterministic limit. */
  readonly maxNodes?: number;
  /** A solution to begin with. */
  readonly start?: Float64Array | null;
}

export interface MilpSolver {
  /** Name and version. */
  readonly name: string;
  solve(program: MilpProgram, options: MilpOptions): MilpResult;
}

/** Builds a program column by column and row by row. */
export class ProgramBuilder {
  readonly program: MilpProgram = {
    cost: [],
    lower: [],
    upper: [],
    integer: [],
    rowLower: [],
    rowUpper: [],
    starts: [0],
    indices: [],
    values: [],
  };

  column(cost: number, lower: number, upper: number, integer: boolean): number {
    const { program } = this;
    program.cost.push(cost);
    program.lower.push(lower);
    program.upper.push(upper);
    program.integer.push(integer);
    return program.cost.length - 1;
  }

  /** Terms of one column are added up. */
  row(lower: number, upper: number, terms: Iterable<readonly [column: number, value: number]>): number {
    const { program } = this;
    const sums = new Map<number, number>();
    for (const [column, value] of terms) sums.set(column, (sums.get(column) ?? 0) + value);
    for (const [column, value] of sums) {
      if (value === 0) continue;
      program.indices.push(column);
      program.values.push(value);
    }
    program.starts.push(program.indices.length);
    program.rowLower.push(lower);
    program.rowUpper.push(upper);
    return program.rowLower.length - 1;
  }
}
