import { expect, it } from 'vitest';
import type { ScenarioCommand } from '../../schema/command.ts';
import { commandLabel } from './command.ts';

const regeneration = { enabled: true, grainKiB: 8192, delayMs: 500 };

it.each<[ScenarioCommand, string]>([
  [{ type: 'compact', vm: 'vm3', nodes: [1], rateMiBps: 1 }, 'compact vm3 to node 1'],
  [{ type: 'compact', vm: 'vm3', nodes: [0, 1, 2, 5], rateMiBps: 1 }, 'compact vm3 to nodes 0-2,5'],
  [{ type: 'compact', vm: 'vm3', nodes: null, rateMiBps: 1 }, 'compact vm3 to the best nodes'],
  [{ type: 'cancelCompaction', vm: 'vm3' }, 'cancel the compaction of vm3'],
  [migrate(null), 'migrate shop to four-node'],
  [migrate([2]), 'migrate shop to four-node node 2'],
  [{ type: 'cancelMigration', vm: 'shop' }, 'cancel the migration of shop'],
  [{ type: 'commitLayout', vm: 'v', stripe: { nodes: [0], pages: 1 } }, 'commit a layout in v'],
  [{ type: 'setWorkload', vm: 'v', workload: null }, 'stop the workload of v'],
  [
    { type: 'setRegeneration', vm: 'v', regeneration: { ...regeneration, enabled: false } },
    'turn regeneration of v off',
  ],
  [{ type: 'setRegeneration', vm: 'v', regeneration }, 'turn regeneration of v on, granularity 8 MiB, delay 500 ms'],
  [{ type: 'holdPages', vm: 'v', pfn: 0x1a00, order: 0 }, 'hold page 0x1a00 of v'],
  [{ type: 'releasePages', vm: 'v', pfn: 0x1a00, order: 9 }, 'release 512 pages at 0x1a00 of v'],
])('%j is called: %s', (command, text) => {
  expect(commandLabel(command)).toBe(text);
});

function migrate(nodes: number[] | null): ScenarioCommand {
  return {
    type: 'migrate',
    vm: 'shop',
    toHost: 'four-node',
    nodes,
    downtimeLimitMs: 1,
    maxBandwidthMiBps: 0,
    maxRounds: 1,
  };
}
