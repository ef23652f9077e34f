/**
 * What a world does with each of its commands: one entry a command. `check` is what `forecast` asks and what `apply` goes
 * by, so that a forecast and the command agree on what is rejected.
 */
import type { Command, CommandEffect, CommandOf, CommandType, EffectOf } from '../../shared/model/command.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import { MAX_WRITES } from '../../shared/model/limit.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { isUnderWay } from '../../shared/model/transfer.ts';
import { PAGE_SIZE_BYTES } from '../../shared/units/index.ts';
import { assert } from './core/index.ts';
import type { GuestFiles } from './guestfs/index.ts';
import type { Guest } from './vm/index.ts';
import { plugDimm, type PlugPlace, whyNotPlugDimm } from './world-plug.ts';

/** The guest that a command is about, and where it is. */
export interface CommandPlace extends PlugPlace {
  readonly tick: number;
  /** Simulated milliseconds in a tick. */
  readonly tickMs: number;
  readonly files: GuestFiles;
}

interface CommandHandler<C extends Command> {
  /** Why the world rejects it as it stands; null: it can be applied. Changes nothing. */
  readonly check: (place: CommandPlace, command: C) => Rejection | null;
  /** Carries out what `check` has let through. @returns what happened, in order. */
  readonly apply: (place: CommandPlace, command: C) => readonly WorldEvent[];
}

/** Of a command whose forecast is no matter of moving memory: world-forecast.ts has those. */
interface EffectHandler<C extends Command> extends CommandHandler<C> {
  /** What would come of it now, where `check` lets it through. Changes nothing. */
  readonly effect: (place: CommandPlace, command: C) => EffectOf<C['type'] & CommandEffect['command']>;
}

const always = (): null => null;

/** A command that moves memory on the hosts: the events are those of the hosts. */
const onHosts =
  <C extends Command>(start: (place: CommandPlace, command: C) => Rejection | null): CommandHandler<C>['apply'] =>
  (place, command) => {
    const rejection = start(place, command);
    assert(rejection === null, 'command-checked', { command: command.type, slug: rejection?.slug ?? '' });
    return place.transfers.takeEvents();
  };

/** A command to a guest: an event that it was applied, then those of the guest. */
const inGuest =
  <C extends Command>(
    work: (place: CommandPlace, command: C) => readonly WorldEvent[] | void,
  ): CommandHandler<C>['apply'] =>
  (place, command) => {
    const events = work(place, command);
    return [appliedEvent(command, place.tick), ...(events ?? [])];
  };

type Handlers = {
  readonly [Type in CommandType]: Type extends CommandEffect['command']
    ? EffectHandler<CommandOf<Type>>
    : CommandHandler<CommandOf<Type>>;
};

