/** Commands in words. */
import type { Command, CommandType } from '../../model/command.ts';
import type { BeyondConfig } from '../../model/config.ts';
import type { ScenarioCommand } from '../../schema/command.ts';
import { bytes, count, decimal, plural, size } from '../number-format.ts';
import { msText, nodesText } from './part.ts';

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
      return `turn regeneration of ${vm} on, granularity ${size(grainKiB / 4)}, delay ${msText(delayMs)}`;
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
  }
}

const blockText = (pfn: number, order: number): string =>
  order === 0 ? `page 0x${pfn.toString(16)}` : `${count(2 ** order)} pages at 0x${pfn.toString(16)}`;

/** Characters of a line that a label has room for. */
const SHOWN_CHARS = 60;

const shown = (line: string): string => {
  const one = line.replace(/\s*\n\s*/g, ' ').trim();
  return one.length > SHOWN_CHARS ? `${one.slice(0, SHOWN_CHARS - 1)}…` : one;
};

/** How a command was given, as the report lists it: its parameters besides the VM. */
export function parametersText(given: { readonly type: CommandType }): string {
  const command = given as Command;
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
      return command.workload === null ? 'none' : `${decimal(command.workload.occupancyPermille / 10)} % of its memory`;
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
