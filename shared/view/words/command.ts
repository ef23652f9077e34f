/** Commands in words. */
import type { Command, CommandEffect, CommandType, EffectOf } from '../../model/command.ts';
import type { BeyondConfig } from '../../model/config.ts';
import type { ScenarioCommand } from '../../schema/command.ts';
import { PAGE_SIZE_BYTES, pagesFromKib } from '../../units/index.ts';
import { bytes, count, decimal, exactPages, plural, seconds, size } from '../number-format.ts';
import type { Clash } from '../command-clash.ts';
import { permilleText } from '../share.ts';
import { msText, nodesText, secondsText } from './part.ts';

export const COMMAND_NAMES: Readonly<Record<CommandType, string>> = {
  compact: 'Compaction',
  cancelCompaction: 'Cancelling the compaction',
  migrate: 'Migration',
  cancelMigration: 'Cancelling the migration',
  commitLayout: 'Committing a layout',
  setWorkload: 'Setting the workload',
  setRegeneration: 'Setting regeneration',
  holdPages: 'Holding pages',
  releasePages: 'Releasing pages',
  writeFiles: 'Writing files',
  plugDimm: 'Plugging in a DIMM',
  setBeyond: 'Setting what goes beyond the RFC',
  setDirty: 'Setting the dirty rate',
};

/** As in "Undo compact vm3 to node 1". */
export function commandLabel(command: ScenarioCommand): string {
  const { vm } = command;
  switch (command.type) {
    case 'compact':
      return `compact ${vm} to ${command.nodes === null ? 'the best nodes' : nodesText(command.nodes)}`;
    case 'cancelCompaction':
      return `cancel the compaction of ${vm}`;
    case 'migrate':
      return `migrate ${vm} to ${command.toHost}${command.nodes === null ? '' : ` ${nodesText(command.nodes)}`}`;
    case 'cancelMigration':
      return `cancel the migration of ${vm}`;
    case 'commitLayout':
      return `commit a layout in ${vm}`;
    case 'setWorkload':
      return command.workload === null ? `stop the workload of ${vm}` : `change the workload of ${vm}`;
    case 'setRegeneration': {
      const { enabled, grainKiB, delayMs } = command.regeneration;
      if (!enabled) return `turn regeneration of ${vm} off`;
      return `turn regeneration of ${vm} on, granularity ${size(pagesFromKib(grainKiB))}, delay ${msText(delayMs)}`;
    }
    case 'holdPages':
      return `hold ${blockText(command.pfn, command.order)} of ${vm}`;
    case 'releasePages':
      return `release ${blockText(command.pfn, command.order)} of ${vm}`;
    case 'writeFiles':
      return `"${shown(command.line)}" in ${vm}`;
    case 'plugDimm':
      return `plug DIMM ${command.dimm} into ${vm}`;
    case 'setBeyond':
      return `change what ${vm} does beyond the RFC`;
    case 'setDirty':
      return `set the dirty rate of ${vm} to ${decimal(command.dirty.rateMiBps)} MiB/s`;
  }
}

/** As in "Undo rehearse a compaction of each VM". */
export const REHEARSAL_LABEL = 'rehearse a compaction of each VM';

/** As in "Undo remove compact vm3 to node 1 at 5 s". */
export const removalLabel = (command: ScenarioCommand, tick: number, tickMs: number): string =>
  `remove ${commandLabel(command)} at ${seconds(tick, tickMs)}`;

/** As in "Undo move compact vm3 to node 1 from 5 s to 8 s". */
export const moveLabel = (command: ScenarioCommand, tick: number, toTick: number, tickMs: number): string =>
  `move ${commandLabel(command)} from ${seconds(tick, tickMs)} to ${seconds(toTick, tickMs)}`;

/** As in "Undo change what comes at 5 s into compact vm3 to node 1 at 8 s". @param command as it is now */
export const changeLabel = (command: ScenarioCommand, tick: number, toTick: number, tickMs: number): string =>
  `change what comes at ${seconds(tick, tickMs)} into ${commandLabel(command)}${tick === toTick ? '' : ` at ${seconds(toTick, tickMs)}`}`;

/** Of a scheduled command. @param reason a sentence */
export const scheduledRejectionText = (label: string, tick: number, tickMs: number, reason: string): string =>
  `The scheduled command "${label}" was rejected at ${seconds(tick, tickMs)}. ${reason}`;

/** Commands to come before what a dialog would start is done. */
export function clashText({ doneTick, commands }: Clash, tickMs: number): string {
  const { text, tick } = commands[0]!;
  const done = `Before this would be done, at about ${seconds(doneTick, tickMs)},`;
  return commands.length === 1
    ? `${done} "${text}" is to come, at ${seconds(tick, tickMs)}. It may be rejected then, or change what comes of this.`
    : `${done} ${plural(commands.length, 'command')} for the same VM are to come; the first, at ${seconds(tick, tickMs)}, is "${text}". Each may be rejected then, or change what comes of this.`;
}

const blockText = (pfn: number, order: number): string =>
  order === 0 ? `page 0x${pfn.toString(16)}` : `${count(2 ** order)} pages at 0x${pfn.toString(16)}`;

/** Characters of a line that a label has room for. */
const SHOWN_CHARS = 60;

