/**
 * Connections to the server of a queue.
 *
 * (a) The first one says in words why there is none. (b) Later ones wait for a server that is away and come back by
 *     themselves: a restarted server costs time and nothing else.
 */
import { Redis } from 'ioredis';
import type { QueueAddress } from './address.ts';

const CONNECT_MS = 10_000;
const MAX_PAUSE_MS = 3000;

const optionsOf = ({ host, port, db, username, password, isTls }: QueueAddress) => ({
  host,
  port,
  db,
  connectTimeout: CONNECT_MS,
  maxRetriesPerRequest: null,
  ...(username === null ? {} : { username }),
  ...(password === null ? {} : { password }),
  ...(isTls ? { tls: {} } : {}),
});

/** A connection that comes back. It is ended by whoever asked for it. */
export function connect(address: QueueAddress): Redis {
  const redis = new Redis({
    ...optionsOf(address),
    retryStrategy: (times) => Math.min(100 * 2 ** times, MAX_PAUSE_MS),
  });
  // What is asked meanwhile waits; who waits long is told by its own caller.
  redis.on('error', () => undefined);
  return redis;
}

/** Null when the server answers; otherwise why it cannot be used. */
export async function whyNoServer(address: QueueAddress): Promise<string | null> {
  const place = `${address.host}:${address.port}`;
  const redis = new Redis({ ...optionsOf(address), lazyConnect: true, retryStrategy: () => null });
  let first: Error | null = null;
  redis.on('error', (error: Error) => (first ??= error));
  try {
    await redis.connect();
    await redis.ping();
    return null;
  } catch (error) {
    const { message, code } = (first ?? error) as NodeJS.ErrnoException;
    if (/WRONGPASS|invalid (username-)?password/i.test(message)) return `the server at ${place} refuses the password`;
    if (/NOAUTH/.test(message))
      return `the server at ${place} wants a password: set PAGESHIFT_REDIS_PASSWORD, or name a file with --password-file`;
    if (code === 'ECONNREFUSED') return `nothing answers at ${place}`;
    return `the server at ${place} cannot be used: ${message}`;
  } finally {
    redis.disconnect();
  }
}
