/**
 * npm run bench -- [--smoke] [--only NAME] [--size 1gib|64gib|1tib] [--choice | --many-vms] [--json]
 *
 * Results on stdout, progress on stderr. Exit code 0 when both sides ended in the same state after every sample (or
 * there was no compiler, which is said), 1 when a comparison is void, 2 for wrong usage.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { machine, showNs } from './harness.ts';
import { type MarkMeasure, measureMarks, measureStructures, type StructureMeasure } from './choice.bench.ts';
import { MANY_SIZES, type ManySize, measureManyVms, showMany } from './many-vms.bench.ts';
import { runWorkload, SIZES, type Size, WORKLOADS, type WorkloadResult } from './mm.bench.ts';
import { buildBaseline, RfcSide } from './rfc-side.ts';

const USAGE = `usage: npm run bench -- [--smoke] [--only NAME] [--size 1gib|64gib|1tib] [--choice | --many-vms] [--json]
  --smoke   the small size that also runs in the unit tests
  --only    workloads whose name contains NAME: ${WORKLOADS.map((w) => w.name).join(', ')}
  --size    one size of the ladder; otherwise 1gib and 64gib
  --choice  the structures of a layout and the ways to mark pages, instead of the workloads
  --many-vms  a world of 64 hosts and 1024 VMs instead: creation, states, restore, frames
  --json    one JSON document instead of text
`;

interface Options {
  readonly sizes: readonly Size[];
  readonly workloads: typeof WORKLOADS;
  readonly choice: boolean;
  /** Null: not asked for. */
  readonly manyVms: ManySize | null;
  readonly json: boolean;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        smoke: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        size: { type: 'string' },
        choice: { type: 'boolean', default: false },
        'many-vms': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const wanted = values.smoke ? ['smoke'] : values.size === undefined ? ['1gib', '64gib'] : [values.size];
    const sizes = SIZES.filter(({ name }) => wanted.includes(name));
    const workloads = WORKLOADS.filter(({ name }) => name.includes(values.only));
    if (sizes.length === 0 || workloads.length === 0) return null;
    const manySize = MANY_SIZES.find(({ name }) => name === (values.smoke ? 'smoke' : 'full'))!;
    return {
      sizes,
      workloads,
      choice: values.choice,
      manyVms: values['many-vms'] ? manySize : null,
      json: values.json,
    };
  } catch {
    return null; // an option that parseArgs does not know
  }
}

function showResult({ measures, hash, freeBlocks, difference, oursBytesPerPage, rfcPasses }: WorkloadResult): string {
  const lines = measures.map(({ op, oursNs, rfcNs, ratio }) => {
    const theirs = rfcNs === null ? 'no baseline' : `rfc ${showNs(rfcNs).padStart(8)}`;
    const times = ratio === null ? '' : `   ${ratio.toFixed(2)} times as fast`;
    return `  ${op.padEnd(14)} ours ${showNs(oursNs).padStart(8)}   ${theirs}${times}`;
  });
  if (difference !== null) lines.push(`  VOID, the results differ ${difference}`);
  const passes = Object.entries(rfcPasses).filter(([, ns]) => ns >= 1e6);
  const shown = passes.map(([pass, ns]) => `${pass} ${showNs(ns)}`).join(', ');
  const note = shown !== '' && measures[0]?.op === 'commit' ? `; rfc passes: ${shown}` : '';
  lines.push(`  hash ${hash}, ${freeBlocks} free blocks, ours ${oursBytesPerPage.toFixed(2)} bytes a page${note}`);
  return lines.join('\n');
}

/** What the baseline needs for a size: its struct pages, and a list of the pages it holds. */
const baselineBytes = (size: Size): number => size.guest.nrPages * 68;

