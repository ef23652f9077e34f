/**
 * The one entry for messages from windows into main. It accepts only bytes from a window's own page; the desk
 * validates and interprets every message.
 *
 * (a) The sender is the main frame of a window that this application opened, and that frame shows our page: not a
 *     preview inside it, and not a page that the window navigated to.
 * (b) The message is one argument, bytes, no longer than a message may be.
 * (c) Anything else is logged and dropped without an answer, as our page never sends it.
 */
import { MAX_MESSAGE_BYTES } from '../../shared/protocol/index.ts';
import { isPage } from './origin.ts';

/** What is looked at of Electron's IpcMainEvent. */
export interface SentEvent {
  readonly sender: object;
  /** Null: the frame is gone already. */
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

export interface Receiver {
  receive(bytes: Uint8Array): void;
}

export interface DoorOptions {
  /** The window of these contents; null: none of ours. */
  windowOf(sender: object): Receiver | null;
  log(line: string): void;
}

export function createDoor({ windowOf, log }: DoorOptions): (event: SentEvent, ...args: unknown[]) => void {
  return (event, ...args) => {
    const window = windowOf(event.sender);
    const [bytes] = args;
    const why = whyRefused(event, window, args);
    if (why === null) window!.receive(bytes as Uint8Array);
    else log(`refused a message from a window: ${why}`);
  };
}

/** A frame may be gone between the event and the look at it; Electron throws then. */
function whyRefused(event: SentEvent, window: Receiver | null, args: readonly unknown[]): string | null {
  try {
    return refused(event, window, args);
  } catch (error) {
    return `its sender cannot be told (${error instanceof Error ? error.message : String(error)})`;
  }
}

function refused({ senderFrame }: SentEvent, window: Receiver | null, args: readonly unknown[]): string | null {
  if (window === null) return 'its sender is no window of ours';
  if (senderFrame === null) return 'the frame that sent it is gone';
  if (senderFrame.parent !== null) return 'it comes from a frame inside the page';
  if (!isPage(senderFrame.url))
    return `its sender shows ${JSON.stringify(senderFrame.url.slice(0, 200))}, not our page`;
  if (args.length !== 1) return `it has ${args.length} arguments, not one`;
  const [bytes] = args;
  if (!(bytes instanceof Uint8Array)) return `it is ${kindOf(bytes)}, not bytes`;
  if (bytes.length > MAX_MESSAGE_BYTES) return `it has ${bytes.length} bytes, more than ${MAX_MESSAGE_BYTES}`;
  return null;
}

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice('[object '.length, -1);
