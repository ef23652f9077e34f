/**
 * What all connections together may take, so that none of them, silent or half-way through a message, keeps others out or
 * fills the memory.
 *
 * (a) Beyond the limit of connections the one that has been open longest goes, unless it is a window: whoever comes is let
 *     in, and is then asked for its cookie.
 * (b) Beyond the limit of bytes of unfinished messages the window with the most of them is cut off.
 */
import type { Socket } from 'node:net';

interface Counted {
  readonly socket: Socket;
  /** Bytes read when its last message was whole. */
  wholeBytes: number;
  readonly cutOff: (unfinishedBytes: number) => void;
}

export class ConnectionBudget {
  readonly #maxConnections: number;
  readonly #maxUnfinishedBytes: number;
  /** Not windows, the oldest first. */
  readonly #strangers = new Set<Socket>();
  readonly #windows = new Map<Socket, Counted>();

  constructor(maxConnections: number, maxUnfinishedBytes: number) {
    this.#maxConnections = maxConnections;
    this.#maxUnfinishedBytes = maxUnfinishedBytes;
  }

  /** A connection has come; it may cost an older one its place. */
  admit(socket: Socket): void {
    this.#strangers.add(socket);
    socket.on('close', () => this.#strangers.delete(socket));
    for (const oldest of this.#strangers) {
      if (this.#strangers.size + this.#windows.size <= this.#maxConnections) return;
      oldest.destroy();
      this.#strangers.delete(oldest);
    }
  }

  /**
   * A connection is a window from now on.
   * @param cutOff ends it.
   * @returns to be called whenever one of its messages is whole.
   */
  countWindow(socket: Socket, cutOff: (unfinishedBytes: number) => void): () => void {
    this.#strangers.delete(socket);
    const counted: Counted = { socket, wholeBytes: socket.bytesRead, cutOff };
    this.#windows.set(socket, counted);
    socket.on('close', () => this.#windows.delete(socket));
    socket.on('data', () => this.#cutBack());
    return () => void (counted.wholeBytes = socket.bytesRead);
  }

  #cutBack(): void {
    let total = 0;
    let largest: Counted | null = null;
    for (const counted of this.#windows.values()) {
      const bytes = unfinished(counted);
      total += bytes;
      if (largest === null || bytes > unfinished(largest)) largest = counted;
    }
    if (total <= this.#maxUnfinishedBytes || largest === null) return;
    this.#windows.delete(largest.socket);
    largest.cutOff(unfinished(largest));
  }
}

const unfinished = ({ socket, wholeBytes }: Counted): number => socket.bytesRead - wholeBytes;
