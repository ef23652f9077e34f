/** `schema [WHAT]`: the published JSON Schemas. */
import { findingJsonSchema } from '../../shared/schema/finding.ts';
import { factsJsonSchema, scenarioJsonSchema } from '../scenario/index.ts';
import { sweepJsonSchema } from '../sweep/index.ts';
import type { ExitCode } from './output.ts';
import { printJson } from './output.ts';

const SCHEMAS = {
  scenario: scenarioJsonSchema,
  findings: findingJsonSchema,
  facts: factsJsonSchema,
  sweep: sweepJsonSchema,
};

export type SchemaName = keyof typeof SCHEMAS;

export async function schema(name: SchemaName): Promise<ExitCode> {
  printJson(SCHEMAS[name]());
  return 0;
}
