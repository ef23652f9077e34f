/** The person's own browser, where there is a display to show it on. */
import { spawn } from 'node:child_process';

export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @returns why there is nothing to see on; null: there is */
export function noDisplay({ platform, environment }: Desktop): string | null {
  if (platform === 'darwin' || platform === 'win32') return null;
  if (environment['DISPLAY'] || environment['WAYLAND_DISPLAY']) return null;
  return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
}

/** @param target the path of a page: other users can read it. */
export function openCommand(platform: NodeJS.Platform, target: string): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', target];
  // Not `cmd /c start`: that one reads the path as a line of a command.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', target];
  return ['xdg-open', target];
}

/** Says on `log` when it could not; whether a browser came up is not known. @param page the path of a file */
export function openBrowser(desktop: Desktop, page: string, log: (line: string) => void): void {
  const [command, ...args] = openCommand(desktop.platform, page);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', ({ message }) => log(`The browser could not be opened (${message}); open the address yourself.`));
  child.unref();
}