const shown = (line: string): string => {
  const one = line.replace(/\s*\n\s*/g, ' ').trim();
  return one.length > SHOWN_CHARS ? `${one.slice(0, SHOWN_CHARS - 1)}…` : one;
};

/** The parameters of a command besides its VM, as the report lists them. */
export function parametersText(command: Command): string {
  switch (command.type) {
    case 'compact':
      return `to ${chosenText(command.nodes)}, ${count(command.framesPerTick)} frames a tick`;
    case 'migrate': {
      const bandwidth =
        command.maxBytesPerSec === 0 ? 'as fast as the link' : `at most ${bytes(command.maxBytesPerSec)}/s`;
      return `to ${command.toHost}, ${chosenText(command.nodes)}, ${bandwidth}, downtime limit ${msText(command.downtimeLimitMs)}, at most ${plural(command.maxRounds, 'round')}`;
    }
    case 'commitLayout':
      return plural(command.ranges.length, 'range');
    case 'setWorkload':
      return command.workload === null ? 'none' : `${permilleText(command.workload.occupancyPermille)} of its memory`;
    case 'setRegeneration': {
      const { enabled, granularityPages, delayTicks } = command.regeneration;
      return enabled ? `on, granularity ${size(granularityPages)}, delay ${plural(delayTicks, 'tick')}` : 'off';
    }
    case 'holdPages':
    case 'releasePages':
      return blockText(command.pfn, command.order);
    case 'writeFiles':
      return `"${shown(command.line)}", ${plural(command.writes.length, 'write')}`;
    case 'plugDimm':
      return `DIMM ${command.dimm}`;
    case 'setBeyond':
      return beyondText(command.beyond);
    case 'setDirty': {
      const { pagesPerSec, workingSetPages } = command.dirty;
      return `${bytes(pagesPerSec * PAGE_SIZE_BYTES)}/s over ${size(workingSetPages)}`;
    }
    case 'cancelCompaction':
    case 'cancelMigration':
      return '';
  }
}

const chosenText = (nodes: readonly number[] | null): string => (nodes === null ? 'the best nodes' : nodesText(nodes));

function beyondText({
  topology,
  activePass,
  consultTarget,
  commitStepTicks,
  notify,
  shrinkSlabs,
  lookup,
}: BeyondConfig): string {
  const on = [
    ...(topology ? ['topology'] : []),
    ...(activePass === null ? [] : [`active pass of ${plural(activePass.pagesPerTick, 'page')} a tick`]),
    ...(consultTarget ? ['allocations ask the target'] : []),
    ...(commitStepTicks === 0 ? [] : [`commits in steps of ${plural(commitStepTicks, 'tick')}`]),
    ...(notify ? ['notifier'] : []),
    ...(shrinkSlabs ? ['slabs shrink'] : []),
  ];
  return [...on, `lookup by ${lookup}`].join(', ');
}

type Effects = { readonly [Type in CommandEffect['command']]: (effect: EffectOf<Type>, vm: string) => string };

const EFFECTS: Effects = {
  cancelCompaction: ({ movedPages, leftPages }, vm) =>
    `Stops gathering ${vm}: the ${exactPages(movedPages)} moved stay where they are, ${exactPages(leftPages)} are left elsewhere.`,
  cancelMigration: ({ fromHost, toHost, sentBytes }, vm) =>
    `Stops the migration to host ${toHost} after ${bytes(sentBytes)} sent; ${vm} stays on host ${fromHost} as if it had never begun.`,
  commitLayout: ({ freePages, usedPages }, vm) =>
    `Gives ${vm} a layout by hand: ${exactPages(freePages)} that are free would change node at once, ${exactPages(usedPages)} in use would have to wait until freed.`,
  setWorkload: ({ occupancyPermille }, vm) =>
    occupancyPermille === null
      ? `Ends the workload of ${vm}: what it holds is freed as it dies and not replaced; kernel pages stay.`
      : `${vm} would hold ${permilleText(occupancyPermille)} of its memory.`,
  setRegeneration: ({ delivered }, vm) =>
    delivered === null
      ? `No more layouts would be delivered to ${vm}.`
      : `${vm} would be delivered a layout of where its memory is, ${secondsText(delivered.delayMs)} after it changes, in runs of ${size(delivered.granularityPages)}.`,
  holdPages: ({ pfn, pages }, vm) => `Takes ${exactPages(pages)} from pfn ${pfn} on out of the free lists of ${vm}.`,
  releasePages: ({ pfn, pages }, vm) => `Frees the ${exactPages(pages)} from pfn ${pfn} on that ${vm} holds by hand.`,
  writeFiles: ({ files, line }, vm) => `Writes to ${count(files)} of the files of ${vm}, as "${line}" does.`,
  plugDimm: ({ dimm }, vm) => `Plugs DIMM ${dimm} into ${vm}; its kernel asks the layout for the node.`,
  setBeyond: (_, vm) => `Changes what ${vm} does beyond the RFC.`,
  setDirty: ({ workingSetPages, bytesPerSec }, vm) =>
    `A migration of ${vm} would find ${bytes(bytesPerSec)}/s written to a working set of ${size(workingSetPages)}.`,
};

/** What would come of a command that moves no memory on the hosts. */
export const effectText = (effect: CommandEffect, vm: string): string =>
  (EFFECTS[effect.command] as (effect: CommandEffect, vm: string) => string)(effect, vm);
