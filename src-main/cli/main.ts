/**
 * The command line. This file knows the commands and their options; what they do is loaded when one is called, so that
 * help and mistakes cost nothing.
 *
 * (a) stdout: results alone. stderr: notes, diagnostics, progress. (b) Exit codes: output.ts. (c) Wrong usage changes
 * nothing and says what is right.
 */
import { Argument, Command, CommanderError, Option } from 'commander';
import { COMMANDS } from '../../shared/model/command.ts';
import { DEFAULT_DMA32_END_MIB, DEFAULT_DMA_END_MIB } from '../../shared/model/default.ts';
import { GOAL_TYPES } from '../../shared/model/plan.ts';
import { pagesFromMib } from '../../shared/units/index.ts';
import {
  addCommandOptions,
  addFigureOptions,
  addRunOptions,
  amount,
  collect,
  tickOrConverged,
  wholeNumber,
} from './option.ts';
import type { ExitCode } from './output.ts';
import { printNote, quietPipes } from './output.ts';
import { VERSION } from './version.ts';

/** Runs a command and keeps its exit code. */
const exitWith =
  <Args extends unknown[]>(action: (...args: Args) => Promise<ExitCode>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await action(...args);
  };

const program = new Command('pageshift')
  .description('Rehearse compactions and live migrations of VMs on NUMA hosts, with accounting exact to the page.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(--help after the command shows what it takes)')
  .addHelpText(
    'after',
    '\nFILE may be - for stdin; where several may be given, a folder stands for all files below it. Exit codes: 0 done; 1 the answer is no, or the input is bad; 2 wrong usage; 130 stopped by Ctrl+C.',
  );

addRunOptions(program.command('run').argument('<FILE>', 'a scenario'))
  .description('run a scenario until it has converged, or for some ticks; the result goes to stdout')
  .option('--json', 'one JSON document instead of text')
  .action(exitWith(async (file, flags) => (await import('./run.ts')).run(file, flags)));

program
  .command('check')
  .argument('<FILE...>', 'scenarios or foreign files; of a folder all below it')
  .description('say all that is wrong with files')
  .option('--json', 'the diagnostics as one JSON document on stdout')
  .action(exitWith(async (files, flags) => (await import('./check.ts')).check(files, flags)));

addFigureOptions(
  addCommandOptions(
    program
      .command('import')
      .argument(
        '<FILE...>',
        "libvirt capabilities, libvirt domains, output of numactl --hardware, or one Linux guest's own files: boot log, " +
          'iomem, zoneinfo, buddyinfo, pagetypeinfo, node meminfo; in any order',
      )
      .description('make a scenario of hosts and VMs that other tools describe, or of a guest as it is')
      .requiredOption('-o, --output <OUT>', 'the scenario to write, *.pageshift.json; - for stdout')
      .option('--name <TEXT>', 'name of the scenario')
      .option('--host <NAME>', 'host that the VMs start on; otherwise the first')
      .addOption(
        new Option('--node-memory <MIB>', 'memory of host nodes that no file states').argParser(
          wholeNumber(1, 2 ** 23),
        ),
      ),
  ),
)
  .option('--no-rehearsal', 'without --compact and --migrate: no commands either, instead of compacting each VM')
  .option('--explain', "why a Linux guest's zones manage as many pages as they do; needs its boot log and zoneinfo")
  .option('--force', 'replace OUT whatever it is')
  .action(exitWith(async (files, flags) => (await import('./import.ts')).importFiles(files, flags)));

addRunOptions(program.command('report').argument('<FILE>', 'a scenario'))
  .description('run a scenario and write a report: HTML, JSON and CSV; the paths go to stdout')
  .requiredOption('-o, --output <OUT>', 'NAME.html, with NAME.json and NAME-*.csv beside it; or a folder')
  .option('--force', 'replace files that are no report')
  .action(exitWith(async (file, flags) => (await import('./report.ts')).report(file, flags)));

program
  .command('facts')
  .argument('<FILE...>', 'foreign files; of several, and of a folder: what they say together of hosts and VMs')
  .description('what foreign files say, as JSON')
  .option('--json', 'as without it: it is JSON always')
  .action(exitWith(async (files) => (await import('./facts.ts')).facts(files)));

