/**
 * Main's end of a session: calls to the worker and their replies, the last state sent, and what outlives the worker.
 *
 * (a) What a person did is in `state` and `journal()` before the call that did it is answered.
 * (b) When the worker dies every open call is rejected, `onFailure` is called once, and state, journal and text stay.
 */
import { rm } from 'node:fs/promises';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { Comparison } from '../../shared/model/comparison.ts';
import { readScenario } from '../scenario/index.ts';
import { RequestDenied } from './request-denied.ts';
import { isJobStopped, runJob } from './run-job.ts';
import type {
  Session,
  SessionDocument,
  SessionJournal,
  SessionOptions,
  SessionStart,
  SessionState,
} from './session-api.ts';
import type { CallMessage, WorkerData, WorkerMessage } from './session-message.ts';
import type { MethodAnswer, MethodInput, MethodName } from './session-table.ts';
import type { ThreadPlace } from './thread.ts';
import { besideThis, errorOf, Thread } from './thread.ts';

/**
 * Makes the world of a scenario, in a thread of its own. With `toTick` it is answered when the replay begins: `state.busy`
 * tells how far it is.
 * @returns the session, or every reason why the scenario's VMs do not fit; none when the opening was ended. Rejects when
 *          the text is no sound scenario.
 */
export async function startSession(options: SessionOptions): Promise<SessionStart> {
  const { text, version, spillFolder, toTick, given, rescheduled = null, threadPlace, opening } = options;
  const workerData: WorkerData = {
    text,
    version,
    spillFolder,
    ...(toTick === undefined ? {} : { toTick }),
    ...(given === undefined ? {} : { given }),
    rescheduled,
  };
  const session = new WorkerSession(threadPlace ?? besideThis, workerData, { text, given: given ?? [], rescheduled });
  session.onMaking = (pages, ofPages) => opening?.making(pages, ofPages);
  const end = (): void => void session.close();
  if (opening?.signal.aborted === true) end();
  opening?.signal.addEventListener('abort', end, { once: true });
  try {
    const problems = await session.started;
    if (problems.length === 0) return { session, problems: [] };
    await session.close();
    return { session: null, problems };
  } catch (error) {
    await session.close();
    if (opening?.signal.aborted === true) return { session: null, problems: [] };
    throw error;
  } finally {
    opening?.signal.removeEventListener('abort', end);
  }
}

const CLOSED = 'The run was ended: its document was closed.';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

class WorkerSession implements Session {
  readonly started: Promise<Extract<WorkerMessage, { event: 'started' }>['problems']>;
  readonly #thread: Thread<CallMessage, WorkerMessage>;
  readonly #threadPlace: ThreadPlace;
  /** Stops the comparison under way. */
  #comparing: AbortController | null = null;
  readonly #spillFolder: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #stateListeners: ((state: SessionState) => void)[] = [];
  readonly #eventListeners: ((from: number) => void)[] = [];
  readonly #events: WorldEvent[] = [];
  readonly #failureListeners: ((error: Error) => void)[] = [];
  readonly #start: Waiting;
  /** While the world is made. */
  onMaking: (pages: number, ofPages: number) => void = () => undefined;
  #lastId = 0;
  #state: SessionState | null = null;
  #document: SessionDocument;
  #failure: Error | null = null;
  #closed: Promise<void> | null = null;

