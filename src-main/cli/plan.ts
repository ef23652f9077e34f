/** `plan FILE --ask REQUEST`: where VMs should live, which moves lead there, and how far that is from the best. */
import type { FleetAnswer, GoalType, PlanAnswer } from '../../shared/model/plan.ts';
import { isSolver, SOLVERS } from '../../shared/model/plan.ts';
import { fleetText, planText } from '../../shared/view/words/plan.ts';
import { planCsv, planScript } from '../../shared/view/words/plan-script.ts';
import { runPlan } from '../runtime/run-plan.ts';
import { inputName, readInput } from './input.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote, printResult } from './output.ts';
import { ProgressLine } from './progress.ts';

export interface PlanFlags {
  readonly fleet?: string;
  readonly ask?: string;
  readonly goal?: GoalType;
  readonly vm?: string;
  readonly place: readonly string[];
  readonly want: readonly string[];
  readonly maxUsePercent?: number;
  readonly pageKib?: number;
  readonly pages?: number;
  readonly solver: string;
  readonly seed: number;
  readonly timeLimit: number;
  readonly json?: true;
  readonly format: 'text' | 'json' | 'script' | 'csv' | 'scenario';
}

/** Ctrl+C is heard from the beginning. */
export const plan = (path: string | undefined, flags: PlanFlags): Promise<ExitCode> =>
  interruptible((signal) => planUntilStopped(path, flags, signal));

async function planUntilStopped(path: string | undefined, flags: PlanFlags, signal: AbortSignal): Promise<ExitCode> {
  if ((path === undefined) === (flags.fleet === undefined)) {
    printNote('error: name a scenario, or a fleet with --fleet');
    return 2;
  }
  if (!isSolver(flags.solver)) {
    printNote(`error: there is no solver "${flags.solver}"; there are ${SOLVERS.join(', ')}`);
    return 2;
  }
  const asks = flags.fleet === undefined || flags.ask !== undefined || flags.goal !== undefined;
  const request = asks ? await requestText(flags) : null;
  if (typeof request === 'number') return request;
  const named = path ?? flags.fleet!;
  const read = await readInput(named);
  if (read.value === null) {
    printDiagnostics(read.diagnostics);
    return 1;
  }
  const document = { text: read.value, file: inputName(named) };
  const line = new ProgressLine();
  const { solver, seed } = flags;
  const { answer, diagnostics, ended } = await runPlan(
    path === undefined ? { fleet: document, request } : { scenario: document, request: request!, solver, seed },
    {
      signal,
      limitMs: Math.max(0, flags.timeLimit * 1000 - performance.now()),
      onProgress: ({ phase, best }) => line.show(() => progressText(phase, best)),
    },
  ).finally(() => line.clear());
  printDiagnostics(diagnostics);
  if (answer === null) return 1;
  const whole = { ...answer, seconds: Math.round(performance.now() / 10) / 100 };
  const format = flags.json === true ? 'json' : flags.format;
  if (format === 'json') printJson(`${JSON.stringify(whole, null, 1)}\n`);
  else if ('byClass' in whole) printResult(fleetText(whole));
  else if (format === 'script') printResult(planScript(whole));
  else if (format === 'csv') printResult(planCsv(whole));
  else if (format === 'scenario') await printRehearsal(document, request!.text, whole);
  else printResult(planText(whole));
  if (ended === 'stopped') {
    printNote('interrupted: this is the best plan so far');
    return 130;
  }
  if (ended === 'limit') printNote(`the limit of ${flags.timeLimit} s was reached: this is the best plan so far`);
  return whole.status === 'optimal' || whole.status === 'feasible' ? 0 : 1;
}

/** The scenario with the plan's commands: what `run` rehearses. */
async function printRehearsal(
  document: { readonly text: string; readonly file: string },
  question: string,
  answer: PlanAnswer,
): Promise<void> {
  const { canonicalText, readScenario } = await import('../scenario/index.ts');
  const { poolsOfRequest, rehearsalOfPlan } = await import('../jobs/plan.ts');
  const { value } = readScenario(document.text, document.file, poolsOfRequest(question));
  const { scenario, left } = rehearsalOfPlan(value!, answer);
  printJson(canonicalText(scenario));
  if (left.length > 0)
    printNote(
      `warning plan-not-rehearsed: moves ${left.join(', ')} are left out: no command starts a VM or moves one cell of several`,
    );
}

function progressText(phase: string, best: PlanAnswer | FleetAnswer | null): string {
  const values = best?.objective?.map(({ name, value }) => `${name} ${value}`).join(', ');
  return values === undefined ? phase : `${phase}; best so far: ${values}`;
}

/** The question: of a file, or of flags. */
async function requestText(flags: PlanFlags): Promise<{ readonly text: string; readonly file: string } | ExitCode> {
  if ((flags.ask === undefined) === (flags.goal === undefined)) {
    printNote('error: ask one question: --ask REQUEST, or --goal TYPE');
    return 2;
  }
  if (flags.ask !== undefined) {
    const read = await readInput(flags.ask);
    printDiagnostics(read.value === null ? read.diagnostics : []);
    return read.value === null ? 1 : { text: read.value, file: inputName(flags.ask) };
  }
  const goal = goalOf(flags);
  if (typeof goal === 'string') {
    printNote(`error: --goal ${flags.goal} needs ${goal}`);
    return 2;
  }
  return { text: JSON.stringify({ pageshiftRequest: 1, goal }, null, 1), file: '--goal' };
}

/** The goal that flags describe, or which flag it lacks. */
function goalOf({ goal: type, vm, place, want, maxUsePercent, pageKib, pages }: PlanFlags): object | string {
  switch (type) {
    case 'fit':
    case 'one-node':
      return vm === undefined ? '--vm' : { type, vm };
    case 'drain':
      return place.length === 0 ? '--place' : { type, places: place };
    case 'rebalance':
      return maxUsePercent === undefined ? '--max-use-percent' : { type, maxUsePercent };
    case 'huge-pages':
      if (place.length !== 1) return 'one --place';
      if (pageKib === undefined || pages === undefined) return '--page-kib and --pages';
      return { type, place: place[0], pageKiB: pageKib, pages };
    case 'swap': {
      if (want.length === 0) return '--want VM=PLACE';
      const wants = want.map((text) => ({ vm: text.slice(0, text.indexOf('=')), place: text.slice(text.indexOf('=') + 1) })); // prettier-ignore
      return want.every((text) => text.includes('=')) ? { type, want: wants } : '--want VM=PLACE';
    }
    default:
      return { type };
  }
}