program
  .command('export')
  .argument('<FILE...>', 'a scenario, or files of other tools')
  .description('write a VM in the form of a tool, or change single values of a file and nothing else of it')
  .option('--vm <NAME>', 'which VM; not needed where there is one')
  .addOption(
    new Option('--as <FORM>', "the tool's form; otherwise that of the file").choices([
      'libvirt',
      'qemu',
      'proxmox',
      'kubevirt',
      'numactl',
      'same',
    ]),
  )
  .option(
    '--set <PATH=VALUE>',
    'change a value of the file, by its path: /domain/memory=8388608; repeatable',
    collect,
    [],
  )
  .option('-o, --output <OUT>', 'the file to write; - for stdout', '-')
  .option('--force', 'replace OUT')
  .action(exitWith(async (files, flags) => (await import('./export.ts')).exportFiles(files, flags)));

program
  .command('gather')
  .description('print a script that gathers what one host and its VMs look like into one file to import')
  .action(exitWith(async () => (await import('./gather/gather.ts')).gather()));

program
  .command('simtest')
  .description('attack the engine with random worlds and commands, by seed; shrinks what fails')
  .addOption(new Option('--seeds <N>', 'how many').argParser(wholeNumber(1, 2 ** 31)).default(20))
  .addOption(new Option('--first <N>', 'the first seed').argParser(wholeNumber(0, 2 ** 31)).default(1))
  .option('--mm', "attack a guest's memory alone, beside the naive model, in long runs")
  .addOption(
    new Option('--operations <N>', 'with --mm: until so many are done').argParser(wholeNumber(1, 2 ** 40)).default(1e6),
  )
  .addOption(
    new Option('--profile <NAME>', 'with --mm: defects of the guests')
      .choices(['correct', 'rfc-v3', 'random', 'any'])
      .default('any'),
  )
  .action(
    exitWith(async ({ mm, ...flags }) => {
      const { differ, simtest } = await import('./simtest.ts');
      return mm === true ? differ(flags) : simtest(flags);
    }),
  );

program
  .command('shell')
  .argument('[FILE]', 'a scenario; without one, a guest is booted from the flags')
  .description("a guest's shell: commands come from stdin, a line each")
  .option('--vm <NAME>', 'which VM of FILE; not needed where there is one')
  .addOption(
    new Option('--ticks <N>', 'run so many ticks before the first line').argParser(wholeNumber(0, 2 ** 31 - 1)),
  )
  .option(
    '--from <FILE...>',
    "boot a guest in the state that a real one's files recorded: dmesg, zoneinfo, buddyinfo, ...",
  )
  .option('--keep-going', 'do not stop at the first command that fails')
  .option('--pages <N>', 'boot a guest of so many 4 KiB pages')
  .option('--boot <A-B:NID,...>', 'its layout at boot, in inclusive pfns; otherwise all on node 0')
  .option('--nr-node-ids <N>', 'possible node ids; otherwise twice the boot nodes, at least 4')
  .option('--reserved <A-B,...>', 'pages reserved at boot, in inclusive pfns; otherwise none')
  .option('--profile <NAME>', 'correct (default), rfc-v3, all-defects, or defects by name: splitStuck,headOnly')
  .option(
    '--zones <dma=N,dma32=N>',
    `pages at which zones end; otherwise dma=${pagesFromMib(DEFAULT_DMA_END_MIB)},dma32=${pagesFromMib(DEFAULT_DMA32_END_MIB)}`,
  )
  .option('--era <3.10|6.1>', "whose kernel's rules; otherwise 3.10")
  .option('--memory-block-mib <N>', 'memory block of sysfs; otherwise 128')
  .option('--cpus <N|A-B:NID,...>', 'CPUs, dealt to the boot nodes or each on its node; otherwise one')
  .action(exitWith(async (file, flags) => (await import('./shell.ts')).shell(file, flags)));

