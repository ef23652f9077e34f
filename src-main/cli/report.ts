/**
 * `report FILE -o OUT`: runs a scenario and writes its report. If OUT ends in .html, it is that file, with NAME.json
 * and NAME-*.csv beside it. Otherwise OUT is a folder with report.html, report.json and the tables. An existing report
 * is replaced; any other file is kept unless --force is given.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
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
  readonly html: string;
  readonly json: string;
  readonly csvPrefix: string;
  /** Existing files may be replaced: they are a report, or --force was given. */
  readonly replaces: boolean;
}

export async function report(
  path: string,
  flags: RunFlags & { readonly output: string; readonly force?: true },
): Promise<ExitCode> {
  const place = await placeFor(flags.output, flags.force === true);
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
    (place.replaces ? null : await firstStanding(files)) ??
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
    const name = isFolder ? 'report' : basename(path, extname(path));
    const folder = isFolder ? path : dirname(path);
    const html = isFolder ? 'report.html' : basename(path);
    await mkdir(folder, { recursive: true });
    const standing = await standingAt(join(folder, html));
    const isReport = standing === 'file' && (await headOf(join(folder, html))).includes('Pageshift report');
    if (standing === 'file' && !isReport && !force) return exists(join(folder, html));
    return { folder, html, json: `${name}.json`, csvPrefix: isFolder ? '' : `${name}-`, replaces: isReport || force };
  } catch (error) {
    return unwritable(error as NodeJS.ErrnoException, output);
  }
}

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

async function filesOf(run: Run, { folder, html, json, csvPrefix }: Place): Promise<OutFile[]> {
  const rendered = await runJob('report', { record: run.record });
  return [
    { path: join(folder, html), content: rendered.html },
    { path: join(folder, json), content: documentText(run) },
    ...Object.entries(rendered.csv).map(([name, text]) => ({
      path: join(folder, `${csvPrefix}${name}`),
      content: text,
    })),
  ];
}
