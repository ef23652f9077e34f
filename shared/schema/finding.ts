/** The published form of a list of findings: what `pageshift findings --json` prints. */
import { z } from 'zod';
import type { Assumption, FindingReport, MigrationQuestion } from '../model/finding.ts';

const remedySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plan'), text: z.string() }).describe('A question for the planner.'),
  z
    .strictObject({ kind: z.literal('command'), tool: z.string(), text: z.string() })
    .describe('A command line of a tool of the host; words in angle brackets are to be filled in.'),
]);

const findingSchema = z.strictObject({
  id: z.string().describe('Of the check, stable.'),
  severity: z.enum(['error', 'warning', 'note']),
  host: z.string(),
  vm: z.string().nullable(),
  cell: z.int().nullable().describe('Guest NUMA cell.'),
  node: z.int().nullable().describe('Host node.'),
  text: z.string().describe('Value, place and threshold, then what it costs. Sizes are MiB.'),
  source: z.string().describe('Where threshold and cost come from.'),
  remedy: z.array(remedySchema),
});

export const assumptionSchema: z.ZodType<Assumption> = z.strictObject({
  host: z.string().nullable(),
  vm: z.string().nullable(),
  text: z.string(),
  measure: z.string().nullable().describe('A command that would tell it.'),
});

export const findingReportSchema: z.ZodType<FindingReport> = z.strictObject({
  findings: z.array(findingSchema).describe('Worst first.'),
  assumed: z.array(assumptionSchema).describe('Values that no source states.'),
  notTested: z
    .array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        of: z.array(z.string()).describe('VMs, or hosts, of which it could not be made.'),
        needs: z.string(),
        measure: z.string().nullable().describe('A command that would tell it.'),
      }),
    )
    .describe('Checks that could not be made, and the facts that they need.'),
  tested: z
    .array(z.strictObject({ id: z.string(), title: z.string() }))
    .describe('Checks that were made of all that they concern.'),
});

/** A migration that a window asks about (MigrationQuestion). */
const MAX_QUANTITY = 2 ** 40;
const quantity = z.number().min(0).max(MAX_QUANTITY).nullable();
export const migrationQuestionSchema: z.ZodType<MigrationQuestion> = z.strictObject({
  vm: z.string().max(200),
  toHost: z.string().max(200),
  dirtyMibPerSec: quantity,
  workingSetMib: quantity,
  linkMibPerSec: quantity,
  downtimeLimitMs: quantity,
});

/** The published JSON Schema (draft 2020-12), as text. */
export function findingJsonSchema(): string {
  const schema = z.toJSONSchema(findingReportSchema);
  return `${JSON.stringify({ title: 'Pageshift findings', ...schema }, null, 2)}\n`;
}