const HANDLERS: Handlers = {
  compact: {
    check: ({ transfers, index }, { nodes, framesPerTick }) => transfers.whyNotCompact(index, nodes, framesPerTick),
    apply: onHosts(({ transfers, index, tick }, { nodes, framesPerTick }) =>
      transfers.compact(index, nodes, framesPerTick, tick),
    ),
  },
  cancelCompaction: {
    check: ({ transfers, index }) => transfers.whyNotCancelCompaction(index),
    apply: onHosts(({ transfers, index, tick }) => transfers.cancelCompaction(index, tick)),
    effect: ({ transfers }, { type, vm }) => {
      const row = transfers.compactionRows().find((c) => c.vm === vm && isUnderWay(c));
      assert(row !== undefined, 'command-checked', { vm });
      return { command: type, movedPages: row.movedPages, leftPages: row.leftPages };
    },
  },
  migrate: {
    check: ({ transfers, index }, command) => transfers.whyNotMigrate(index, command),
    apply: onHosts(({ transfers, index, tick }, command) => transfers.migrate(index, command, tick)),
  },
  cancelMigration: {
    check: ({ transfers, index }) => transfers.whyNotCancelMigration(index),
    apply: onHosts(({ transfers, index, tick }) => transfers.cancelMigration(index, tick)),
    effect: ({ transfers }, { type, vm }) => {
      const row = transfers.migrationRows().find((m) => m.vm === vm && isUnderWay(m));
      assert(row !== undefined, 'command-checked', { vm });
      return { command: type, fromHost: row.fromHost, toHost: row.toHost, sentBytes: row.sentBytes };
    },
  },
  commitLayout: {
    check: ({ guest }, { ranges }) => {
      if (guest.committing !== null) return commitUnderWay(guest);
      const problems = guest.memory.problemsOf(ranges);
      return problems.length === 0 ? null : { slug: 'layout-invalid', problems };
    },
    apply: inGuest(({ guest, tick }, { ranges }) => guest.commit(ranges, tick).events),
    effect: ({ guest }, { type, ranges }) => {
      const { freePages, usedPages } = guest.memory.forecastCommit(ranges);
      return { command: type, freePages, usedPages };
    },
  },
  setWorkload: {
    check: always,
    apply: inGuest(({ guest }, { workload }) => guest.setWorkload(workload)),
    effect: (_, { type, workload }) => ({ command: type, occupancyPermille: workload?.occupancyPermille ?? null }),
  },
  setRegeneration: {
    check: always,
    apply: inGuest(({ guest }, { regeneration }) => guest.setRegeneration(regeneration)),
    effect: ({ tickMs }, { type, regeneration: { enabled, granularityPages, delayTicks } }) => ({
      command: type,
      delivered: enabled ? { delayMs: delayTicks * tickMs, granularityPages } : null,
    }),
  },
  holdPages: {
    check: ({ guest }, { pfn, order }) =>
      guest.memory.mayHold(pfn, order) ? null : { slug: 'hold-not-free', pfn, order },
    apply: inGuest(({ guest }, { pfn, order }) => {
      assert(guest.memory.holdBlock(pfn, order), 'command-checked', { pfn, order });
    }),
    effect: (_, { type, pfn, order }) => ({ command: type, pfn, pages: 1 << order }),
  },
  releasePages: {
    check: ({ guest }, { pfn, order }) =>
      guest.memory.isHeld(pfn, order) ? null : { slug: 'release-not-held', pfn, order },
    apply: inGuest(({ guest }, { pfn, order }) => guest.memory.freePages(pfn, order, 0)),
    effect: (_, { type, pfn, order }) => ({ command: type, pfn, pages: 1 << order }),
  },
  writeFiles: {
    check: (_, { writes }) =>
      writes.length <= MAX_WRITES ? null : { slug: 'write-too-many', writes: writes.length, maxWrites: MAX_WRITES },
    // In order; an error of a single write is no rejection.
    apply: inGuest(({ files }, { writes }) => writes.flatMap(({ path, text }) => [...files.write(path, text).events])),
    effect: (_, { type, writes, line }) => ({ command: type, files: writes.length, line }),
  },
  plugDimm: {
    check: (place, { dimm }) => whyNotPlugDimm(place, dimm),
    apply: inGuest((place, { dimm }) => plugDimm(place, dimm, place.tick)),
    effect: (_, { type, dimm }) => ({ command: type, dimm }),
  },
  setBeyond: {
    check: always,
    apply: inGuest(({ guest, tick }, { beyond }) => guest.setBeyond(beyond, tick)),
    effect: (_, { type }) => ({ command: type }),
  },
  setDirty: {
    check: always,
    apply: inGuest(({ transfers, index }, { dirty }) => transfers.setDirty(index, dirty)),
    effect: (_, { type, dirty: { workingSetPages, pagesPerSec } }) => ({
      command: type,
      workingSetPages,
      bytesPerSec: pagesPerSec * PAGE_SIZE_BYTES,
    }),
  },
};

const handlerOf = (type: CommandType): CommandHandler<Command> => HANDLERS[type] as CommandHandler<Command>;

/** Why the world rejects a command as it stands; null: it can be applied. */
export const checkCommand = (place: CommandPlace, command: Command): Rejection | null =>
  handlerOf(command.type).check(place, command);

/** @param command one that passed the check. @returns what happened, in order. */
export const applyCommand = (place: CommandPlace, command: Command): readonly WorldEvent[] =>
  handlerOf(command.type).apply(place, command);

type EffectCommand = CommandOf<CommandEffect['command']>;

/** @param command one that passed the check. */
export const effectOf = (place: CommandPlace, command: EffectCommand): CommandEffect =>
  (HANDLERS[command.type] as EffectHandler<EffectCommand>).effect(place, command);

export const appliedEvent = ({ type, vm }: Command, tick: number): WorldEvent => ({
  tick,
  type: 'commandApplied',
  vm,
  data: { command: type },
});

const commitUnderWay = ({ config, committing }: Guest): Rejection => ({
  slug: 'commit-under-way',
  vm: config.name,
  seq: committing!.seq,
  step: committing!.step,
  dueTick: committing!.tick,
});
