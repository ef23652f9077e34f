/**
 * The scenario document, version 1. One schema gives the types, the checks of form and the published JSON Schema.
 *
 * (a) Fixed defaults are stated with their keys, here and in shared/schema, which has the commands and what they share
 *     with a VM. Those that depend on other values (layout, holes, reserved ranges, number of node ids,
 *     distances) are derived by guest-map.ts and named in the descriptions.
 * (b) Objects are strict: an unknown key is an error, so a typing error never becomes a silent default.
 * (c) Parsing transforms nothing: the result is what was written, with the fixed defaults filled in.
 *
 * validate.ts checks what a schema cannot express (names that must exist, ranges that must not overlap).
 */
import { z } from 'zod';
import { DEFAULT_PROFILE } from '../../shared/model/config.ts';
import { DEFAULT_DMA32_END_MIB, DEFAULT_DMA_END_MIB, DEFAULT_TICK_MS } from '../../shared/model/default.ts';
import * as limit from '../../shared/model/limit.ts';
import { commandSchema } from '../../shared/schema/command.ts';
import {
  beyondSchema,
  exactlyOne,
  guestNid,
  hostNid,
  hostNids,
  layoutSchema,
  dirtySchema,
  mibps,
  name,
  pfn,
  powerOfTwo,
  regenerationSchema,
  workloadSchema,
} from '../../shared/schema/part.ts';
import { kibFromPages, mibFromPages } from '../../shared/units/index.ts';
import {
  assumedSchema,
  hugePageKib,
  idList,
  nodeFacts,
  poolFacts,
  strangersSchema,
  systemSchema,
  vmFacts,
} from './fact-schema.ts';

export const SCENARIO_VERSION = 1;

const ONE_MEMORY = exactlyOne(['memoryMiB', 'memoryKiB', 'memoryPages']);

const memory = {
  memoryMiB: z.int().min(0).max(mibFromPages(limit.MAX_NODE_PAGES)).optional().describe('Memory in MiB (2^20 bytes).'),
  memoryKiB: z
    .int()
    .min(0)
    .max(kibFromPages(limit.MAX_NODE_PAGES))
    .multipleOf(4)
    .optional()
    .describe('Or in KiB, a multiple of 4.'),
  memoryPages: z.int().min(0).max(limit.MAX_NODE_PAGES).optional().describe('Or in pages of 4 KiB.'),
};

const distancesSchema = z
  .strictObject({
    ids: z.array(z.int().min(0).max(limit.MAX_HOST_NID)).min(1).max(limit.MAX_NODES_PER_HOST),
    matrix: z.array(z.array(z.int().min(10).max(255)).max(limit.MAX_NODES_PER_HOST)).max(limit.MAX_NODES_PER_HOST),
  })
  .describe('SLIT values, row = from, column = to, both in the order of ids. 10 is local, 255 unreachable.');

const rangeSchema = z
  .strictObject({ start: pfn, end: pfn })
  .describe('Page frame numbers [start, end): end is not in it.');

const hostNodeSchema = z
  .strictObject({
    nid: hostNid,
    cpus: idList.default(''),
    ...memory,
    reservedMiB: z
      .int()
      .min(0)
      .max(mibFromPages(limit.MAX_NODE_PAGES))
      .default(0)
      .describe('Held by the host, never given to a VM. Outside of huge page pools.'),
    hugepages: z
      .array(
        z.strictObject({
          sizeKiB: hugePageKib,
          count: z.int().min(0).max(limit.MAX_NODE_PAGES),
          ...poolFacts,
        }),
      )
      .max(16)
      .optional()
      .describe('Pools the host has set up; an empty list: none; left out: not known.'),
    ...nodeFacts,
  })
  .check(ONE_MEMORY.check)
  .meta(ONE_MEMORY.meta);

export const hostSchema = z.strictObject({
  name,
  nodes: z.array(hostNodeSchema).min(1).max(limit.MAX_NODES_PER_HOST),
  distances: distancesSchema.nullable().default(null).describe('null: 10 to itself, 20 to every other node.'),
  assumed: z.array(assumedSchema).max(1000).optional().describe('What an importer had to assume about this host.'),
  system: systemSchema.optional(),
  strangers: strangersSchema.optional(),
});

