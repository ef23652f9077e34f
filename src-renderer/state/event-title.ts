/** Names of events in words. */
import type { WorldEventType } from '../../shared/model/event.ts';

const TITLES: Readonly<Record<WorldEventType, string>> = {
  commandApplied: 'command',
  commandRefused: 'command refused',
  compactionStarted: 'compaction started',
  compactionCompleted: 'compaction done',
  compactionStalled: 'compaction stalled',
  compactionCancelled: 'compaction cancelled',
  migrationStarted: 'migration started',
  migrationRound: 'migration round',
  migrationSwitchOver: 'switch-over',
  migrationCompleted: 'migration done',
  migrationCancelled: 'migration cancelled',
  migrationFailed: 'migration failed',
  layoutDelivered: 'layout delivered',
  layoutCommitted: 'layout committed',
  nodeOnline: 'node online',
  zoneCreated: 'zone created',
  memoryPlugged: 'memory plugged in',
  converged: 'converged',
};

export const eventTitle = (type: WorldEventType): string => TITLES[type];
