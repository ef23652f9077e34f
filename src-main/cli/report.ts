/**
 * `report FILE -o OUT`: runs a scenario and writes its report, with the run as data and its tables beside it, named as the
 * window names what it exports. If OUT ends in .html, that is the page, and the others are called after it; otherwise OUT
 * is a folder, and all are called after the scenario. An existing report is replaced; any other file is kept unless --force
 * is given.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { dataFile, fileStem, reportFile, tableFile } from '../../shared/view/export-name.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { OutFile } from '../store/index.ts';
import { headOf, overInput, standingAt, unwritable, writeFiles } from '../store/index.ts';
import type { RunFlags } from './option.ts';
import type { ExitCode } from './output.ts';
import { printDiagnostics, printNote, printResult } from './output.ts';
import { baseFolder, resolvePath } from './path.ts';
import { runFile } from './run-file.ts';
import { documentText } from './run-output.ts';
import type { Run } from '../jobs/index.ts';
import { runJob } from '../runtime/index.ts';

interface Place {
  readonly folder: string;
  /** As the person called the page; null: it is called after the scenario. */
  readonly page: string | null;
}

export async function report(
  path: string,
  flags: RunFlags & { readonly output: string; readonly force?: true },
): Promise<ExitCode> {
  const force = flags.force === true;
  const place = await placeFor(flags.output, force);
  if (place === 'usage') {
    printNote(`error: -o takes a name that ends in .html, or a folder; found ${flags.output}`);
    return 2;
  }
  if ('severity' in place) return refused(place);
  const { run, code } = await runFile(path, flags);
  if (run === null) return code;
  const files = await filesOf(run, place);
  const paths = files.map((file) => file.path);
  const refusal =
    (await overInput([resolvePath(path)], paths)) ??
    (force || (await isReport(paths[0]!)) ? null : await firstStanding(files)) ??
    (await writeFiles(files));
  if (refusal !== null) return refused(refusal);
  for (const file of files) printResult(`${relative(baseFolder(), file.path)}\n`);
  return code;
}

function refused(diagnostic: Diagnostic): ExitCode {
  printDiagnostics([diagnostic]);
  return 1;
}

/** Where the report goes; its folder is made. Otherwise why it cannot go there. */
async function placeFor(output: string, force: boolean): Promise<Place | Diagnostic | 'usage'> {
  const path = resolvePath(output);
  const extension = extname(output).toLowerCase();
  try {
    const isFolder = /[/\\]$/.test(output) || extension === '' || (await standingAt(path)) === 'folder';
    if (!isFolder && extension !== '.html') return 'usage';
    const folder = isFolder ? path : dirname(path);
    await mkdir(folder, { recursive: true });
    // Before a run that may take long.
    if (!isFolder && !force && (await standingAt(path)) === 'file' && !(await isReport(path))) return exists(path);
    return { folder, page: isFolder ? null : basename(path) };
  } catch (error) {
    return unwritable(error as NodeJS.ErrnoException, output);
  }
}

const isReport = async (path: string): Promise<boolean> =>
  (await standingAt(path)) === 'file' && (await headOf(path)).includes('Pageshift report');

const exists = (path: string): Diagnostic => ({
  severity: 'error',
  slug: 'output-exists',
  message: 'There is a file of this name already, and it is no report.',
  where: { file: relative(baseFolder(), path) },
  hint: 'Choose another name, or replace it with --force.',
});

/** Tables without a report beside them are the person's own files. */
async function firstStanding(files: readonly OutFile[]): Promise<Diagnostic | null> {
  for (const { path } of files) if ((await standingAt(path)) === 'file') return exists(path);
  return null;
}

/** The page first. */
async function filesOf(run: Run, { folder, page }: Place): Promise<OutFile[]> {
  const rendered = await runJob('report', { record: run.record });
  // mine.html and mine-report.html are both of "mine".
  const stem = page === null ? fileStem(run.record.scenarioName) : page.replace(/(-report)?\.html$/i, '');
  return [
    { path: join(folder, page ?? reportFile(stem, 'html')), content: rendered.html },
    { path: join(folder, dataFile(stem)), content: documentText(run) },
    ...Object.entries(rendered.csv).map(([table, content]) => ({
      path: join(folder, tableFile(stem, table)),
      content,
    })),
  ];
}
