/**
 * The one door from windows into main. What comes through it is bytes of a window's own page; what they mean is the
 * desk's to say, which validates every message.
 *
 * (a) The sender is the main frame of a window that we opened, and that frame shows our page: not a preview in a frame
 *     of it, not a page that a window was led to.
 * (b) One argument, bytes, not longer than a message may be.
 * (c) Refused is: logged, and nothing else. A page of ours never sends such a thing, so there is nobody to tell.
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
