/** A command in a person's words, as in "Undo compact vm3 to node 1". */
import { idList } from '../../shared/view/index.ts';
import { size } from '../../shared/view/number-format.ts';
import type { ScenarioCommand } from '../scenario/index.ts';
import { MAX_LINE_CHARS } from '../../shared/model/limit.ts';

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
      return `turn regeneration of ${vm} on, grain ${size(grainKiB / 4)}, delay ${delayMs} ms`;
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

const nodesText = (nodes: readonly number[]): string => `${nodes.length === 1 ? 'node' : 'nodes'} ${idList(nodes)}`;

const blockText = (pfn: number, order: number): string =>
  order === 0 ? `page 0x${pfn.toString(16)}` : `${2 ** order} pages at 0x${pfn.toString(16)}`;

/** Characters of a line that a label has room for. */
const SHOWN_CHARS = 60;

const shown = (line: string): string => {
  const one = line.replace(/\s*\n\s*/g, ' ').trim();
  return one.length > SHOWN_CHARS ? `${one.slice(0, SHOWN_CHARS - 1)}…` : one;
};

/** A command of the shell, over however many lines, as a scenario has room for it. */
export const lineOf = (text: string): string =>
  text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS - 1)}…` : text;