program
  .command('compare')
  .argument('<FILE>', 'a scenario')
  .description('run a scenario with one guest otherwise, several times, and say what differs and because of what')
  .option('--vm <NAME>', 'which VM of FILE; not needed where there is one')
  .addOption(
    new Option('--of <WHAT>', "the posted code's defects, or what goes beyond the RFC")
      .choices(['defects', 'beyond'])
      .default('defects'),
  )
  .addOption(
    new Option('--until <TICK|converged>', 'to this tick, or until the guest has nothing left to wait for')
      .argParser(tickOrConverged)
      .default('converged'),
  )
  .addOption(
    new Option('--max-ticks <N>', 'with --until converged: at most so many')
      .argParser(wholeNumber(0, 2 ** 31 - 1))
      .default(20_000),
  )
  .option('--json', 'one JSON document instead of text')
  .action(exitWith(async (file, flags) => (await import('./compare.ts')).compare(file, flags)));

program
  .command('findings')
  .argument('<FILE...>', 'a scenario, or files of other tools that describe one host and its VMs')
  .description('what is wrong with a host and its VMs, what it costs, and what mends it')
  .option('--json', 'one JSON document instead of text')
  .option('--migrate <VM=HOST>', 'ask about a live migration too')
  .addOption(new Option('--dirty-mib-s <N>', 'with --migrate: what the VM writes a second').argParser(amount))
  .addOption(new Option('--working-set-mib <N>', 'with --migrate: over how much memory').argParser(amount))
  .addOption(new Option('--link-mib-s <N>', 'with --migrate: what the link carries').argParser(amount))
  .addOption(
    new Option(
      '--downtime-ms <N>',
      `with --migrate: downtime limit; otherwise ${COMMANDS.migrate.numbers.downtimeLimitMs.default}`,
    ).argParser(amount),
  )
  .action(exitWith(async (files, flags) => (await import('./findings.ts')).findings(files, flags)));

program
  .command('sweep')
  .argument(
    '<FILE...>',
    'a scenario, or a sweep (*.sweep.json); after the word check: what it would cost, by a few probes',
  )
  .description('run a scenario at many points and seeds: tables, statistics, figures, the edge where a verdict flips')
  .addOption(
    new Option('--vary <NAME=PATH:VALUES>', 'what varies: a list, or FROM..TO[:STEP][:log]')
      .argParser(collect)
      .default([], 'none'),
  )
  .addOption(
    new Option('--seeds <N>', "each point under so many seeds, from the scenario's on").argParser(
      wholeNumber(1, 100_000),
    ),
  )
  .addOption(
    new Option('--latin <N>', 'a Latin hypercube of so many points instead of the grid').argParser(
      wholeNumber(1, 100_000),
    ),
  )
  .addOption(new Option('--latin-seed <N>', 'its seed; otherwise 1').argParser(wholeNumber(0, 2 ** 32 - 1)))
  .addOption(new Option('--job <NAME>', 'what runs at each point').choices(['run', 'predict', 'compare']))
  .addOption(
    new Option(
      '--metric <PATH...>',
      "what is kept of a job's JSON document: [NAME=][sum:|mean:|min:|max:|count:]PATH",
    ).default([], 'the usual'),
  )
  .addOption(
    new Option('--edge <NAME:PATH=VALUE>', 'halve the range of NAME until the verdict (=, !=, <, <=, >, >=) flips'),
  )
  .addOption(new Option('--precision <PERCENT>', 'of --edge; otherwise 1').argParser(amount))
  .addOption(new Option('--pareto <GOALS>', 'metrics to trade against each other: min:NAME,max:NAME[,...]'))
  .addOption(new Option('--ticks <N>', 'run so many ticks').argParser(wholeNumber(0, 2 ** 31 - 1)))
  .addOption(
    new Option('--max-ticks <N>', 'otherwise until converged, at most so many').argParser(wholeNumber(0, 2 ** 31 - 1)),
  )
  .option('--migrate <VM=HOST>', "with --job predict: of which migration; otherwise the scenario's first")
  .addOption(
    new Option('--ask <NAME=VALUE>', 'with --job predict: what is asked beside the scenario, as downtimeMs=100')
      .argParser(collect)
      .default([], 'nothing'),
  )
  .option('--vm <NAME>', 'with --job compare: which VM')
  .addOption(new Option('--of <WHAT>', 'with --job compare').choices(['defects', 'beyond']))
  .addOption(new Option('--resamples <N>', 'of the bootstrap; otherwise 2000').argParser(wholeNumber(100, 100_000)))
  .addOption(new Option('--bootstrap-seed <N>', 'otherwise 1').argParser(wholeNumber(0, 2 ** 32 - 1)))
  .addOption(
    new Option('--threads <N>', 'run here on so many; otherwise as many as there are processors').argParser(
      wholeNumber(1, 256),
    ),
  )
  .addOption(
    new Option('--memory <MIB>', 'the most one thread may use').argParser(wholeNumber(128, 2 ** 20)).default(2048),
  )
  .option('-o, --output <OUT>', 'the folder of its results; begun again, it goes on there')
  .option('--queue <URL>', 'run on the workers of a queue: redis://HOST[:PORT][/DB], or rediss://')
  .option('--password-file <FILE>', 'of the queue: the password, in its first line; otherwise PAGESHIFT_REDIS_PASSWORD')
  .option('--force', 'write into a folder that has other files')
  .option('--json', 'with check: one JSON document on stdout')
  .action(
    exitWith(async (files, flags) => {
      const [file, asked, ...more] = files;
      if (more.length === 0 && file === 'check' && asked !== undefined)
        return (await import('./sweep-check.ts')).sweepCheck(asked, flags);
      if (asked === undefined) return (await import('./sweep.ts')).sweep(file!, flags);
      printNote(`error: a sweep is of one file; found ${files.join(', ')}`);
      return 2;
    }),
  );

