/**
 * The job that reads what a person gives: a scenario, or files of other tools that make one. Whatever a file says, reading
 * it happens in a thread of its own, under limits of time and memory (desk/source.ts). Stopped, it has no output.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import { hasErrors } from '../../shared/errors/index.ts';
import type { ForeignFacts, Recognised } from '../formats/index.ts';
import { refusedStarts } from '../findings/index.ts';
import { notReadNote, readDocument, recognise } from '../formats/index.ts';
import type { ImportPart, Scenario } from '../scenario/index.ts';
import { assembleScenario, readScenario, sortParts } from '../scenario/index.ts';
import type { JobSteps } from './job.ts';

export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

export interface ReadInput {
  /** With the hash of each text. */
  readonly files: readonly (GivenFile & { readonly sha256: string })[];
}

/** A scenario, and the text with the name that its places refer to; null where no person wrote it. */
export interface Source {
  readonly scenario: Scenario;
  readonly written: GivenFile | null;
}

export interface Imported {
  readonly source: Source | null;
  readonly files: readonly { readonly name: string; readonly kind: 'scenario' | 'host' | 'vm' | null }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One scenario, or hosts and VMs, told apart by content. */
export function* readFiles({ files: given }: ReadInput): JobSteps<null, Imported> {
  yield () => null;
  const hashes = new Map(given.map(({ text, sha256 }) => [text, sha256]));
  const files = given.map(({ name, text }) => ({ name: shownName(name), text }));
  const recognised = files.map(({ name, text }) => recognise(text, name));
  const told = files.map(({ name }, i) => ({ name, kind: importKind(recognised[i]!.value) }));
  const scenarios = files.filter((_, i) => recognised[i]!.value?.role === 'scenario');
  if (scenarios.length === 1 && files.length === 1) {
    const read = readScenario(files[0]!.text, files[0]!.name);
    return { ...sourced(read, files[0]!), files: told };
  }
  const diagnostics: Diagnostic[] = scenarios.map(({ name }) => alone(name, scenarios.length, files.length));
  const parts: ImportPart<ForeignFacts>[] = [];
  files.forEach(({ name: file, text }, i) => {
    const { value: format, diagnostics: unknown } = recognised[i]!;
    const isOfFolder = file.includes('/');
    // A scenario opened alone would tell its problems; so it does here.
    if (format?.role === 'scenario') diagnostics.push(...readScenario(text, file).diagnostics);
    const read = format === null || format.role === 'scenario' ? null : readDocument(text, file);
    const problems = [...unknown, ...(read?.diagnostics ?? [])];
    // What a folder holds besides is named, and no reason to read nothing.
    const isOther = isOfFolder && format?.role !== 'scenario' && (read?.parts ?? []).length === 0;
    diagnostics.push(...(isOther ? [notReadNote(file, problems)] : problems));
    // A file is kept once, whatever it holds.
    read?.parts.forEach(({ facts }, part) => parts.push({ file, facts, ...(part === 0 ? { text } : {}) }));
  });
  // What a file that is not read would have told is missing, so nothing is said of the whole.
  if (hasErrors(diagnostics)) return { source: null, files: told, diagnostics };
  const whole = assembleScenario(sortParts(parts), {
    // Commands are for a person to ask.
    rehearsal: false,
    sha256: (text) => hashes.get(text)!,
    ...folderName(files),
    refused: refusedStarts,
  });
  return { ...sourced({ ...whole, diagnostics: [...diagnostics, ...whole.diagnostics] }, null), files: told };
}

/** A folder that was given whole gives the document its name. */
function folderName(files: readonly GivenFile[]): { readonly name?: string } {
  const folders = new Set(files.map(({ name }) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '')));
  const [only] = folders;
  return folders.size === 1 && only !== undefined && only !== '' ? { name: only } : {};
}

/** Files of a Linux guest make a VM. */
const KINDS = { scenario: 'scenario', host: 'host', vm: 'vm', 'guest-state': 'vm', 'vm-state': 'vm' } as const;

const importKind = (format: Recognised | null): 'scenario' | 'host' | 'vm' | null =>
  format === null ? null : (Object.entries(KINDS).find(([role]) => role === format.role)?.[1] ?? null);

const sourced = ({ value, diagnostics }: Read<Scenario>, written: GivenFile | null): Omit<Imported, 'files'> => ({
  source: value === null ? null : { scenario: value, written },
  diagnostics,
});

const alone = (file: string, scenarios: number, files: number): Diagnostic => ({
  severity: 'error',
  slug: 'import-scenario-among-others',
  message: 'A scenario is opened by itself, not together with other files.',
  where: { file },
  found: `${files} files, of which ${scenarios} ${scenarios === 1 ? 'is a scenario' : 'are scenarios'}`,
  expected: 'one scenario, or hosts and VMs',
  hint: 'Open it alone, or leave it out.',
});

/**
 * A place on a disk without its folders, which are nobody else's business. Within a folder that was given whole, where a file
 * stands tells what it is: /proc/PID/numa_maps.
 */
const shownName = (name: string): string =>
  /^([/\\]|[A-Za-z]:)/.test(name) ? name.replace(/^.*[/\\]/, '') : name.replaceAll('\\', '/');