function showStructure(m: StructureMeasure): string {
  const steps = (n: number | null): string => (n === null ? '' : ` (${n.toFixed(1)} steps)`);
  const times = `random ${showNs(m.randomNs).padStart(8)}${steps(m.randomSteps)}, in order ${showNs(m.sequentialNs).padStart(8)}${steps(m.sequentialSteps)}`;
  const built = m.buildNs === null ? '' : `, built in ${showNs(m.buildNs)}, ${((m.bytes ?? 0) / 1024).toFixed(1)} KiB`;
  return `  ${m.layout} (${m.ranges} ranges) ${m.kind.padEnd(5)} ${times}${built}`;
}

const showMark = (m: MarkMeasure): string => `  ${m.layout} ${m.how.padEnd(7)} ${showNs(m.ns).padStart(8)}`;

async function runChoice(size: Size, rfc: RfcSide | null, print: (text: string) => void): Promise<object> {
  const structures = await measureStructures(size, rfc);
  print(`structures of a layout; rfc is the tree in C\n${structures.map(showStructure).join('\n')}`);
  const marks = await measureMarks(size, rfc);
  print(`marking; rfc and all mark every page, delta those whose target changed\n${marks.map(showMark).join('\n')}`);
  return { size, structures, marks };
}

function runManyVms(size: ManySize, json: boolean): number {
  const result = measureManyVms(size);
  process.stdout.write(
    json ? `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n` : `${showMany(result)}\n`,
  );
  return 0;
}

async function main(options: Options): Promise<number> {
  if (options.manyVms !== null) return runManyVms(options.manyVms, options.json);
  const print = (text: string): void => void (options.json || process.stdout.write(`${text}\n`));
  const baseline = buildBaseline();
  const rfc = baseline === null ? null : new RfcSide(baseline);
  const host = { ...machine(), compiler: baseline?.compiler ?? null };
  print(
    `machine: ${host.cpu}, ${host.cpuCount} CPUs, ${host.memoryGib} GiB; node ${host.node}; ${host.compiler ?? 'no C compiler'}`,
  );
  if (rfc === null) print('No C compiler (cc, gcc, clang) was found: ours is reported alone, and no ratios.');
  const choices: object[] = [];
  const results: (WorkloadResult & { readonly workload: string; readonly size: Size })[] = [];
  try {
    for (const size of options.sizes) {
      print(
        `\n${size.name}: ${size.guest.nrPages} pages, ${size.picks} frees, ${size.lookups} lookups, third fastest of ${size.samples}`,
      );
      const fits = process.availableMemory() > baselineBytes(size);
      const side = fits ? rfc : null;
      if (!fits) {
        const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
        print(
          `The baseline needs ${gib(baselineBytes(size))} GiB and ${gib(process.availableMemory())} GiB are free: ours is reported alone, without ratios. What the baseline did at 64gib is no measure of it.`,
        );
      }
      if (options.choice) {
        choices.push(await runChoice(size, side, print));
        continue;
      }
      for (const workload of options.workloads) {
        if (size.without?.test(workload.name)) continue;
        process.stderr.write(`${size.name} ${workload.name} ...\n`);
        const result = await runWorkload(workload, size, side);
        results.push({ workload: workload.name, size, ...result });
        print(`${workload.name}: ${workload.text}\n${showResult(result)}`);
      }
    }
  } finally {
    rfc?.close();
    baseline?.remove();
  }
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  print(`\npeak memory of this process: ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB`);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ machine: host, results, choices, peakRssBytes }, null, 2)}\n`);
  return results.some(({ difference }) => difference !== null) ? 1 : 0;
}

/**
 * The baseline's struct pages lie in 2 MiB mappings, as a kernel's do. glibc asks the same for our arrays when it is told
 * so, and it reads that when a process starts.
 */
const LARGE_MAPPINGS = 'glibc.malloc.hugetlb=1';

/** Runs this program again with large mappings; null where that has been done, or means nothing. */
function runWithLargeMappings(): number | null {
  if (process.platform !== 'linux' || process.env.GLIBC_TUNABLES !== undefined) return null;
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, GLIBC_TUNABLES: LARGE_MAPPINGS },
  });
  return status ?? 1;
}

const options = readOptions();
if (options === null) process.stderr.write(USAGE);
process.exitCode = options === null ? 2 : (runWithLargeMappings() ?? (await main(options)));
