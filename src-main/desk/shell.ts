/**
 * What a shell lends to the desk: the parts that differ between an Electron window and a browser tab. Everything else of
 * the application lies below, in the desk.
 */
export interface Shell {
  readonly kind: 'electron' | 'web';
  /** As it may be shown: "Electron 45.4.1", "web shell in Chromium", "stand-in for Electron". */
  readonly text: string;
  readonly platform: string;
  readonly version: string;
  /** Journals, settings, recent files. */
  readonly dataFolder: string;
  /** Where scenarios are saved by name when there are no dialogs. */
  readonly documentsFolder: string;
  /** The shipped scenarios: shared/examples here, process.resourcesPath/examples in a packaged application. */
  readonly examplesFolder: string;
  /** Null where there are none. A dialog resolves to null when the person cancels. */
  readonly dialogs: {
    openFile(window: string): Promise<string | null>;
    /** The dialog itself asks before it gives the name of a file that exists. */
    saveFile(window: string, suggestedName: string): Promise<string | null>;
  } | null;
  /** A page of HTML as PDF; null where the shell cannot. */
  readonly pdf: ((html: string) => Promise<Uint8Array>) | null;
  /** Tells the system of a file that was opened or saved (recent documents of the dock or task bar). */
  noteRecent(path: string): void;
  /** Title bar and represented file of a window. */
  title(window: string, text: string, path: string | null): void;
  log(line: string): void;
}

/** A window's end of a connection, as the desk sees it. */
export interface WindowPort {
  /** Stable for the life of the window, also over a reload: the desk remembers what it showed. */
  readonly window: string;
  post(bytes: Uint8Array): void;
  /** Bytes posted that the window has not taken yet, where the shell can tell: nothing more is told to a window that
   *  does not keep up. */
  waitingBytes?(): number;
}

/** What the desk gives a shell for each window. */
export interface Connection {
  /** One message from the window. Never throws: what is wrong with it is refused and logged. */
  receive(bytes: Uint8Array): void;
  /** The window is gone or reloads. The run goes on. */
  closed(): void;
}

/** A page that the desk serves below the shell's own origin. */
export interface Asset {
  readonly mime: string;
  readonly body: Uint8Array;
  /** To be sent as they are: the page's own policy among them. */
  readonly headers: Readonly<Record<string, string>>;
}