program
  .command('predict')
  .argument(
    '[FILE...]',
    'a scenario with --migrate, or replies of QEMU: query-migrate, query-migrate-parameters, query-migrate-capabilities, query-dirty-rate',
  )
  .description('whether a live migration ends, when, and what would make it, before it starts')
  .option('--json', 'one JSON document instead of text')
  .option('--migrate <VM=HOST>', 'of a scenario: which VM, and where to')
  .option('--fit <FILE>', 'samples of a migration that went on: which dirtying explains it, and what would have helped')
  .option('--ram-mib <N>', 'memory of the VM')
  .option('--nonzero-mib <N>', 'of it, what is not zero; otherwise all')
  .option('--working-set-mib <N>', 'memory that it writes; otherwise all that is not zero')
  .option('--dirty-mib-s <N>', 'what it writes a second')
  .option('--pattern <sequential|uniform|zipf>', 'how it writes its working set; otherwise in order')
  .option('--also-writes <MIB=MIB_S[:PATTERN]...>', 'further sets, written at rates of their own')
  .option('--phase <SECONDS=MIB_S...>', 'from then on it writes so much')
  .option('--bandwidth-mib-s <N>', "max-bandwidth; otherwise the policy's or the hypervisor's default")
  .option('--link-mib-s <N>', 'what the link carries')
  .option('--downtime-ms <N>', 'downtime limit; otherwise the default')
  .option('--capability <NAME...>', "QEMU's migration capabilities that are on")
  .option('--set <PARAMETER=VALUE...>', "migration parameters by QEMU's names, in QEMU's units")
  .option('--algorithm <NAME>', 'qemu (default), xen-classic, xen-modern, cloud-hypervisor, offline')
  .option('--policy <NAME>', 'what the stack above does: libvirt, nova, proxmox, ovirt-..., kubevirt-..., vsphere, ...')
  .option('--qemu-version <VERSION>', 'otherwise 10.2')
  .option('--postcopy-after <SECONDS>', 'switch to post-copy then')
  .option('--vcpus <N>', 'otherwise 1')
  .option('--guest-cpu-percent <N>', 'of its CPU time, what its writing takes; otherwise all')
  .option('--delta-bytes <N>', 'bytes of a page that a write changes, for XBZRLE; otherwise the whole page')
  .option('--header-bytes <N>', "what heads a page on the wire; otherwise QEMU's")
  .action(exitWith(async (files, flags) => (await import('./predict.ts')).predict(files, flags)));