export const linkSchema = z.strictObject({
  name,
  hosts: z.tuple([name, name]),
  bandwidthMiBps: mibps.gt(0).describe('Shared equally by the migrations that run over it. 10 GbE gives about 1192.'),
  assumed: z.boolean().optional().describe('No source states this link; an importer made it up.'),
});

const cellSchema = z
  .strictObject({ id: guestNid, cpus: idList.default(''), ...memory })
  .check(ONE_MEMORY.check)
  .meta(ONE_MEMORY.meta);

const shareSchema = z
  .strictObject({ node: hostNid, ...memory })
  .check(ONE_MEMORY.check)
  .meta(ONE_MEMORY.meta);

const placementSchema = z.discriminatedUnion('mode', [
  z
    .strictObject({ mode: z.literal('spread') })
    .describe('Frame by frame over the nodes that have memory and CPUs which its vCPUs may use: where it drifts to.'),
  z
    .strictObject({ mode: z.literal('strict'), nodes: hostNids })
    .describe('Only these nodes, each filled before the next.'),
  z
    .strictObject({ mode: z.literal('preferred'), nodes: hostNids })
    .describe('These nodes first, then the others by distance.'),
  z.strictObject({ mode: z.literal('interleave'), nodes: hostNids }).describe('Frame by frame over these nodes.'),
  z
    .strictObject({
      mode: z.literal('shares'),
      shares: z.array(shareSchema).min(1).max(limit.MAX_NODES_PER_HOST),
      scatter: z.boolean().default(true).describe('true: dealt in an order drawn from the seed; false: in runs.'),
    })
    .describe('Exactly so much on each node; the shares sum to the memory of the VM.'),
]);

const memnodeSchema = z.strictObject({
  cell: guestNid,
  mode: z.enum(['strict', 'preferred', 'interleave', 'restrictive']),
  nodes: hostNids,
  holds: z
    .boolean()
    .optional()
    .describe('true: for as long as the VM runs, as libvirt has it; otherwise at the start only.'),
});

const zonesSchema = z.strictObject({
  dmaEndMiB: z
    .int()
    .min(limit.ZONE_ALIGN_MIB)
    .max(2 ** 20)
    .multipleOf(limit.ZONE_ALIGN_MIB)
    .default(DEFAULT_DMA_END_MIB),
  dma32EndMiB: z
    .int()
    .min(limit.ZONE_ALIGN_MIB)
    .max(2 ** 20)
    .multipleOf(limit.ZONE_ALIGN_MIB)
    .default(DEFAULT_DMA32_END_MIB),
});

const switchesShape = {
  nrZonesAssign: z.boolean().default(false).describe('First use of a lower zone lowers nr_zones: the upper is lost.'),
  splitStuck: z.boolean().default(false).describe('A free block across a boundary goes whole to the node of its head.'),
  headOnly: z.boolean().default(false).describe('A free block whose head is on its node is not looked at further.'),
  mergeUnmoved: z.boolean().default(false).describe('A moved block may merge with one that the sweep then misses.'),
  orderHeadOnly: z.boolean().default(false).describe('A freed block of several pages follows its head.'),
  pcpFreeLeak: z.boolean().default(false).describe('Pages moved by a drain are not counted as free (v1, v2).'),
  sysfsStale: z.boolean().default(false).describe('Memory blocks keep the links to nodes they were under.'),
  overlapSilent: z.boolean().default(false).describe('A staged range that overlaps is dropped without an error.'),
  emptyCommitCrash: z.boolean().default(false).describe('Committing an empty staged layout crashes the kernel.'),
  markAll: z.boolean().default(false).describe('A commit marks every page, whether its node changes or not.'),
  spanNeverShrinks: z.boolean().default(false).describe('Spans of zones and nodes only grow.'),
  lostFlagPermille: z.int().min(0).max(1000).default(0).describe('Of 1000 marks, so many are lost in a race.'),
};

