/**
 * What every thread of ours has in common, at both ends: how it is found and ended, and how what is thrown crosses.
 *
 * (a) A thread ends itself where nothing is half done: one that is ended from outside while it compresses aborts the
 *     whole process (an assertion of Node's zlib). Only one that does not come to that point is ended from outside.
 * (b) An error crosses as its name and message.
 */
import { parentPort, Worker } from 'node:worker_threads';

/** The files that threads begin with. */
type ThreadFile = 'session-worker' | 'job-worker' | 'plan-worker';

/** Where the file of a thread is. */
export type ThreadPlace = (file: ThreadFile) => URL;

/** Beside this file, as it is written or as it was built. */
export const besideThis: ThreadPlace = (file) =>
  new URL(import.meta.url.endsWith('.ts') ? `./${file}.ts` : `./${file}.mjs`, import.meta.url);

/** A thrown error, as far as it can cross. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
}

export const errorData = (error: unknown): ErrorData =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) };

export function errorOf({ name, message }: ErrorData): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Asks the thread to end. */
const END = 'end';
/** For the thread to end by itself: a tick of a large world takes that long. */
const MAX_PATIENCE_MS = 2000;

export interface ThreadListener<Up> {
  message(message: Up): void;
  /** It failed, or ended, whether it was asked to or not. */
  ended(error: Error): void;
}

/** A thread, from outside. */
export class Thread<Down, Up> {
  readonly #worker: Worker;

  /** @param memoryMib the most of the heap of the language; otherwise the usual. */
  constructor(url: URL, workerData: unknown, listener: ThreadListener<Up>, memoryMib?: number) {
    const resourceLimits = memoryMib === undefined ? {} : { maxOldGenerationSizeMb: memoryMib };
    const worker = new Worker(url, { workerData, resourceLimits });
    this.#worker = worker;
    worker.on('message', (message: Up) => listener.message(message));
    worker.on('error', (error) => listener.ended(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => listener.ended(new Error(`The thread ended with code ${code}.`)));
  }

  post(message: Down): void {
    this.#worker.postMessage(message);
  }

  /** @param patienceMs after which it is ended, whatever it does. */
  async end(patienceMs = MAX_PATIENCE_MS): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#worker.threadId === -1) resolve();
      else this.#worker.once('exit', () => resolve());
    });
    this.#worker.postMessage(END);
    const patience = setTimeout(() => void this.#worker.terminate(), patienceMs);
    await ended;
    clearTimeout(patience);
  }
}

/** The thread's own end of it. A thread that listens lives until it is asked to end, or closes. */
export class ThreadDoor<Down, Up> {
  readonly #port = parentPort!;

  post(message: Up, handOver: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, handOver);
  }

  listen(listener: (message: Down) => void): void {
    this.#port.on('message', (message: Down | typeof END) => {
      if (message === END) process.exit();
      listener(message as Down);
    });
  }

  close(): void {
    this.#port.close();
  }
}
