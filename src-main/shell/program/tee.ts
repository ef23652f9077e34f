/**
 * `tee [-a] FILE...`: unlike the interpreter's own, it reports a failed write. Needs more than a Program: its input.
 */
import { errnoText, isGuestPath, type ShellHost, writeAll } from '../host.ts';

export interface TeeFiles {
  resolvePath(base: string, path: string): string;
  writeFile(path: string, text: string): Promise<void>;
  appendFile(path: string, text: string): Promise<void>;
}

export async function tee(
  args: readonly string[],
  stdin: string,
  cwd: string,
  fs: TeeFiles,
  host: Pick<ShellHost, 'write'>,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const append = args.includes('-a') || args.includes('--append');
  let stderr = '';
  for (const name of args.filter((arg) => !['-a', '--append', '-i'].includes(arg))) {
    const path = fs.resolvePath(cwd, name);
    try {
      if (!isGuestPath(path)) await (append ? fs.appendFile(path, stdin) : fs.writeFile(path, stdin));
      else {
        const errno = writeAll(host, path, stdin);
        if (errno !== null) stderr += `tee: ${name}: ${errnoText(errno)}\n`;
      }
    } catch (error) {
      stderr += `tee: ${name}: ${error instanceof Error ? error.message : String(error)}\n`;
    }
  }
  return { stdout: stdin, stderr, exitCode: stderr === '' ? 0 : 1 };
}