  constructor(threadPlace: ThreadPlace, workerData: WorkerData, document: SessionDocument) {
    this.#threadPlace = threadPlace;
    const { spillFolder } = workerData;
    this.#spillFolder = spillFolder;
    this.#document = document;
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<typeof this.started>>();
    this.started = promise;
    this.#start = { resolve, reject };
    this.#thread = new Thread(threadPlace('session-worker'), workerData, {
      message: (message) => this.#receive(message),
      ended: (error) => this.#died(error),
    });
  }

  get state(): SessionState {
    if (this.#state === null) throw new Error('The session has not started.');
    return this.#state;
  }

  text(): Promise<string> {
    return Promise.resolve(this.#document.text);
  }

  journal(): SessionJournal {
    return { ...this.#document, tick: this.state.tick };
  }

  onState(listener: (state: SessionState) => void): void {
    this.#stateListeners.push(listener);
  }

  get events(): readonly WorldEvent[] {
    return this.#events;
  }

  onEvents(listener: (from: number) => void): void {
    this.#eventListeners.push(listener);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#failureListeners.push(listener);
    // A listener that comes late is called too: a run may fail in its first tick.
    if (this.#failure !== null) listener(this.#failure);
  }

  ask<N extends MethodName>(name: N, input: MethodInput<N>): Promise<MethodAnswer<N>> {
    if (this.#closed !== null) return Promise.reject(this.#over());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
      this.#thread.post({ id, name, input });
    });
  }

  /** A comparison ends the one before. */
  async compare(...[vm, of, onProgress]: Parameters<Session['compare']>): Promise<Comparison> {
    if (this.#closed !== null) throw this.#over();
    this.#comparing?.abort();
    const own = new AbortController();
    this.#comparing = own;
    try {
      const toTick = this.state.tick;
      const scenario = readScenario(this.#document.text, 'scenario').value!;
      return await runJob(
        'compare',
        { scenario, vm, of, until: toTick, maxTicks: 0 },
        {
          where: 'worker',
          threadPlace: this.#threadPlace,
          signal: own.signal,
          onProgress: (progress) => onProgress?.({ ...progress, vm, of, toTick }),
        },
      );
    } catch (error) {
      throw isJobStopped(error) ? new RequestDenied('The comparison was stopped.') : error;
    } finally {
      if (this.#comparing === own) this.#comparing = null;
    }
  }

  cancelCompare(): Promise<void> {
    this.#comparing?.abort();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#comparing?.abort();
    this.#rejectAll(new RequestDenied(CLOSED));
    // While it makes its world it does not listen, and has nothing to keep.
    await this.#thread.end(this.#state === null ? 0 : undefined);
    await rm(this.#spillFolder, { recursive: true, force: true });
  }

  #receive(message: WorkerMessage): void {
    if ('reply' in message) {
      const waiting = this.#waiting.get(message.reply);
      this.#waiting.delete(message.reply);
      if ('error' in message) waiting?.reject(errorOf(message.error));
      else waiting?.resolve(message.answer as never);
      return;
    }
    switch (message.event) {
      case 'making':
        this.onMaking(message.pages, message.ofPages);
        break;
      case 'started':
        this.#start.resolve(message.problems as never);
        break;
      case 'state':
        this.#state = { ...this.#state, ...message.state } as SessionState;
        for (const listener of this.#stateListeners) listener(this.#state);
        break;
      case 'document':
        this.#document = { text: message.text, given: message.given, rescheduled: message.rescheduled };
        break;
      case 'events':
        this.#events.length = message.from;
        for (const event of message.events) this.#events.push(event);
        for (const listener of this.#eventListeners) listener(message.from);
        break;
      case 'failure':
        this.#fail(errorOf(message.error));
        break;
    }
  }

  /** The thread is gone, whether it was asked to or not. */
  #died(error: Error): void {
    if (this.#closed !== null) return;
    this.#fail(error);
    this.#rejectAll(this.#failure ?? error);
    // Nobody may ever close it; what cannot be removed now goes when Pageshift starts again.
    this.#closed = rm(this.#spillFolder, { recursive: true, force: true }).catch(() => undefined);
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    if (this.#state !== null) this.#state = { ...this.#state, playing: false, busy: null };
    for (const listener of this.#failureListeners) listener(error);
  }

  /** Why nothing is answered any more. */
  #over(): Error {
    return new RequestDenied(this.#failure === null ? CLOSED : `The run is over: ${this.#failure.message}`);
  }

  #rejectAll(error: Error): void {
    this.#start.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
