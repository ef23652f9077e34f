/**
 * The protocol between a window and main. A window imports single files instead, as this index brings the validators
 * along.
 */
export type {
  DocumentCommand,
  DocumentState,
  EditReply,
  ExampleInfo,
  ImportReply,
  OpenReply,
  SeriesPart,
  StartInfo,
} from './document.ts';

export type { LayoutInfo, ShellCompletion, ShellReply } from './guest.ts';
export { readMessage, writeMessage } from './message.ts';
export type { ClientMessage, EventData, EventName, ServerMessage } from './message.ts';
export { MAX_MESSAGE_BYTES, PROTOCOL_VERSION } from './limit.ts';
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
