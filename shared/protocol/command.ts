/**
 * What a person may ask of a running world, in a person's units. The shapes are those of a scenario's commands without
 * the time: a command given in a window is entered into the scenario at the tick the world stands at.
 */
import * as z from 'zod';

const name = z.string().min(1).max(200);
const nid = z.int().min(0).max(1023);
const nids = z.array(nid).min(1).max(1024).nullable();
const rateMiBps = z
  .number()
  .gt(0)
  .max(2 ** 30);
const pfn = z
  .int()
  .min(0)
  .max(2 ** 31);
const order = z.int().min(0).max(10);

export const givenCommandSchema = z.discriminatedUnion('type', [
  /** nodes null: the engine chooses the best set. */
  z.strictObject({ type: z.literal('compact'), vm: name, nodes: nids, rateMiBps }),
  z.strictObject({ type: z.literal('cancelCompaction'), vm: name }),
  z.strictObject({
    type: z.literal('migrate'),
    vm: name,
    toHost: name,
    nodes: nids,
    downtimeLimitMs: z.number().min(0).max(3.6e6),
    /** 0: what the link gives. */
    maxBandwidthMiBps: z
      .number()
      .min(0)
      .max(2 ** 30),
    maxRounds: z.int().min(1).max(10_000),
  }),
  z.strictObject({ type: z.literal('cancelMigration'), vm: name }),
  z.strictObject({
    type: z.literal('setRegeneration'),
    vm: name,
    regeneration: z.strictObject({
      enabled: z.boolean(),
      grainKiB: z
        .int()
        .min(4)
        .max(2 ** 22),
      delayMs: z.number().min(0).max(3.6e9),
    }),
  }),
  z.strictObject({ type: z.literal('holdPages'), vm: name, pfn, order }),
  z.strictObject({ type: z.literal('releasePages'), vm: name, pfn, order }),
  z.strictObject({ type: z.literal('plugDimm'), vm: name, dimm: z.int().min(0).max(255) }),
  z.strictObject({
    type: z.literal('setBeyond'),
    vm: name,
    beyond: z.strictObject({
      topology: z.boolean(),
      activePass: z
        .strictObject({
          pagesPerTick: z
            .int()
            .min(1)
            .max(2 ** 31),
          order: z.enum(['oldest', 'youngest', 'address']),
        })
        .nullable(),
      consultTarget: z.boolean(),
      commitStepMs: z.number().min(0).max(3.6e6),
      notify: z.boolean(),
      shrinkSlabs: z.boolean(),
      lookup: z.enum(['tree', 'runs', 'radix', 'table']),
    }),
  }),
]);

export type GivenCommand = z.infer<typeof givenCommandSchema>;
