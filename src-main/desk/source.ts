/**
 * Scenarios from what a person gives: a document's text, foreign files. Every problem at once.
 *
 * Texts are read in a thread of their own, under limits: a file may cost what it likes, windows go on being answered. Only
 * short documents of ours, whose cost follows their length, are read here.
 */
import type { Diagnostic, Read } from '../../shared/errors/index.ts';
import type { GivenFile, Imported } from '../jobs/index.ts';
import { isJobStopped, overLimit, runJob } from '../runtime/index.ts';
import type { ThreadPlace } from '../runtime/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { textHash } from '../store/index.ts';

export type { GivenFile, Imported, Source } from '../jobs/index.ts';

/** Far above what the largest documents take that are read at all. */
const LIMITS = { ms: 60_000, memoryMib: 2048 } as const;

/** A document of ours this long costs some tens of milliseconds, whatever is in it: less than a thread. */
const CHEAP_CHARS = 32_768;
const isCheap = ([only, ...others]: readonly GivenFile[]): boolean =>
  only !== undefined && others.length === 0 && only.text.length <= CHEAP_CHARS && /^\s*\{/.test(only.text);

/** One scenario, or hosts and VMs, told apart by content: of these a scenario without commands is made. */
export async function importFiles(
  given: readonly GivenFile[],
  threadPlace?: ThreadPlace,
  limits: typeof LIMITS | { readonly ms: number; readonly memoryMib: number } = LIMITS,
  signal?: AbortSignal,
): Promise<Imported> {
  const files = given.map(({ name, text }) => ({ name, text, sha256: textHash(text) }));
  try {
    return await runJob(
      'read',
      { files },
      {
        ...{ where: isCheap(given) ? 'here' : 'worker', limits },
        ...(threadPlace === undefined ? {} : { threadPlace }),
        ...(signal === undefined ? {} : { signal, endsAtOnce: true }),
      },
    );
  } catch (error) {
    if (isJobStopped(error)) return { source: null, files: [], diagnostics: [] };
    const exceeded = overLimit(error);
    if (exceeded === null) throw error;
    const told = files.map(({ name }) => ({ name, kind: null }));
    return { source: null, files: told, diagnostics: [tooCostly(files[0]?.name ?? '', exceeded, limits)] };
  }
}

/** A document that is to be a scenario. */
export async function readText(text: string, file: string, threadPlace?: ThreadPlace): Promise<Read<Scenario>> {
  const { source, diagnostics } = await importFiles([{ name: file, text }], threadPlace);
  return { value: source?.scenario ?? null, diagnostics };
}

const tooCostly = (file: string, what: 'time' | 'memory', limits: { ms: number; memoryMib: number }): Diagnostic => ({
  severity: 'error',
  slug: 'input-too-costly',
  message: what === 'time' ? 'Reading this takes too long.' : 'Reading this takes too much memory.',
  where: { file },
  expected: what === 'time' ? `at most ${limits.ms / 1000} s` : `at most ${limits.memoryMib} MiB`,
  hint: 'Give fewer files, or smaller ones.',
});
