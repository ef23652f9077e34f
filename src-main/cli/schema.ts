/** `schema`: the published JSON Schema of scenarios. */
import { scenarioJsonSchema } from '../scenario/index.ts';
import type { ExitCode } from './output.ts';
import { printResult } from './output.ts';

export async function schema(): Promise<ExitCode> {
  printResult(scenarioJsonSchema());
  return 0;
}
