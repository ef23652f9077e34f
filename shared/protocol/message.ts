/**
 * Messages between a window and main, and how they are written as bytes. One frame is one message:
 *
 *   u32 (little-endian)  length of the JSON in bytes
 *   JSON, ASCII          a ClientMessage or a ServerMessage
 *   the rest             the payload, may be empty
 *
 * Request numbers of a connection strictly ascend, from 1: a repeated message is rejected.
 */
import { asciiJson, asciiText, putAscii } from '../ascii/index.ts';
import type { DocumentState, StartInfo } from './document.ts';
import type { CompareProgress } from '../model/comparison.ts';
import type { RequestName } from './request.ts';
import type { WorldEvent } from '../model/event.ts';
import type { Diagnostic } from '../errors/index.ts';

export interface ClientMessage {
  readonly id: number;
  readonly name: RequestName;
  readonly input: unknown;
}

export type ServerMessage =
  | { readonly reply: number; readonly output: unknown }
  /** The request was not carried out. 'refused': it is malformed or not allowed; 'failed': a bug of ours. */
  | { readonly reply: number; readonly error: { readonly code: 'refused' | 'failed'; readonly text: string } }
  | { [N in EventName]: { readonly event: N; readonly data: EventData[N] } }[EventName];

export interface EventData {
  /** The attached document changed. */
  state: DocumentState;
  /** Payload: encode(snapshot) of shared/columns. at null: the present. Sent when the frame before is acknowledged. */
  frame: { readonly frame: number; readonly tick: number; readonly at: number | null };
  /** World events of the attached document, numbered from 0; a `from` below the number of events already sent
   *  replaces all events from there on (undo). */
  events: { readonly from: number; readonly events: readonly WorldEvent[] };
  /** The start screen's lists changed. */
  start: StartInfo;
  /** A problem that belongs to no request; shown as a toast and kept under Problems. */
  notice: Diagnostic;
  /** While the world of what this window opens is made: pages of all its guests, warm-up included. */
  opening: { readonly pages: number; readonly ofPages: number };
  /** Progress of the comparison that this window requested last. */
  comparing: CompareProgress;
  /** A command chosen in the menu bar or by the system: the window acts as if the person had chosen it there. */
  menu: { readonly command: string };
  /** Main opened a document for this window (double-click on a file, second instance). Null: the document it showed was
   *  closed in another window. */
  open: { readonly document: string | null };
}

export type EventName = keyof EventData;

const HEAD_BYTES = 4;

export function writeMessage(message: ClientMessage | ServerMessage, payload?: Uint8Array): Uint8Array {
  const json = asciiJson(message);
  const bytes = new Uint8Array(HEAD_BYTES + json.length + (payload?.length ?? 0));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  putAscii(bytes, HEAD_BYTES, json);
  if (payload !== undefined) bytes.set(payload, HEAD_BYTES + json.length);
  return bytes;
}

/** @returns null when the bytes are no message. `json` is only parsed, not judged. The payload is a view. */
export function readMessage(bytes: Uint8Array): { readonly json: unknown; readonly payload: Uint8Array } | null {
  if (bytes.length < HEAD_BYTES) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > bytes.length - HEAD_BYTES) return null;
  try {
    const json: unknown = JSON.parse(asciiText(bytes.subarray(HEAD_BYTES, HEAD_BYTES + length)));
    return { json, payload: bytes.subarray(HEAD_BYTES + length) };
  } catch {
    return null;
  }
}
