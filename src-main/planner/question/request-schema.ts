/**
 * The document in which a question about placement is written, version 1. Objects are strict, and parsing transforms nothing:
 * the result is what was written, with the defaults filled in.
 */
import { z } from 'zod';
import * as limit from '../../../shared/model/limit.ts';
import { mibps, name } from '../../../shared/schema/part.ts';

/** A host, or a node of it as `HOST/NID`. */
const place = z
  .string()
  .min(1)
  .max(limit.MAX_NAME_CHARS + 8);
const places = z
  .array(place)
  .min(1)
  .max(limit.MAX_HOSTS * 64);
const vms = z.array(name).min(1).max(limit.MAX_VMS);
const grain = z.enum(['host', 'node']);
const MAX_MIB = 2 ** 33;
const mib = z.int().min(0).max(MAX_MIB);
const pageKiB = z
  .int()
  .min(4)
  .max(2 ** 24);

const goalSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('place') }).describe('Place all new VMs; what runs stays.'),
  z.strictObject({ type: z.literal('fit'), vm: name }).describe('Each cell of a new VM on a node of its own.'),
  z.strictObject({ type: z.literal('one-node'), vm: name }).describe('All of a VM on one node.'),
  z.strictObject({ type: z.literal('locality') }).describe('Each cell of each VM on one node.'),
  z.strictObject({ type: z.literal('drain'), places }).describe('Nothing is left there.'),
  z.strictObject({ type: z.literal('consolidate') }).describe('Fewest hosts.'),
  z
    .strictObject({ type: z.literal('rebalance'), maxUsePercent: z.number().min(0).max(100) })
    .describe("No node's memory is fuller than that."),
  z
    .strictObject({ type: z.literal('huge-pages'), place, pageKiB, pages: z.int().min(0).max(limit.MAX_NODE_PAGES) })
    .describe('So many free pages in that pool.'),
  z
    .strictObject({
      type: z.literal('swap'),
      want: z
        .array(z.strictObject({ vm: name, place }))
        .min(1)
        .max(limit.MAX_VMS),
    })
    .describe('Each named VM on its place.'),
]);

const ruleSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('keep'), vms }).describe('They do not move.'),
  z.strictObject({ type: z.literal('ban'), vms, places }).describe('They are on none of these places.'),
  z.strictObject({ type: z.literal('pin'), vms, places }).describe('Each is within these places.'),
  z.strictObject({ type: z.literal('fence'), vms, places }).describe('All are within these places.'),
  z.strictObject({ type: z.literal('together'), vms, grain }).describe('They share a host, or a node.'),
  z.strictObject({ type: z.literal('apart'), vms, grain }).describe('No two of them share a host, or a node.'),
  z
    .strictObject({
      type: z.literal('reserve'),
      places,
      memoryMiB: mib.default(0),
      pageKiB: pageKiB.default(4).describe('In this pool.'),
      cpus: z.number().min(0).max(limit.MAX_CPU_IDS).default(0),
    })
    .describe('So much stays free on each of these places.'),
]);

const DEFAULT_COMPACT_MIBPS = 1024;

const limitsSchema = z.strictObject({
  cpuOvercommit: z.number().gt(0).max(1000).default(1),
  migrationsPerHost: z.int().min(1).max(1000).default(2),
  migrationsPerLink: z.int().min(1).max(1000).default(2),
  compactMiBps: mibps.gt(0).default(DEFAULT_COMPACT_MIBPS),
  split: z.boolean().default(false).describe('false: a move leaves each cell on one node.'),
});

const REQUEST_VERSION = 1;

export const requestSchema = z.strictObject({
  $schema: z.string().max(1000).optional(),
  pageshiftRequest: z.literal(REQUEST_VERSION).describe('Version of this format.'),
  goal: goalSchema,
  newVms: z
    .array(z.looseObject({ name }))
    .max(limit.MAX_VMS)
    .default([])
    .describe('VMs as in a scenario, without host and placement.'),
  hugepagesKiB: z
    .record(name, pageKiB)
    .default({})
    .describe('VMs that take their memory from the pool of that page size.'),
  rules: z.array(ruleSchema).max(10_000).default([]),
  limits: limitsSchema.prefault({}),
});

export type RequestDocument = z.output<typeof requestSchema>;
export type Goal = RequestDocument['goal'];
export type Rule = RequestDocument['rules'][number];
export type Limits = RequestDocument['limits'];
