/** `predict`: whether a live migration ends, when, and what would make it, before it starts. Nothing is run or moved. */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import { fitText, predictionText } from '../../shared/view/words/prediction.ts';
import type { MigrationRecord } from '../formats/index.ts';
import { readDocument, recognise } from '../formats/index.ts';
import type { PredictQuestion } from '../jobs/index.ts';
import { EMPTY_QUESTION, questionOfReplies, questionOfScenario } from '../jobs/index.ts';
import { runJob } from '../runtime/index.ts';
import { readScenario } from '../scenario/index.ts';
import { inputName, readInput } from './input.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote, printResult } from './output.ts';

/** As commander gives them: absent where a person did not state them. */
export type PredictFlags = { readonly [Key in keyof PredictQuestion]?: NonNullable<PredictQuestion[Key]> } & {
  readonly json?: true;
  readonly migrate?: string;
  readonly fit?: string;
};

export async function predict(paths: readonly string[], flags: PredictFlags): Promise<ExitCode> {
  const { json, migrate, fit, ...stated } = flags;
  if (fit !== undefined) {
    if (paths.length === 0 && migrate === undefined) return fitFile(fit, stated, json === true);
    printNote('error: --fit FILE takes no other file, and no --migrate.');
    return 2;
  }
  const { question, diagnostics, exit } = await questionOf(paths, migrate);
  printDiagnostics(diagnostics);
  if (question === null) return exit;
  return interruptible(async (signal) => {
    const asked: PredictQuestion = { ...question, ...stated };
    const { prediction, assumed, problems, why, downtimeLimitMs } = await runJob('predict', asked, { signal });
    if (prediction === null) {
      printDiagnostics(problems);
      return 2;
    }
    if (json === true) printJson(`${JSON.stringify(prediction, null, 2)}\n`);
    else printResult(predictionText(prediction, assumed, downtimeLimitMs, why));
    return prediction.verdict === 'converges' ? 0 : 1;
  });
}

async function fitFile(path: string, stated: Partial<PredictQuestion>, json: boolean): Promise<ExitCode> {
  const { value: text, diagnostics: unread } = await readInput(path);
  printDiagnostics(unread);
  if (text === null) return 1;
  return interruptible(async (signal) => {
    const { fit, predicted, diagnostics } = await runJob(
      'fitMigration',
      { text, file: inputName(path), stated },
      { signal },
    );
    printDiagnostics([...diagnostics, ...(predicted?.problems ?? [])]);
    if (fit === null || predicted === null) {
      if (!hasErrors(diagnostics))
        printNote(
          'error: the file has no samples of a migration after its first pass: replies to query-migrate, or info migrate.',
        );
      return 1;
    }
    const { prediction, assumed, downtimeLimitMs, why } = predicted;
    if (prediction === null) return 2;
    if (json) printJson(`${JSON.stringify({ fit, prediction }, null, 2)}\n`);
    else printResult(`${fitText(fit)}\n${predictionText(prediction, assumed, downtimeLimitMs, why)}`);
    return 0;
  });
}

interface Asked {
  readonly question: PredictQuestion | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly exit: ExitCode;
}

/** What the files say: a scenario, or replies of QEMU. */
async function questionOf(paths: readonly string[], migrate: string | undefined): Promise<Asked> {
  const records: MigrationRecord[] = [];
  const diagnostics: Diagnostic[] = [];
  const no = (exit: ExitCode): Asked => ({ question: null, diagnostics, exit });
  for (const path of paths) {
    const { value: text, diagnostics: unread } = await readInput(path);
    diagnostics.push(...unread);
    if (text === null) return no(1);
    const file = inputName(path);
    if (recognise(text, file).value?.role === 'scenario') {
      const { value: scenario, diagnostics: found } = readScenario(text, file);
      diagnostics.push(...found);
      if (scenario === null) return no(1);
      if (paths.length > 1 || migrate === undefined) {
        printNote(`error: ${file} is a scenario: it takes --migrate VM=HOST, and no other file.`);
        return no(2);
      }
      const question = questionOfScenario(scenario, migrate);
      if (typeof question === 'string') {
        printNote(`error: --migrate ${migrate}: ${question}`);
        return no(2);
      }
      return { question, diagnostics, exit: 0 };
    }
    const { parts, diagnostics: found } = readDocument(text, file);
    diagnostics.push(...found);
    for (const { facts } of parts) if ('operation' in facts) records.push(facts);
  }
  if (hasErrors(diagnostics)) return no(1);
  if (migrate !== undefined) {
    printNote('error: --migrate VM=HOST is asked of a scenario.');
    return no(2);
  }
  if (paths.length > 0 && records.length === 0) {
    printNote(
      'error: no file says anything of a migration: query-migrate, query-migrate-parameters, query-migrate-capabilities, query-dirty-rate, info migrate, virsh domjobinfo.',
    );
    return no(1);
  }
  return { question: records.length === 0 ? EMPTY_QUESTION : questionOfReplies(records), diagnostics, exit: 0 };
}
