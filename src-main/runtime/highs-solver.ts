/**
 * HiGHS, compiled to WebAssembly, as the planner's solver of mixed integer programs. Loaded when a plan is first asked for:
 * nothing else needs its 3.5 MB.
 */
import type { MilpOptions, MilpProgram, MilpResult, MilpSolver } from '../planner/solver/milp.ts';

let loaded: Promise<MilpSolver> | null = null;

export const highsSolver = (): Promise<MilpSolver> => (loaded ??= load());

async function load(): Promise<MilpSolver> {
  const { default: loadHighs } = await import('highs');
  const highs = await loadHighs();
  const { modelStatus, callbackType } = highs.constants;

  const solve = (program: MilpProgram, { stopped, maxNodes, start }: MilpOptions): MilpResult => {
    const numCols = program.cost.length;
    const numRows = program.rowLower.length;
    const isMip = program.integer.some(Boolean);
    // Nothing to decide: the rows hold as they are, or cannot.
    if (numCols === 0) {
      const holds = program.rowLower.every((lower, row) => lower <= 0 && program.rowUpper[row]! >= 0);
      const x = holds ? new Float64Array(0) : null;
      return { status: holds ? 'optimal' : 'infeasible', x, objective: 0, bound: 0, duals: null };
    }
    const model = highs.createModel({
      numCols,
      numRows,
      colCost: program.cost,
      colLower: program.lower,
      colUpper: program.upper.map(finite),
      rowLower: program.rowLower.map(finite),
      rowUpper: program.rowUpper.map(finite),
      matrix: {
        format: 'csr',
        numRows,
        numCols,
        starts: program.starts,
        indices: program.indices,
        values: program.values,
      },
      ...(isMip ? { integrality: program.integer.map((integer) => (integer ? 1 : 0)) } : {}),
    });
    try {
      model.options.set({
        output_flag: false,
        random_seed: 0,
        mip_rel_gap: 0,
        mip_abs_gap: 0.999,
        ...(maxNodes === undefined ? {} : { mip_max_nodes: maxNodes }),
      });
      if (start !== undefined && start !== null) model.setSolution({ colValue: start });
      let wasStopped = false;
      const check = (event: { interrupt(): void }): undefined => {
        if (!stopped()) return;
        wasStopped = true;
        event.interrupt();
      };
      model.run({
        [callbackType.mipInterrupt]: check,
        [callbackType.simplexInterrupt]: check,
      });
      const status = model.getModelStatus();
      if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible)
        return { status: 'infeasible', x: null, objective: null, bound: null, duals: null };
      const optimal = status === modelStatus.optimal;
      const solution = model.getSolution();
      const primal = Number(model.info.get('primal_solution_status')) === 2;
      const x = primal ? Float64Array.from(solution.colValue) : null;
      const bound = optimal && !isMip ? model.getObjectiveValue() : Number(model.info.get('mip_dual_bound'));
      return {
        status: optimal && !wasStopped ? 'optimal' : 'stopped',
        x,
        objective: x === null ? null : model.getObjectiveValue(),
        bound: Number.isFinite(bound) ? bound : null,
        duals: isMip ? null : Float64Array.from(solution.rowDual),
      };
    } finally {
      model.dispose();
    }
  };

  const finite = (bound: number): number =>
    bound === Infinity ? highs.infinity : bound === -Infinity ? -highs.infinity : bound;
  return { name: `HiGHS ${highs.version.string}`, solve };
}
