/**
 * The protocol between a window and main. A window imports single files instead, as this index brings the validators
 * along.
 */
export type {
  DocumentCommand,
  DocumentState,
  ExampleInfo,
  HelloReply,
  ImportReply,
  OpenReply,
  RunHashes,
  SeriesPart,
  StartInfo,
} from './document.ts';

export type { LayoutInfo, ShellCompletion, ShellReply } from './guest.ts';
export { readMessage, writeMessage } from './message.ts';
export type { ClientMessage, EventData, EventName, ServerMessage } from './message.ts';
export type { Port } from './port.ts';
export { MAX_FILE_CHARS, MAX_FILES, MAX_MESSAGE_BYTES, MAX_TILE_PAGES, PROTOCOL_VERSION } from './limit.ts';
export { isRequestName, isRunRequest, requests } from './request.ts';
export type {
  Answer,
  CheckedInput,
  DeskRequestName,
  RequestInput,
  RequestName,
  RequestReply,
  RunRequestName,
} from './request.ts';
