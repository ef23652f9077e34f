/** The parts that commands and scenarios are made of: names, ids, times, rates, and the settings of a guest. */
import { z } from 'zod';
import * as limit from '../model/limit.ts';
import { PLAIN_RFC } from '../model/beyond.ts';
import { DEFAULT_REGENERATION } from '../model/default.ts';

/** A check on a whole object: exactly one of `keys`. The JSON Schema has `oneOf` for it. */
export const exactlyOne = (keys: readonly string[]) => ({
  check: (ctx: z.core.ParsePayload<Record<string, unknown>>): void => {
    const given = keys.filter((key) => ctx.value[key] !== undefined);
    if (given.length === 1) return;
    ctx.issues.push({
      code: 'custom',
      message:
        given.length === 0 ? `one of ${keys.join(', ')} is missing` : `${given.join(' and ')} exclude each other`,
      input: ctx.value,
      params: {
        slug: given.length === 0 ? 'key-missing' : 'keys-exclude',
        expected: `exactly one of ${keys.join(', ')}`,
      },
    });
  },
  meta: { oneOf: keys.map((key) => ({ required: [key] })) },
});

/** A check on a number. */
export const powerOfTwo =
  (least: number, most: number) =>
  (ctx: z.core.ParsePayload<number>): void => {
    if (Number.isInteger(Math.log2(ctx.value))) return;
    ctx.issues.push({
      code: 'custom',
      message: `${ctx.value} is not a power of two`,
      input: ctx.value,
      params: { slug: 'out-of-range', expected: `a power of two from ${least} to ${most}` },
    });
  };

export const name = z
  .string()
  .min(1)
  .max(limit.MAX_NAME_CHARS)
  // Control characters would break every line of output that shows the name.
  .regex(/^[^\u0000-\u001f\u007f]*$/, { error: 'a name has no control characters' })
  .regex(/^\S(.*\S)?$/, { error: 'a name neither begins nor ends with a blank' });

export const hostNid = z.int().min(0).max(limit.MAX_HOST_NID);
export const guestNid = z
  .int()
  .min(0)
  .max(limit.MAX_GUEST_NODE_IDS - 1);
export const hostNids = z.array(hostNid).min(1).max(limit.MAX_NODES_PER_HOST);
export const ms = z.number().min(0).max(limit.MAX_MS);
export const mibps = z.number().min(0).max(limit.MAX_RATE_MIBPS);
export const pfn = z.int().min(0).max(limit.MAX_GUEST_PFN);
export const order = z.int().min(0).max(limit.MAX_PAGE_ORDER);
const percent = z.number().min(0).max(100).multipleOf(0.1);

export const dirtySchema = z.strictObject({
  workingSetMiB: z
    .number()
    .min(0)
    .max(2 ** 30)
    .default(0),
  rateMiBps: mibps.default(0),
});
export type ScenarioDirty = z.output<typeof dirtySchema>;

const layoutRangeSchema = z.strictObject({ start: pfn, end: pfn, nid: guestNid });
export const layoutSchema = z.array(layoutRangeSchema).min(1).max(limit.MAX_RANGES);

const MIN_GRANULARITY_KIB = 4;
const MAX_GRANULARITY_KIB = 2 ** 20;

export const regenerationSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(DEFAULT_REGENERATION.enabled)
    .describe('false: the guest never gets a new layout, as with hypervisors today.'),
  grainKiB: z
    .int()
    .min(MIN_GRANULARITY_KIB)
    .max(MAX_GRANULARITY_KIB)
    .check(powerOfTwo(MIN_GRANULARITY_KIB, MAX_GRANULARITY_KIB))
    .default(DEFAULT_REGENERATION.grainKiB)
    .describe('A window of this size goes to the node that backs most of it. A power of two.'),
  delayMs: ms
    .default(DEFAULT_REGENERATION.delayMs)
    .describe('From the first change of backing to the delivery of the new layout.'),
});

const lifetimeSchema = z.discriminatedUnion('law', [
  z.strictObject({ law: z.literal('exponential'), meanMs: ms.gt(0) }),
  z
    .strictObject({ law: z.literal('lomax'), alpha: z.number().gt(1).max(100), scaleMs: ms.gt(0) })
    .describe('P(L > t) = (1 + t/scale)^-alpha.'),
]);

export const workloadSchema = z.strictObject({
  occupancyPercent: percent.default(60).describe('Share of the managed pages that is held; constant.'),
  kernelPercent: percent.default(5).describe('Of the held pages, those of the kernel, which are never freed.'),
  hugePercent: percent.default(30).describe('Of the other held pages, those in 2 MiB huge pages.'),
  slabPercent: percent.optional().describe("Of the held pages, those of the kernel's slab caches; none unless given."),
  filePercent: percent.optional().describe('Of the small pages, those of the page cache; none unless given.'),
  lifetime: lifetimeSchema.default({ law: 'exponential', meanMs: 60_000 }),
  start: z.enum(['stationary', 'fresh']).default('stationary').describe('stationary: as after an infinite past.'),
  warmupMs: ms.default(0).describe('Only for fresh: run before tick 0.'),
});

export const beyondSchema = z.strictObject({
  topology: z.boolean().default(PLAIN_RFC.topology).describe('CPU map and distances follow the layout.'),
  activePass: z
    .strictObject({
      pagesPerTick: z.int().min(1).max(limit.MAX_NODE_PAGES),
      order: z.enum(['oldest', 'youngest', 'address']).default('oldest'),
    })
    .nullable()
    .default(PLAIN_RFC.activePass)
    .describe('Relabels stranded pages in place, at most so many a tick.'),
  consultTarget: z
    .boolean()
    .default(PLAIN_RFC.consultTarget)
    .describe('Allocations during a commit skip pages listed on a stale node.'),
  commitStepMs: ms.default(0).describe('Between two steps of a commit; 0: all in one tick.'),
  notify: z
    .boolean()
    .default(PLAIN_RFC.notify)
    .describe('Slab caches and tasks with a memory policy are notified of a commit.'),
  shrinkSlabs: z.boolean().default(PLAIN_RFC.shrinkSlabs).describe('Slab caches that are notified shrink.'),
  lookup: z.enum(['tree', 'runs', 'radix', 'table']).default(PLAIN_RFC.lookup).describe('How a page is looked up.'),
});

export type ScenarioWorkload = z.output<typeof workloadSchema>;
export type ScenarioRegeneration = z.output<typeof regenerationSchema>;
export type ScenarioBeyond = z.output<typeof beyondSchema>;