const profileSchema = z.strictObject({
  era: z
    .enum(['3.10', '6.1'])
    .default(DEFAULT_PROFILE.era)
    .describe("Whose rules for watermarks, per-CPU sizes and files' fields."),
  rfc: z
    .union([z.enum(['correct', 'rfc-v3', 'all-defects']), z.strictObject(switchesShape)])
    .default('correct')
    .describe('Defects of the posted code: none, as posted, all known ones, or each by name.'),
  memoryBlockMiB: z
    .int()
    .min(2)
    .max(2048)
    .default(mibFromPages(DEFAULT_PROFILE.memoryBlockPages))
    .describe('Memory block of sysfs. A power of two.')
    .check(powerOfTwo(2, 2048)),
  extraNrNodeIdsPercent: z
    .int()
    .min(0)
    .max(100_000)
    .default(DEFAULT_PROFILE.extraNrNodeIdsPercent)
    .describe('extra_nr_node_ids= of the command line: raises nrNodeIds by so many percent, rounded up.'),
  backlog: z
    .int()
    .min(-1)
    .max(1024)
    .default(DEFAULT_PROFILE.backlog)
    .describe('Layouts kept in debugfs (DNUMA_BACKLOG); -1: all.'),
});

const dimmSchema = z
  .strictObject({
    ...memory,
    hostNodes: hostNids.nullable().default(null).describe('Where its frames come from; null: as the VM is placed.'),
  })
  .check(ONE_MEMORY.check)
  .meta(ONE_MEMORY.meta);

const recordedFreeSchema = z.strictObject({
  nid: guestNid,
  zone: z.enum(['DMA', 'DMA32', 'Normal']),
  blocks: z.array(z.int().min(0).max(limit.MAX_NODE_PAGES)).length(limit.MAX_PAGE_ORDER + 1),
});

export const vmSchema = z
  .strictObject({
    name,
    host: name,
    ...memory,
    vcpus: z.int().min(1).max(limit.MAX_VCPUS).default(1),
    cells: z
      .array(cellSchema)
      .max(limit.MAX_GUEST_NODE_IDS)
      .default([])
      .describe('Guest NUMA cells, laid out one after the other in the order of their ids; none: one node 0.'),
    layout: layoutSchema.optional().describe('The boot memlayout, instead of cells laid out one after the other.'),
    nrNodeIds: z
      .int()
      .min(1)
      .max(limit.MAX_GUEST_NODE_IDS)
      .optional()
      .describe('Possible node ids. Otherwise twice the boot nodes, at least 4.'),
    distances: distancesSchema
      .nullable()
      .default(null)
      .describe('Between guest nodes. null, and for ids not named: 10 and 20.'),
    zones: zonesSchema.prefault({}),
    holes: z
      .array(rangeSchema)
      .max(limit.MAX_HOLES)
      .optional()
      .describe('pfns without memory. Otherwise [3 GiB, 4 GiB) when the VM has 3.5 GiB or more.'),
    reserved: z
      .array(rangeSchema)
      .max(limit.MAX_RANGES)
      .optional()
      .describe(
        'Pages reserved at boot. Otherwise the first MiB and 64 bytes a page at the top of each node, from 16 MiB on.',
      ),
    backing: z
      .strictObject({ pageKiB: z.literal([4, 2048]).default(2048) })
      .prefault({})
      .describe('Size of the host frames.'),
    placement: placementSchema.default({ mode: 'spread' }),
    memnodes: z
      .array(memnodeSchema)
      .max(limit.MAX_GUEST_NODE_IDS)
      .default([])
      .describe('Placement of single guest cells.'),
    vcpupin: z
      .record(z.string().regex(/^\d{1,4}$/, { error: 'a vCPU number' }), idList)
      .optional()
      .describe('Host CPUs of a vCPU: where its memory is drawn to. Not scheduled.'),
    regeneration: regenerationSchema.prefault({}),
    workload: workloadSchema.nullable().prefault({}).describe('null: nothing is allocated.'),
    dirty: dirtySchema
      .prefault({})
      .describe("What live migration sees of the guest's writes: uniform over a working set."),
    profile: profileSchema.prefault({}).describe("Which kernel the guest is, and which of the RFC's defects it has."),
    beyond: beyondSchema.prefault({}).describe('What the RFC leaves undone, each selectable.'),
    dimms: z
      .array(dimmSchema)
      .max(limit.MAX_DIMMS)
      .default([])
      .describe('Memory that can be plugged in later (plugDimm), above the memory of the VM, 128 MiB aligned.'),
    freedLate: z
      .array(rangeSchema)
      .max(limit.MAX_RANGES)
      .optional()
      .describe('Pages that the boot frees after it has set the watermarks: initrd, init sections. Otherwise none.'),
    recordedFree: z
      .array(recordedFreeSchema)
      .max(3 * limit.MAX_GUEST_NODE_IDS)
      .optional()
      .describe('Free blocks at power-on by order, as a buddyinfo has them; the rest of the zone is in use for good.'),
    ...vmFacts,
  })
  .check(ONE_MEMORY.check)
  .meta(ONE_MEMORY.meta);

