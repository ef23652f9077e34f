/**
 * npm run bench -- [--smoke] [--only NAME] [--size 1gib|64gib] [--json]
 *
 * Results on stdout, progress on stderr. Exit code 0 when both sides ended in the same state after every sample (or
 * there was no compiler, which is said), 1 when a comparison is void, 2 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { machine, showNs } from './harness.ts';
import { runWorkload, SIZES, type Size, WORKLOADS, type WorkloadResult } from './mm.bench.ts';
import { buildBaseline, RfcSide } from './rfc-side.ts';

const USAGE = `usage: npm run bench -- [--smoke] [--only NAME] [--size 1gib|64gib] [--json]
  --smoke   the small size that also runs in the unit tests
  --only    workloads whose name contains NAME: ${WORKLOADS.map((w) => w.name).join(', ')}
  --size    one size of the ladder; otherwise both
  --json    one JSON document instead of text
`;

interface Options {
  readonly sizes: readonly Size[];
  readonly workloads: typeof WORKLOADS;
  readonly json: boolean;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        smoke: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        size: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const wanted = values.smoke ? ['smoke'] : values.size === undefined ? ['1gib', '64gib'] : [values.size];
    const sizes = SIZES.filter(({ name }) => wanted.includes(name));
    const workloads = WORKLOADS.filter(({ name }) => name.includes(values.only));
    return sizes.length === 0 || workloads.length === 0 ? null : { sizes, workloads, json: values.json };
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

async function main(options: Options): Promise<number> {
  const print = (text: string): void => void (options.json || process.stdout.write(`${text}\n`));
  const baseline = buildBaseline();
  const rfc = baseline === null ? null : new RfcSide(baseline);
  const host = { ...machine(), compiler: baseline?.compiler ?? null };
  print(
    `machine: ${host.cpu}, ${host.cpuCount} CPUs, ${host.memoryGib} GiB; node ${host.node}; ${host.compiler ?? 'no C compiler'}`,
  );
  if (rfc === null) print('No C compiler (cc, gcc, clang) was found: ours is reported alone, and no ratios.');
  const results: (WorkloadResult & { readonly workload: string; readonly size: Size })[] = [];
  try {
    for (const size of options.sizes) {
      print(
        `\n${size.name}: ${size.guest.nrPages} pages, ${size.picks} frees, ${size.lookups} lookups, third fastest of ${size.samples}`,
      );
      for (const workload of options.workloads) {
        process.stderr.write(`${size.name} ${workload.name} ...\n`);
        const result = await runWorkload(workload, size, rfc);
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
  if (options.json) process.stdout.write(`${JSON.stringify({ machine: host, results, peakRssBytes }, null, 2)}\n`);
  return results.some(({ difference }) => difference !== null) ? 1 : 0;
}

const options = readOptions();
if (options === null) process.stderr.write(USAGE);
process.exitCode = options === null ? 2 : await main(options);
