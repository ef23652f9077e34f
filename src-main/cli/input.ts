/** Reads what a person names, as store reads files. `-` is stdin. */
import type { Read } from '../../shared/errors/index.ts';
import { readText, readTextStream } from '../store/index.ts';
import { baseFolder, resolvePath } from './path.ts';

/** The name of an input in messages. */
export const inputName = (path: string): string => (path === '-' ? '<stdin>' : path);

/** The text of a file, or why it cannot be had. */
export const readInput = (path: string): Promise<Read<string>> =>
  path === '-'
    ? readTextStream(process.stdin, inputName(path))
    : readText(resolvePath(path), path, `Relative names start at ${baseFolder()}.`);