program
  .command('plan')
  .argument('[FILE]', 'a scenario')
  .description('where VMs should live: the moves that lead there, what they cost, and how far that is from the best')
  .option('--fleet <FLEET>', 'or a fleet, by the shapes of its hosts and VMs')
  .option('--ask <REQUEST>', 'the question, as a document; of a fleet: to place all, unless it is given')
  .addOption(new Option('--goal <TYPE>', 'or in short, with the flags below').choices([...GOAL_TYPES]))
  .option('--vm <NAME>', 'of fit and one-node')
  .option('--place <HOST or HOST/NID>', 'of drain, several times; of huge-pages', collect, [])
  .option('--want <VM=PLACE>', 'of swap, several times', collect, [])
  .addOption(new Option('--max-use-percent <N>', 'of rebalance').argParser(amount))
  .addOption(new Option('--page-kib <N>', 'of huge-pages').argParser(wholeNumber(4, 2 ** 24)))
  .addOption(new Option('--pages <N>', 'of huge-pages').argParser(wholeNumber(0, 2 ** 31)))
  .option('--solver <NAME>', 'exact, fast, or a heuristic: first-fit, best-fit, ffd, ...', 'exact')
  .addOption(new Option('--seed <N>', 'for what is drawn by chance').argParser(wholeNumber(0, 2 ** 32 - 1)).default(1))
  .addOption(new Option('--time-limit <SECONDS>', 'then the best plan so far').argParser(amount).default(60))
  .addOption(
    new Option(
      '--format <FORMAT>',
      'script: shell commands with checks and a way back; scenario: for `run` to rehearse',
    )
      .choices(['text', 'json', 'script', 'csv', 'scenario'])
      .default('text'),
  )
  .option('--json', 'one JSON document instead of text')
  .action(exitWith(async (file, flags) => (await import('./plan.ts')).plan(file, flags)));

const addQueueOptions = (command: Command): Command =>
  command
    .requiredOption('--queue <URL>', 'redis://HOST[:PORT][/DB], or rediss:// over TLS')
    .option('--password-file <FILE>', 'has the password in its first line; otherwise PAGESHIFT_REDIS_PASSWORD');

addQueueOptions(program.command('worker'))
  .description('run points of sweeps that others put into a queue, until it is stopped')
  .addOption(new Option('--threads <N>', 'otherwise as many as there are processors').argParser(wholeNumber(1, 256)))
  .addOption(
    new Option('--memory <MIB>', 'the most one thread may use').argParser(wholeNumber(128, 2 ** 20)).default(2048),
  )
  .addOption(
    new Option('--stalled-after <SECONDS>', 'what a worker holds that stands still so long is run by another one')
      .argParser(wholeNumber(1, 3600))
      .default(30),
  )
  .action(exitWith(async (flags) => (await import('./worker.ts')).worker(flags)));

const queue = program.command('queue').description('what is in a queue, and its cleaning');
addQueueOptions(queue.command('status'))
  .description('how many jobs wait, run and have ended, and why some failed')
  .option('--json', 'one JSON document instead of text')
  .action(exitWith(async (flags) => (await import('./queue.ts')).queueStatus(flags)));
addQueueOptions(queue.command('clean'))
  .description('remove what has ended')
  .option('--all', 'also what waits')
  .action(exitWith(async (flags) => (await import('./queue.ts')).queueClean(flags)));

program
  .command('schema')
  .addArgument(
    new Argument('[WHAT]', 'of which document').choices(['scenario', 'findings', 'facts', 'sweep']).default('scenario'),
  )
  .description('the JSON Schema of scenarios, of sweeps, or of what findings --json or facts prints')
  .action(exitWith(async (what) => (await import('./schema.ts')).schema(what)));

quietPipes();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    printNote(
      `Pageshift itself went wrong, not your input: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    printNote(
      `This is Pageshift ${VERSION} on Node ${process.versions.node}. Please report it with the command and its files.`,
    );
    process.exitCode = 1;
  }
}
