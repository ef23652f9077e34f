/** The connection between a window and main in every shell: an Electron bridge or a WebSocket. */
export interface Port {
  /** One message of message.ts. Messages arrive whole, in order, once. */
  post(bytes: Uint8Array): void;
  /** Called for every message from the other side. One listener. */
  listen(onMessage: (bytes: Uint8Array) => void, onClose: () => void): void;
}