const notPlacedSchema = z
  .strictObject({
    reason: z.string().min(1).max(2000).describe('Why it cannot start as it is, and what would let it.'),
    vm: vmSchema,
  })
  .describe('A VM that is known and not in the world. Only its form is checked.');

/** Files of one import: every host and every VM of a document, and as many again. */
const MAX_SOURCES = 2048;
/** Characters of a source's text that are kept: 128 Ki. A boot log has less, the zoneinfo of some hosts more. */
export const MAX_SOURCE_CHARS = 128 * 1024;

const sourceSchema = z
  .strictObject({
    name: z.string().max(255).describe('Of the file, without its folders.'),
    format: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, { error: 'the id of a format' })
      .describe('As `pageshift facts` names it.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: '64 hexadecimal digits' })
      .describe('Of the text in UTF-8.'),
    text: z.string().max(MAX_SOURCE_CHARS).optional().describe('Left out where it is too large.'),
  })
  .describe('A file that the scenario was imported from. No part of the world.');

export const scenarioSchema = z.strictObject({
  $schema: z.string().max(1000).optional(),
  pageshift: z.literal(SCENARIO_VERSION).describe('Version of this format.'),
  name,
  description: z.string().max(limit.MAX_DESCRIPTION_CHARS).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  tickMs: z.int().min(1).max(3_600_000).default(DEFAULT_TICK_MS),
  hosts: z.array(hostSchema).min(1).max(limit.MAX_HOSTS),
  links: z.array(linkSchema).max(limit.MAX_LINKS).default([]),
  vms: z.array(vmSchema).max(limit.MAX_VMS).default([]),
  notPlaced: z
    .array(notPlacedSchema)
    .max(limit.MAX_VMS)
    .optional()
    .describe('VMs that could not start: kept, with the reason, and no part of the world.'),
  commands: z.array(commandSchema).max(limit.MAX_COMMANDS).default([]).describe('In this order within a tick.'),
  sources: z
    .array(sourceSchema)
    .max(MAX_SOURCES)
    .optional()
    .describe('What it was imported from, with all that was not understood.'),
});

/** A scenario with its fixed defaults filled in. */
export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioHost = z.output<typeof hostSchema>;
export type ScenarioAssumption = z.output<typeof assumedSchema>;
export type ScenarioSource = z.output<typeof sourceSchema>;
export type ScenarioLink = z.output<typeof linkSchema>;
export type ScenarioVm = z.output<typeof vmSchema>;
export type ScenarioNotPlaced = z.output<typeof notPlacedSchema>;
export type ScenarioPlacement = z.output<typeof placementSchema>;
export type ScenarioDistances = z.output<typeof distancesSchema>;
export type ScenarioProfile = z.output<typeof profileSchema>;
/** A scenario as a person may write it, without what has a default. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** The published JSON Schema (draft 2020-12), as text. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Pageshift scenario, version 1', ...schema }, null, 2)}\n`;
}
