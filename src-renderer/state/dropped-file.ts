/**
 * Dropped or chosen files as text. Only their names and sizes are looked at before: a file that is too large is reported,
 * not read. Main judges their contents.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import { MAX_FILE_CHARS, MAX_FILES, MAX_MESSAGE_BYTES } from '../../shared/protocol/limit.ts';
import { bytes, count } from '../../shared/view/number-format.ts';

/** Of a File. */
export interface FileLike {
  readonly name: string;
  readonly size: number;
  text(): Promise<string>;
}

export interface ReadFiles {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly problems: readonly Diagnostic[];
}

/** A character of JSON takes up to six bytes; most files are plain ASCII. Room is left for the message around them. */
const MAX_TOTAL_BYTES = MAX_MESSAGE_BYTES * 0.75;

/** All or nothing: a host without one of its VMs is not what was dropped. */
export async function readFiles(list: readonly FileLike[]): Promise<ReadFiles> {
  const small = list.filter((file) => !isPassedOver(file));
  const problems = sizeProblems(list.length > 0 && small.length === 0 ? list : small);
  if (problems.length > 0) return { files: [], problems };
  const read = await Promise.all(small.map(readOne));
  const failed = read.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return failed.length > 0
    ? { files: [], problems: failed }
    : { files: read.map(({ name, text }) => ({ name, text })), problems: [] };
}

/** Of a folder: an image or a dump beside what its tools printed is no reason to read nothing. */
const isPassedOver = ({ name, size }: FileLike): boolean => name.includes('/') && size > MAX_FILE_CHARS;

function sizeProblems(list: readonly FileLike[]): Diagnostic[] {
  if (list.length === 0) {
    return [
      problem('drop-no-files', 'Nothing that was dropped is a file.', '', {
        expected: 'a scenario, or files of hosts and VMs',
      }),
    ];
  }
  if (list.length > MAX_FILES) {
    return [
      problem('drop-too-many-files', `Asked to read ${count(list.length)} files at once.`, '', {
        found: `${count(list.length)} files`,
        expected: `at most ${MAX_FILES}`,
        hint: 'Drop the host and its VMs in smaller groups.',
      }),
    ];
  }
  const large = list
    .filter(({ size }) => size > MAX_FILE_CHARS)
    .map(({ name, size }) =>
      problem(
        'drop-file-too-large',
        `Asked to read ${name}, which is too large to be a host, a VM or a scenario.`,
        name,
        {
          found: bytes(size),
          expected: `at most ${bytes(MAX_FILE_CHARS)}`,
          hint: 'Was the right file chosen? A dumpxml is some KiB.',
        },
      ),
    );
  const sum = list.reduce((total, { size }) => total + size, 0);
  if (large.length > 0 || sum <= MAX_TOTAL_BYTES) return large;
  return [
    problem('drop-files-too-large', 'Asked to read files that together are too large.', '', {
      found: bytes(sum),
      expected: `at most ${bytes(MAX_TOTAL_BYTES)}`,
      hint: 'Drop fewer files at once.',
    }),
  ];
}

async function readOne(file: FileLike): Promise<{ name: string; text: string; problem: Diagnostic | null }> {
  try {
    return { name: file.name, text: await file.text(), problem: null };
  } catch (error) {
    const why = problem('drop-unreadable', `Asked to read ${file.name}, which could not be read.`, file.name, {
      found: error instanceof Error ? error.message : String(error),
      hint: 'Choose it again, or leave it out.',
    });
    return { name: file.name, text: '', problem: why };
  }
}

const problem = (
  slug: string,
  message: string,
  file: string,
  more: Partial<Pick<Diagnostic, 'found' | 'expected' | 'hint'>>,
): Diagnostic => ({ severity: 'error', slug, message, where: file === '' ? {} : { file }, ...more });
