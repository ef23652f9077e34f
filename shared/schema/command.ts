/**
 * The world's commands as a person writes them: one row a command, with its schema, its conversion for the engine and
 * the names it refers to. A command of a scenario has a time; a window submits it without one, for the present.
 * Everything else about a command (who may submit it, flags, defaults of dialogs) is plain data in
 * shared/model/command.ts.
 *
 * (a) Parsing transforms nothing: the result is what was written, with the defaults filled in.
 * (b) A schema cannot check whether a name exists in a scenario: `uses` lists the names to look up.
 */
import { z } from 'zod';
import type { Command, CommandOf, CommandType, NumberParameter } from '../model/command.ts';
import { COMMAND_TYPES, COMMANDS } from '../model/command.ts';
import type { LayoutRange } from '../model/config.ts';
import * as limit from '../model/limit.ts';
import { bytesFromMib, PAGES_PER_MIB } from '../units/index.ts';
import { beyondConfig, dirtyConfig, regenerationConfig, workloadConfig } from './convert.ts';
import {
  beyondSchema,
  dirtySchema,
  exactlyOne,
  guestNid,
  hostNids,
  layoutSchema,
  mibps,
  ms,
  name,
  order,
  pfn,
  regenerationSchema,
  workloadSchema,
} from './part.ts';

/** What a conversion must know besides the command. */
export interface CommandPlace {
  readonly tickMs: number;
  /** One past the last pfn of the VM. */
  readonly nrPages: number;
  /** Pages in a host frame of the VM. */
  readonly framePages: number;
}

/** A name in a command that its scenario must define, and the keys that lead to it. */
export type CommandUse =
  | { readonly what: 'hostNodes'; readonly keys: readonly string[]; readonly nodes: readonly number[] }
  /** A host that a link joins to one that the VM may be on, and nodes of it; null: any. */
  | {
      readonly what: 'destination';
      readonly keys: readonly string[];
      readonly host: string;
      readonly nodeKeys: readonly string[];
      readonly nodes: readonly number[] | null;
    }
  | { readonly what: 'layout'; readonly keys: readonly string[]; readonly ranges: readonly LayoutRange[] }
  | {
      readonly what: 'stripe';
      readonly keys: readonly string[];
      readonly nodes: readonly number[];
      readonly pages: number;
    }
  | { readonly what: 'block'; readonly keys: readonly string[]; readonly pfn: number; readonly order: number }
  | { readonly what: 'dimm'; readonly keys: readonly string[]; readonly dimm: number };

const when = {
  at: z
    .int()
    .min(0)
    .max(limit.MAX_TICK)
    .optional()
    .describe('Tick at whose start it is applied; 0 is before the first step.'),
  atMs: ms.optional().describe('Or simulated milliseconds; the first tick that starts no earlier.'),
};
const ONE_TIME = exactlyOne(['at', 'atMs']);

type Exclusive = ReturnType<typeof exactlyOne>;

function row<Type extends CommandType, Shape extends z.ZodRawShape>(
  type: Type,
  shape: Shape,
  convert: (command: z.output<z.ZodObject<Shape>>, place: CommandPlace) => Omit<CommandOf<Type>, 'type' | 'vm'>,
  uses: (command: z.output<z.ZodObject<Shape>>) => readonly CommandUse[] = () => [],
  exclusive: Exclusive | null = null,
) {
  const description = COMMANDS[type].does;
  const checks = exclusive === null ? [] : [exclusive.check];
  return {
    /** Of a scenario. */
    timed: z
      .strictObject({ ...when, type: z.literal(type), vm: name, ...shape })
      .check(ONE_TIME.check, ...checks)
      .meta({
        ...(exclusive === null ? ONE_TIME.meta : { allOf: [ONE_TIME.meta, exclusive.meta] }),
        description,
      }),
    /** For the present. */
    untimed: z
      .strictObject({ type: z.literal(type), vm: name, ...shape })
      .check(...checks)
      .describe(description),
    convert,
    uses,
  };
}

const number = <Schema extends z.ZodNumber>(schema: Schema, { max, default: usual }: NumberParameter) =>
  schema.max(max).default(usual as z.core.util.NoUndefined<z.output<Schema>>);

const chosenNodes = hostNids.nullable().default(null);
const { rateMiBps } = COMMANDS.compact.numbers;
const { downtimeLimitMs, maxBandwidthMiBps, maxRounds } = COMMANDS.migrate.numbers;
const nothing = (): Record<never, never> => ({});

