/** Requests and events over a Port, with their types. Messages of main are trusted and not validated again. */
import { readMessage, writeMessage } from '../../shared/protocol/message.ts';
import type { EventData, EventName, ServerMessage } from '../../shared/protocol/message.ts';
import type { Port } from '../../shared/protocol/port.ts';
import type { RequestInput, RequestName, RequestReply } from '../../shared/protocol/request.ts';

export interface Answer<N extends RequestName> {
  readonly output: RequestReply<N>;
  /** May be empty. */
  readonly payload: Uint8Array;
}

/** Main rejected a request, or failed at it. The text is for a person. */
export class RequestError extends Error {
  readonly code: 'refused' | 'failed' | 'closed';

  constructor(code: 'refused' | 'failed' | 'closed', text: string) {
    super(text);
    this.code = code;
  }
}

type Listener = (data: never, payload: Uint8Array) => void;

export class Connection {
  readonly #port: Port;
  readonly #waiting = new Map<number, { resolve: (answer: Answer<never>) => void; reject: (e: Error) => void }>();
  readonly #listeners = new Map<EventName, Listener>();
  readonly #onClose: () => void;
  #lastId = 0;
  #open = true;

  constructor(port: Port, onClose: () => void) {
    this.#port = port;
    this.#onClose = onClose;
    port.listen(
      (bytes) => this.#receive(bytes),
      () => this.#closed(),
    );
  }

  /** One listener an event. */
  on<N extends EventName>(name: N, listener: (data: EventData[N], payload: Uint8Array) => void): void {
    this.#listeners.set(name, listener as Listener);
  }

  /** @throws RequestError */
  async request<N extends RequestName>(
    name: N,
    input: RequestInput<N>,
    payload?: Uint8Array,
  ): Promise<RequestReply<N>> {
    return (await this.ask(name, input, payload)).output;
  }

  /** As request, with the reply's payload. @throws RequestError */
  ask<N extends RequestName>(name: N, input: RequestInput<N>, payload?: Uint8Array): Promise<Answer<N>> {
    if (!this.#open) return Promise.reject(new RequestError('closed', 'The connection to Pageshift is closed.'));
    const id = ++this.#lastId;
    return new Promise<Answer<N>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: Answer<never>) => void, reject });
      this.#port.post(writeMessage({ id, name, input }, payload));
    });
  }

  #receive(bytes: Uint8Array): void {
    const read = readMessage(bytes);
    if (read === null) return;
    const message = read.json as ServerMessage;
    if ('event' in message) {
      this.#listeners.get(message.event)?.(message.data as never, read.payload);
      return;
    }
    const waiting = this.#waiting.get(message.reply);
    this.#waiting.delete(message.reply);
    if ('error' in message) waiting?.reject(new RequestError(message.error.code, message.error.text));
    else waiting?.resolve({ output: message.output as never, payload: read.payload });
  }

  #closed(): void {
    this.#open = false;
    for (const { reject } of this.#waiting.values()) {
      reject(new RequestError('closed', 'The connection to Pageshift was lost.'));
    }
    this.#waiting.clear();
    this.#onClose();
  }
}
