/** `schema`: the published JSON Schema of scenarios. */
import { scenarioJsonSchema } from '../scenario/index.ts';
import type { ExitCode } from './output.ts';
import { printJson } from './output.ts';

export async function schema(): Promise<ExitCode> {
  printJson(scenarioJsonSchema());
  return 0;
}
