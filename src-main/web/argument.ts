/** The web shell's part of a command line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface WebArguments {
  readonly file: string | null;
  /** 0: one that is free; null: the usual one, or one that is free. */
  readonly port: number | null;
  readonly dataFolder: string | null;
  /** Opens the default browser. */
  readonly open: boolean;
}

export const WEB_USAGE = '[FILE] [--port N] [--data FOLDER] [--no-open]';

const MAX_PORT = 65_535;

/** Of parseArgs; npm start adds its own. */
export const webOptions = {
  port: { type: 'string' },
  data: { type: 'string' },
  open: { type: 'boolean', default: true },
} as const;

export function readWebArguments(args: readonly string[]): WebArguments | { readonly wrong: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: webOptions,
      allowPositionals: true,
      allowNegative: true,
    });
    return webArguments(values, positionals);
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

export function webArguments(
  values: { readonly port?: string; readonly data?: string; readonly open?: boolean },
  positionals: readonly string[],
): WebArguments | { readonly wrong: string } {
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && (!Number.isInteger(port) || port < 0 || port > MAX_PORT || values.port === '')) {
    return { wrong: `--port ${values.port}: a port is a whole number from 0 (one that is free) to ${MAX_PORT}` };
  }
  if (positionals.length > 1) return { wrong: `one FILE can be opened; found ${positionals.join(', ')}` };
  const [file] = positionals;
  return {
    file: file === undefined ? null : resolve(file),
    port,
    dataFolder: values.data === undefined ? null : resolve(values.data),
    open: values.open ?? true,
  };
}
