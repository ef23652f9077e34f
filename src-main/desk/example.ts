/** The shipped scenarios, with what the start screen draws of each. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import type { ExampleInfo } from '../../shared/protocol/index.ts';
import { PAGES_PER_MIB } from '../../shared/units/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { bootShares, readScenario, toWorldConfig } from '../scenario/index.ts';
import { readText } from '../store/index.ts';

export interface Example {
  readonly info: ExampleInfo;
  readonly file: string;
  readonly text: string;
  readonly scenario: Scenario;
}

const ENDING = '.pageshift.json';

/** What comes first on the start screen: the tour of the README, then what it is measured by. Others follow by name. */
const FIRST = ['two-socket-compact', 'rfc-cover-letter', 'rfc-defects', 'two-to-four-migrate', 'numad-eight-node'];

function inOrder(a: string, b: string): number {
  const rank = (file: string): number => {
    const at = FIRST.indexOf(file.slice(0, -ENDING.length));
    return at < 0 ? FIRST.length : at;
  };
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** In the order above. One that cannot be read is left out and logged. */
export async function readExamples(folder: string, log: (line: string) => void): Promise<Example[]> {
  const names = await readdir(folder).catch((error: Error) => {
    log(`examples: ${error.message}`);
    return [];
  });
  const examples: Example[] = [];
  for (const file of names.filter((name) => name.endsWith(ENDING)).sort(inOrder)) {
    const { value: text, diagnostics } = await readText(join(folder, file), file);
    const read = text === null ? { value: null, diagnostics } : readScenario(text, file);
    if (text === null || read.value === null) {
      log(`example ${file}: ${read.diagnostics.map(formatDiagnostic).join('; ')}`);
      continue;
    }
    const scenario = read.value;
    examples.push({ info: infoOf(file.slice(0, -ENDING.length), scenario), file, text, scenario });
  }
  return examples;
}

function infoOf(id: string, scenario: Scenario): ExampleInfo {
  const { hosts } = toWorldConfig(scenario);
  return {
    id,
    name: scenario.name,
    description: scenario.description ?? '',
    hosts: hosts.map(({ name, nodes }) => ({
      name,
      nodes: nodes.map(({ nid, cpus, totalPages }) => ({
        nid,
        memoryMiB: totalPages / PAGES_PER_MIB,
        cpus: cpus.length,
      })),
    })),
    vms: bootShares(scenario).map(({ vm, host, pages, shares }) => ({
      name: vm,
      host,
      memoryMiB: pages / PAGES_PER_MIB,
      shares,
    })),
    commands: scenario.commands.length,
  };
}
