/**
 * The application below the shells: it holds the open documents, answers the windows, and outlives them.
 *
 * (a) A document's run belongs to the desk, not to a window: closing, reloading or opening windows changes nothing of it.
 * (b) A window is told by name (WindowPort.window). What it showed is remembered over a reload.
 */
import type { OpenReply } from '../../shared/protocol/index.ts';
import type { startSession } from '../runtime/index.ts';
import type { Asset, Connection, Shell, WindowPort } from './shell.ts';

export interface DeskOptions {
  /** Of runtime; another in tests. */
  readonly startSession?: typeof startSession;
}

/** What a shell needs to know of a document, to ask before it closes a window or quits. */
export interface OpenDocument {
  readonly id: string;
  readonly name: string;
  /** Absolute; null: nowhere yet. */
  readonly path: string | null;
  readonly dirty: boolean;
  readonly playing: boolean;
  /** Windows that show it, by name. */
  readonly windows: readonly string[];
}

export class Desk {
  /** Reads recent files and what can be recovered. Rejects when the data folder cannot be made. */
  static async open(shell: Shell, options: DeskOptions = {}): Promise<Desk> {
    void options;
    return new Desk(shell);
  }

  private constructor(shell: Shell) {
    void shell;
  }

  /** A page of this window was loaded. A connection of the same window that was not closed is. */
  connect(port: WindowPort): Connection {
    throw new Error(`not yet: ${port.window}`);
  }

  /**
   * Opens a file by its path: file association, argument, second instance, drop on the dock. With a window, that window
   * is told to show it (event `open`); without, the shell makes one and says so with `show` before the page asks.
   */
  openPath(window: string | null, path: string): Promise<OpenReply> {
    throw new Error(`not yet: ${window} ${path}`);
  }

  /** The window will show this document: said before its page is loaded, `hello` tells the page. */
  show(window: string, document: string): void {
    throw new Error(`not yet: ${window} ${document}`);
  }

  /** Id of the document that a window shows, or showed before it reloaded. */
  documentOf(window: string): string | null {
    throw new Error(`not yet: ${window}`);
  }

  /** All open documents. */
  documents(): readonly OpenDocument[] {
    return [];
  }

  /** A menu item was chosen: the window acts as if the person had chosen the command there. */
  menu(window: string, command: string): void {
    throw new Error(`not yet: ${window} ${command}`);
  }

  /** The window is closed for good: nothing of it is remembered. */
  forget(window: string): void {
    throw new Error(`not yet: ${window}`);
  }

  /** What is at a path of the shell's own origin that begins with `/preview/`; null: nothing. */
  asset(path: string): Asset | null {
    throw new Error(`not yet: ${path}`);
  }

  /** Ends all runs. What is not saved is kept for recovery. */
  async close(): Promise<void> {}
}
