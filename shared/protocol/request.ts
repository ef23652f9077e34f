/**
 * The one table of requests from a window to main. A row holds who answers (desk or run), the validator of the input
 * and the type of the reply. A request that is not in the table is rejected, and so is an input that its row does not
 * accept.
 *
 * A new request is a row here and one handler: of a `desk` row in src-main/desk/handler.ts, of a `run` row in
 * src-main/runtime/session-methods.ts, which has the world. The code between them does not know single requests.
 *
 * (a) A connection belongs to one window. It shows at most one document, the one it is attached to; "the document"
 *     in a request is that one.
 * (b) No request carries a path of the file system. Files are chosen in the shell's own dialogs, or by the name of an
 *     entry that main has sent to the window.
 * (c) Bytes (a report, a figure, tiles) travel as a message's payload, never inside its JSON.
 */
import * as z from 'zod';
import { DEFAULT_PROFILE } from '../model/config.ts';
import type { Diagnostic } from '../errors/index.ts';
import type { WorldEvent } from '../model/event.ts';
import type { Rejection } from '../model/rejection.ts';
import type { CommitTrace } from '../model/commit-trace.ts';
import type { LawsChecked } from '../view/index.ts';
import type { StatedDocument } from '../model/stated.ts';
import { submittedCommandSchema } from '../schema/command.ts';
import { editSchema } from '../schema/edit.ts';
import type { ScenarioCommand } from '../schema/command.ts';
import type {
  DocumentState,
  EditReply,
  HelloReply,
  ImportReply,
  OpenReply,
  RunHashes,
  RunOverTime,
  SeriesPart,
} from './document.ts';
import type { Forecast } from '../model/forecast.ts';
import type { Comparison } from '../model/comparison.ts';
import type { FindingReport } from '../model/finding.ts';
import { migrationQuestionSchema } from '../schema/finding.ts';
import type { LayoutInfo, ShellCompletion, ShellReply } from './guest.ts';
import { MAX_HOSTS, MAX_RATE_MIBPS } from '../model/limit.ts';
import {
  MAX_FILE_CHARS,
  MAX_FILES,
  MAX_HOST_KINDS,
  MAX_SHELL_LINE_CHARS,
  MAX_TILE_PAGES,
  MAX_VMS_OF_FORM,
} from './limit.ts';

const none = z.strictObject({});
const id = z.string().min(1).max(100);
const tick = z
  .int()
  .min(0)
  .max(2 ** 40);
/** A file's own name: no folder in it, on any system. */
const fileName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\\/:*?"<>|\u0000-\u001f]+$/)
  .refine((name) => !/^\.+$/.test(name) && name === name.trim());

const row = <By, Input extends z.ZodType, Reply>(by: By, input: Input) => ({
  by,
  input,
  reply: undefined as unknown as Reply,
});
/** Answered by the desk. */
const desk =
  <Reply>() =>
  <Input extends z.ZodType>(input: Input) =>
    row<'desk', Input, Reply>('desk', input);
/** Answered by the thread of the run that the window shows. */
const run =
  <Reply>() =>
  <Input extends z.ZodType>(input: Input) =>
    row<'run', Input, Reply>('run', input);

