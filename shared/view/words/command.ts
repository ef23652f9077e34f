/** Commands in words. */
import type { CommandType } from '../../model/command.ts';

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
