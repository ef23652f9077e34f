/**
 * Where a queue is, as a person writes it: redis://HOST[:PORT][/DB], or rediss:// over TLS.
 *
 * A password never stands in an address: command lines are seen by everybody on the machine and kept by shells. It comes
 * from PAGESHIFT_REDIS_PASSWORD or from a file (--password-file, PAGESHIFT_REDIS_PASSWORD_FILE).
 */
import { readFile } from 'node:fs/promises';

export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly isTls: boolean;
}

const DEFAULT_PORT = 6379;
const MAX_PASSWORD_CHARS = 4096;

/** A text says what is wrong. */
export async function queueAddress(
  text: string,
  passwordFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<QueueAddress | string> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'it takes redis://HOST[:PORT][/DB] or rediss://HOST[:PORT][/DB]';
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    return `it takes redis:// or rediss://, not ${url.protocol}//`;
  // Not repeated: it would be in the log as well.
  if (url.password !== '')
    return 'a password in the address is refused, as others can see it: set PAGESHIFT_REDIS_PASSWORD, or name a file with --password-file';
  if (url.hostname === '') return 'it names no host';
  if (url.search !== '' || url.hash !== '') return 'it takes nothing behind the number of the database';
  if (!/^\/?\d{0,3}$/.test(url.pathname)) return 'behind the host comes the number of a database, or nothing';
  const file = passwordFile ?? env['PAGESHIFT_REDIS_PASSWORD_FILE'];
  const password = file === undefined ? (env['PAGESHIFT_REDIS_PASSWORD'] ?? null) : await passwordIn(file);
  if (password === undefined) return `the password cannot be read from ${file}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: Number(url.pathname.slice(1)),
    username: url.username === '' ? null : decodeURIComponent(url.username),
    password: password === '' ? null : password,
    isTls: url.protocol === 'rediss:',
  };
}

/** The first line of a file. */
async function passwordIn(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined || text.length > MAX_PASSWORD_CHARS ? undefined : text.split(/\r?\n/)[0];
}