const TABLE = {
  compact: row(
    'compact',
    {
      nodes: chosenNodes.describe('null: the engine chooses the best set.'),
      rateMiBps: number(mibps.gt(0), rateMiBps).describe(
        'Moved each second of simulated time, at least one frame a tick.',
      ),
    },
    (c, { tickMs, framePages }) => ({
      nodes: c.nodes,
      framesPerTick: Math.max(1, Math.round((c.rateMiBps * PAGES_PER_MIB * tickMs) / 1000 / framePages)),
    }),
    ({ nodes }) => (nodes === null ? [] : [{ what: 'hostNodes', keys: ['nodes'], nodes }]),
  ),
  cancelCompaction: row('cancelCompaction', {}, nothing),
  migrate: row(
    'migrate',
    {
      toHost: name,
      nodes: chosenNodes.describe('null: the engine chooses.'),
      downtimeLimitMs: number(ms, downtimeLimitMs),
      maxBandwidthMiBps: number(mibps, maxBandwidthMiBps).describe('0: what the link gives.'),
      maxRounds: number(z.int().min(1), maxRounds).describe('It fails when it has not converged by then.'),
    },
    (c) => ({
      toHost: c.toHost,
      nodes: c.nodes,
      downtimeLimitMs: c.downtimeLimitMs,
      maxBytesPerSec: Math.round(bytesFromMib(c.maxBandwidthMiBps)),
      maxRounds: c.maxRounds,
    }),
    ({ toHost, nodes }) => [{ what: 'destination', keys: ['toHost'], host: toHost, nodeKeys: ['nodes'], nodes }],
  ),
  cancelMigration: row('cancelMigration', {}, nothing),
  commitLayout: row(
    'commitLayout',
    {
      ranges: layoutSchema.optional(),
      stripe: z
        .strictObject({ nodes: z.array(guestNid).min(1).max(limit.MAX_GUEST_NODE_IDS), pages: pfn.min(1) })
        .optional()
        .describe('Instead of ranges: the whole guest in stripes of so many pages, dealt to the nodes in turn.'),
    },
    ({ ranges, stripe }, { nrPages }) => ({
      ranges: stripe === undefined ? sorted(ranges ?? []) : striped(stripe, nrPages),
    }),
    ({ ranges, stripe }) => [
      ...(ranges === undefined ? [] : [{ what: 'layout', keys: ['ranges'], ranges } as const]),
      ...(stripe === undefined ? [] : [{ what: 'stripe', keys: ['stripe'], ...stripe } as const]),
    ],
    exactlyOne(['ranges', 'stripe']),
  ),
  setWorkload: row('setWorkload', { workload: workloadSchema.nullable() }, ({ workload }, { tickMs }) => ({
    workload: workload === null ? null : workloadConfig(workload, tickMs),
  })),
  setRegeneration: row('setRegeneration', { regeneration: regenerationSchema }, ({ regeneration }, { tickMs }) => ({
    regeneration: regenerationConfig(regeneration, tickMs),
  })),
  holdPages: row('holdPages', { pfn, order }, (c) => ({ pfn: c.pfn, order: c.order }), blockUse),
  releasePages: row('releasePages', { pfn, order }, (c) => ({ pfn: c.pfn, order: c.order }), blockUse),
  writeFiles: row(
    'writeFiles',
    {
      line: z.string().max(limit.MAX_LINE_CHARS).describe('The line of the guest shell that wrote; only shown.'),
      writes: z
        .array(
          z.strictObject({
            path: z.string().min(1).max(limit.MAX_PATH_CHARS),
            text: z.string().max(limit.MAX_LINE_CHARS),
          }),
        )
        .min(1)
        .max(limit.MAX_WRITES),
    },
    ({ line, writes }) => ({ line, writes }),
  ),
  plugDimm: row(
    'plugDimm',
    {
      dimm: z
        .int()
        .min(0)
        .max(limit.MAX_DIMMS - 1),
    },
    ({ dimm }) => ({ dimm }),
    ({ dimm }) => [{ what: 'dimm', keys: ['dimm'], dimm }],
  ),
  setBeyond: row('setBeyond', { beyond: beyondSchema }, ({ beyond }, { tickMs }) => ({
    beyond: beyondConfig(beyond, tickMs),
  })),
  setDirty: row('setDirty', { dirty: dirtySchema }, ({ dirty }) => ({ dirty: dirtyConfig(dirty) })),
};

function blockUse(block: { readonly pfn: number; readonly order: number }): readonly CommandUse[] {
  return [{ what: 'block', keys: ['pfn'], pfn: block.pfn, order: block.order }];
}

const sorted = (ranges: readonly LayoutRange[]): LayoutRange[] =>
  [...ranges].sort((a, b) => a.start - b.start).map(({ start, end, nid }) => ({ start, end, nid }));

/** Stripe i of the guest belongs to nodes[i mod n]. */
function striped(
  stripe: { readonly nodes: readonly number[]; readonly pages: number },
  nrPages: number,
): LayoutRange[] {
  const { nodes, pages } = stripe;
  return Array.from({ length: Math.ceil(nrPages / pages) }, (_, i) => ({
    start: i * pages,
    end: Math.min(nrPages, (i + 1) * pages),
    nid: nodes[i % nodes.length]!,
  }));
}

type Table = typeof TABLE;
type WindowCommandType = { [T in CommandType]: (typeof COMMANDS)[T]['inWindow'] extends true ? T : never }[CommandType];

/** A command of a scenario, with its defaults filled in. */
export type ScenarioCommand = z.output<Table[CommandType]['timed']>;
/** A command that a window submits: one of a scenario without its time. */
export type SubmittedCommand = z.input<Table[WindowCommandType]['untimed']>;

const options = <Schema>(schemas: readonly Schema[]) => schemas as [Schema, ...Schema[]];

export const commandSchema = z.discriminatedUnion(
  'type',
  options(COMMAND_TYPES.map((type): Table[CommandType]['timed'] => TABLE[type].timed)),
);

export const submittedCommandSchema = z.discriminatedUnion(
  'type',
  options(
    COMMAND_TYPES.filter((type): type is WindowCommandType => COMMANDS[type].inWindow).map(
      (type): Table[WindowCommandType]['untimed'] => TABLE[type].untimed,
    ),
  ),
);

/** A command as the engine takes it. */
export function engineCommand(command: ScenarioCommand, place: CommandPlace): Command {
  const { type, vm } = command;
  return { type, vm, ...TABLE[type].convert(command as never, place) } as Command;
}

export const usesOf = (command: ScenarioCommand): readonly CommandUse[] => TABLE[command.type].uses(command as never);
