/**
 * `compare FILE --vm NAME --of defects|beyond`: runs a scenario several times with one guest varied, and prints the
 * results side by side. All printed figures come from runs; Ctrl+C stops it and prints nothing.
 */
import type { ComparedVariant, Comparison } from '../../shared/model/comparison.ts';
import { count } from '../../shared/view/number-format.ts';
import { comparisonDocument, differenceText, variantText, variantTitle } from '../../shared/view/words/index.ts';
import { World } from '../engine/index.ts';
import { isJobStopped, runJob } from '../runtime/index.ts';
import { placementDiagnostics, toWorldConfig } from '../scenario/index.ts';
import { inputName } from './input.ts';
import { interruptible } from './interrupt.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printJson, printNote, printResult } from './output.ts';
import { ProgressLine } from './progress.ts';
import { loadScenario } from './scenario-file.ts';
import { fold, textTable } from './text-table.ts';

/** Width of a sentence. */
const FOLD_CHARS = 110;

export interface CompareFlags {
  readonly vm?: string;
  readonly of: Comparison['of'];
  readonly until: number | 'converged';
  readonly maxTicks: number;
  readonly json?: true;
}

export async function compare(path: string, flags: CompareFlags): Promise<ExitCode> {
  const { value: scenario, diagnostics } = await loadScenario(path);
  printDiagnostics(diagnostics);
  if (scenario === null) return 1;
  const names = scenario.vms.map(({ name }) => name);
  const vm = flags.vm ?? (names.length === 1 ? names[0]! : null);
  if (vm === null || !names.includes(vm)) {
    const found = flags.vm === undefined ? 'There are several VMs.' : `There is no VM named ${flags.vm}.`;
    printNote(`error: ${found} --vm takes one of: ${names.join(', ')}`);
    return 2;
  }
  const { world, problems } = World.create(toWorldConfig(scenario));
  if (world === null) {
    printDiagnostics(placementDiagnostics(problems, scenario, inputName(path)));
    return 1;
  }
  const input = { scenario, vm, of: flags.of, until: flags.until, maxTicks: flags.maxTicks };
  const line = new ProgressLine();
  try {
    const comparison = await interruptible((signal) =>
      runJob('compare', input, {
        signal,
        onProgress: ({ variant, variants, name, tick }) =>
          line.show(() => `variant ${variant + 1} of ${variants} (${variantTitle(name)}), tick ${count(tick)}`),
      }),
    );
    line.clear();
    if (flags.json === true) printJson(`${JSON.stringify(comparisonDocument(comparison), null, 2)}\n`);
    else printResult(comparisonText(comparison));
    return 0;
  } catch (error) {
    line.clear();
    if (!isJobStopped(error)) throw error;
    printNote('stopped');
    return 130;
  }
}

function comparisonText(comparison: Comparison): string {
  const { vm, tick, of, variants } = comparison;
  const what = of === 'defects' ? 'the defects of the posted code' : 'what goes beyond the RFC';
  return [
    `${vm} at tick ${count(tick)}: ${what}, ${variants.length} runs of the same scenario\n`,
    of === 'defects' ? defectTable(comparison) : beyondTable(comparison),
    differencesText(comparison),
  ].join('\n');
}

const figure = ({ figures }: ComparedVariant, counter: string, nid: number | null = null): number | null =>
  figures.find((f) => f.counter === counter && f.nid === nid && f.zone === null)?.value ?? null;
const shown = (value: number | null): string => (value === null ? '-' : count(value));

/** Node sizes as `numactl --hardware` prints them, and what else a defect leaves behind. */
function defectTable({ variants }: Comparison): string {
  const nids = [...new Set(variants[0]!.figures.flatMap(({ nid }) => nid ?? []))].sort((a, b) => a - b);
  const misplaced = (variant: ComparedVariant): number =>
    nids.reduce((sum, nid) => sum + (figure(variant, 'misplaced', nid) ?? 0), 0);
  const head = ['', 'size MB, node by node', 'free MB', 'free pages misplaced', 'links'];
  const rows = variants.map((variant) => [
    variantTitle(variant.name),
    nids.map((nid) => shown(figure(variant, 'sizeMb', nid))).join(' / '),
    nids.map((nid) => shown(figure(variant, 'freeMb', nid))).join(' / '),
    count(misplaced(variant)),
    shown(figure(variant, 'nodeLinks')),
  ]);
  return textTable('<<<>>', [head, ...rows]);
}

const BEYOND_COLUMNS = [
  ['converged at', 'convergedTick'],
  ['stranded area', 'strandedArea'],
  ['remote allocs', 'remoteAllocs'],
  ['lookups', 'lookups'],
  ['steps', 'lookupSteps'],
  ['marks set', 'marksSet'],
  ['commit ticks', 'commitTicks'],
  ['born stranded', 'bornStranded'],
  ['relabelled', 'relabelled'],
  ['slabs owed', 'slabStranded'],
  ['masks moved', 'tasksRemapped'],
] as const;

function beyondTable(comparison: Comparison): string {
  const { variants } = comparison;
  const head = ['', ...BEYOND_COLUMNS.map(([name]) => name)];
  const rows = variants.map((variant) => [
    variantTitle(variant.name),
    ...BEYOND_COLUMNS.map(([, counter]) => shown(figure(variant, counter))),
  ]);
  const legend = textTable(
    '<<',
    variants.map((variant) => [variantTitle(variant.name), variantText(variant, comparison)]),
  );
  return `${textTable(`<${BEYOND_COLUMNS.map(() => '>').join('')}`, [head, ...rows])}\n${legend}`;
}

/** By what makes them, in the order in which they come. */
function differencesText({ differences, variants }: Comparison): string {
  const reference = `"${variantTitle(variants[0]!.name)}"`;
  if (differences.length === 0) return `No figure differs from ${reference}.\n`;
  const groups = Map.groupBy(
    differences,
    ({ causes }) => causes.map(({ name }) => variantTitle(name)).join(', ') || 'only several together',
  );
  const texts = [...groups].map(([because, found]) => [
    `  ${because}`,
    ...found.flatMap((difference) =>
      fold(differenceText(difference), FOLD_CHARS).map((part, i) => `${i === 0 ? '  - ' : '    '}${part}`),
    ),
  ]);
  return `What differs from ${reference}, and because of what:\n${texts.flat().join('\n')}\n`;
}