export const requests = {
  // The window itself
  hello: desk<HelloReply>()(z.strictObject({ protocol: z.int() })),
  /** Becomes true of this window; null leaves the document (start screen). */
  attach: desk<DocumentState | null>()(z.strictObject({ document: id.nullable() })),

  // Documents. Each opens one and replies with its id, or with every reason why not.
  'document.new': desk<OpenReply>()(
    z.strictObject({
      name: z.string().trim().min(1).max(200),
      /** Kinds of hosts: so many of each, equal, with equal VMs on each. */
      hosts: z
        .array(
          z.strictObject({
            count: z.int().min(1).max(MAX_HOSTS),
            nodes: z.int().min(1).max(128),
            nodeMemoryMiB: z
              .int()
              .min(64)
              .max(2 ** 23),
            cpusPerNode: z.int().min(0).max(1024),
            vms: z.int().min(0).max(MAX_VMS_OF_FORM),
            vmMemoryMiB: z
              .int()
              .min(1)
              .max(2 ** 20),
          }),
        )
        .min(1)
        .max(MAX_HOST_KINDS),
      /** Between which hosts there are links; null: between none. */
      links: z
        .strictObject({
          between: z.enum(['all', 'first']),
          bandwidthMiBps: z.number().gt(0).max(MAX_RATE_MIBPS),
        })
        .nullable(),
      /** Of every VM: whose kernel's rules it follows, and which of the posted code's defects it has. */
      era: z.enum(['3.10', '6.1']).default(DEFAULT_PROFILE.era),
      defects: z.enum(['correct', 'rfc-v3', 'all-defects']).default('correct'),
    }),
  ),
  'document.example': desk<OpenReply>()(z.strictObject({ example: id })),
  /** The shell's own dialog; document null and no diagnostics: the person cancelled. */
  'document.open': desk<OpenReply>()(none),
  'document.recent': desk<OpenReply>()(z.strictObject({ recent: id })),
  /** Opens an unsaved document as the journal has it; the world is stepped to the tick it had reached. */
  'document.recover': desk<OpenReply>()(z.strictObject({ recovery: id })),
  /** Gives up what this window has asked to be opened; that is answered as cancelled. */
  'document.stopOpening': desk<null>()(none),
  'document.discardRecovery': desk<null>()(z.strictObject({ recovery: id })),
  /** Dropped or chosen files in any order, recognised by content: one scenario, or hosts and VMs, of which a
   *  scenario without commands is made. */
  'document.import': desk<ImportReply>()(
    z.strictObject({
      files: z
        .array(z.strictObject({ name: z.string().max(1000), text: z.string().max(MAX_FILE_CHARS) }))
        .min(1)
        .max(MAX_FILES),
    }),
  ),
  /** Saves where it was opened; a document without a place, or `as`, asks the shell (name null) or takes the name given
   *  (shells without native dialogs). saved false: cancelled. */
  'document.save': desk<{ saved: boolean; diagnostics: readonly Diagnostic[] }>()(
    z.strictObject({ as: z.boolean(), name: fileName.nullable(), overwrite: z.boolean() }),
  ),
  /** The canonical text of the document now. Payload: UTF-8. */
  'document.text': desk<null>()(none),
  /** What is wrong with its hosts and VMs as the document states them, what was assumed of them, and what could not be
   *  tested. migration: of one the checks are asked, too. */
  'document.findings': desk<FindingReport>()(z.strictObject({ migration: migrationQuestionSchema.nullable() })),
  /** What it states of its hosts, links and VMs, those that are not placed among them. */
  'document.stated': run<StatedDocument>()(none),
  /** Changes what it states, and begins its run anew. dry: tells what would come of it, and changes nothing. */
  'document.edit': run<EditReply>()(z.strictObject({ edit: editSchema, dry: z.boolean() })),
  'document.rename': run<null>()(z.strictObject({ name: z.string().trim().min(1).max(200) })),
  /** The file changed on disk: read it anew (true) or keep what is here (false). */
  'document.changedOnDisk': desk<OpenReply>()(z.strictObject({ reload: z.boolean() })),
  /** Ends its run. Unsaved work stays recoverable unless `discard`. */
  'document.close': desk<null>()(z.strictObject({ document: id, discard: z.boolean() })),

  // The run of the document
  'run.play': run<null>()(
    /** Ticks a second; null: as fast as it goes. It stops by itself when the world has settled. */
    z.strictObject({ ticksPerSec: z.number().min(0.1).max(100_000).nullable() }),
  ),
  'run.pause': run<null>()(none),
  'run.step': run<null>()(z.strictObject({ ticks: z.int().min(1).max(100_000) })),
  /** The commands of the scenario that are still to come, in the order in which they will be applied. id: the place among
   *  the commands of the document's text as it is now. */
  'run.schedule': run<{
    commands: readonly { id: number; tick: number; command: ScenarioCommand; text: string }[];
  }>()(none),
  /** Takes one of them out of the scenario. tick and text: as `run.schedule` had it, lest another stands at its id by now. */
  'run.unschedule': run<null>()(z.strictObject({ id: z.int().min(0), tick, text: z.string().max(1000) })),
  /** Puts one of them at another tick, or another command in its place. command null: the same; toTick: not before the
   *  present. Undo puts it back. Reply: where it is to come now. */
  'run.reschedule': run<{ tick: number }>()(
    z.strictObject({
      id: z.int().min(0),
      tick,
      text: z.string().max(1000),
      toTick: tick,
      command: submittedCommandSchema.nullable(),
    }),
  ),
  /** Enters a compaction of each VM into them, one after the other from the present on; undo takes all back. */
  'run.rehearse': run<null>()(none),
  /** Applied at once and entered into the scenario. rejection: the simulated world says no, and nothing changed. */
  'run.command': run<{ rejection: Rejection | null }>()(z.strictObject({ command: submittedCommandSchema })),
  /** Takes the last submitted command out of the scenario, and the world back to the tick it was submitted at. */
  'run.undo': run<null>()(none),
  /** Submits it again at the same tick. */
  'run.redo': run<null>()(none),
  /** Stops a replay (undo, recovery) or a run that is under way. */
  'run.cancel': run<null>()(none),
  /** Checks every law now. */
  'run.check': run<LawsChecked>()(none),
  'run.hashes': run<RunHashes>()(none),
  /** What would come of a command submitted now. Changes nothing. */
  'run.forecast': run<Forecast>()(z.strictObject({ command: submittedCommandSchema })),

  // Inside a guest
  /** One line for the guest's shell. What it writes is entered into the scenario as one command, so that undo takes it back. */
  'shell.run': run<ShellReply>()(
    z.strictObject({ vm: z.string().max(200), line: z.string().max(MAX_SHELL_LINE_CHARS) }),
  ),
  /** Stops the line that runs, as Ctrl-C does; what it wrote stays written. */
  'shell.stop': run<null>()(z.strictObject({ vm: z.string().max(200) })),
  'shell.complete': run<ShellCompletion>()(
    z.strictObject({ vm: z.string().max(200), line: z.string().max(MAX_SHELL_LINE_CHARS) }),
  ),
  /** The layouts that the guest still has, ascending. */
  'view.layouts': run<{ layouts: readonly LayoutInfo[] }>()(z.strictObject({ vm: z.string().max(200) })),
  /** One of them, expanded. Payload: start, end and nid of each range as little-endian uint32. */
  'view.layout': run<{ seq: number; ranges: number }>()(
    z.strictObject({
      vm: z.string().max(200),
      seq: z
        .int()
        .min(0)
        .max(2 ** 31),
    }),
  ),
  /** The last commits of the guest, step by step, newest last. */
  'view.commits': run<{ commits: readonly CommitTrace[] }>()(z.strictObject({ vm: z.string().max(200) })),
  /** Runs variants of the document's scenario up to the present tick, apart from its run, which stays as it is. */
  'run.compare': desk<Comparison>()(z.strictObject({ vm: z.string().max(200), of: z.enum(['defects', 'beyond']) })),
  'run.cancelCompare': desk<null>()(none),

  // What the window shows
  /** at null: the present, kept up to date. blocksOf: the VM whose pageblocks are wanted, by name. */
  'view.watch': desk<null>()(z.strictObject({ at: tick.nullable(), blocksOf: z.string().max(200).nullable() })),
  /** The frame with this number has been drawn; the next may be sent. */
  'view.ack': desk<null>()(z.strictObject({ frame: z.int().min(0) })),
  /** One recorded frame, to compare with: the one at this tick, or the last before it. Payload: encode(snapshot) at level
   *  `accounts`. What the window watches stays as it is. */
  'view.frame': run<{ tick: number }>()(z.strictObject({ at: tick })),
  /** Ticks that have a recorded frame, ascending; those before and after every event are among them. */
  'view.frames': run<{ ticks: readonly number[] }>()(none),
  /** Exact pages of the present. Payload: see tile.ts. */
  'view.tiles': run<{ tick: number; fromPfn: number; pages: number }>()(
    z.strictObject({
      vm: z.string().max(200),
      fromPfn: z
        .int()
        .min(0)
        .max(2 ** 31),
      pages: z.int().min(1).max(MAX_TILE_PAGES),
    }),
  ),
  'view.series': run<SeriesPart>()(z.strictObject({ haveTick: tick.nullable(), stride: z.int().min(0) })),
  'view.events': desk<{ from: number; events: readonly WorldEvent[] }>()(
    z.strictObject({ from: z.int().min(0), most: z.int().min(1).max(10_000) }),
  ),

  /** All that an open run shows over time, this window's or another: what is put beside it on one axis. */
  'run.overTime': desk<RunOverTime>()(z.strictObject({ document: id })),

  // Out
  /** Payload: the file. html: the self-contained report; pdf: the same, printed; json: the run document; scenario: its
   *  canonical text; csv: one table of the report, by name; figure: one of its figures as SVG. */
  'export.make': desk<{ name: string; mime: string }>()(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['html', 'pdf', 'json', 'scenario', 'tables']) }),
      z.strictObject({ kind: z.literal('csv'), table: z.string().max(40) }),
      /** A figure of the report as an SVG file. vm: the guest whose map it is; convergence is of all guests. */
      z.strictObject({ kind: z.literal('figure'), figure: z.enum(['map', 'convergence']), vm: z.string().max(200) }),
    ]),
  ),
  /** Path below the shell's own origin where the report can be looked at in a frame. */
  'export.preview': desk<{ path: string }>()(none),
  /** In shells with native dialogs (`HelloReply.dialogs`): asks where, and writes the payload. saved false: cancelled. */
  'export.write': desk<{ saved: boolean; diagnostics: readonly Diagnostic[] }>()(z.strictObject({ name: fileName })),
} as const;

export type RequestName = keyof typeof requests;
/** As a window writes it. */
export type RequestInput<N extends RequestName> = z.input<(typeof requests)[N]['input']>;
/** As its validator gives it out. */
export type CheckedInput<N extends RequestName> = z.output<(typeof requests)[N]['input']>;
export type RequestReply<N extends RequestName> = (typeof requests)[N]['reply'];

type AnsweredBy<By> = { [N in RequestName]: (typeof requests)[N]['by'] extends By ? N : never }[RequestName];
export type DeskRequestName = AnsweredBy<'desk'>;
export type RunRequestName = AnsweredBy<'run'>;

export interface Answer<N extends RequestName> {
  readonly output: RequestReply<N>;
  readonly payload?: Uint8Array;
}

export const isRequestName = (name: string): name is RequestName => Object.hasOwn(requests, name);
export const isRunRequest = (name: RequestName): name is RunRequestName => requests[name].by === 'run';
