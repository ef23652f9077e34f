/** What a browser tab lends to the desk, and the whole of the web shell: a desk, a site and a server. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { Desk } from '../desk/index.ts';
import type { Connection, Shell, WindowPort } from '../desk/index.ts';
import { checkout, dataFolder, documentsFolder, Site } from '../page/index.ts';
import { serveWeb } from './server.ts';
import type { WebServer } from './server.ts';

export interface WebShellOptions {
  /** Null: the usual one, where nothing else has it. */
  readonly port: number | null;
  /** A scenario for the first window. */
  readonly file: string | null;
  /** Null: the usual places. */
  readonly dataFolder: string | null;
  readonly log: (line: string) => void;
  /** An address has been used. */
  readonly addressUsed?: () => void;
}

export interface WebShell {
  /** A new address that lets one browser in, once. */
  newAddress(): string;
  /** Why the file could not be opened; empty: it was, or there was none. */
  readonly problems: readonly string[];
  /** Ends all runs; what is not saved is kept for recovery. */
  close(): Promise<void>;
}

/** Rejects when the page was not built, the port is taken or the data folder cannot be made. */
export async function openWebShell(options: WebShellOptions): Promise<WebShell> {
  const { log, addressUsed } = options;
  const desk = await Desk.open(webShell(options));
  const site = new Site(checkout.page, (path) => desk.asset(path));
  const opened = options.file === null ? null : await desk.openPath(null, options.file);
  let forFirstWindow = opened?.document ?? null;
  const connect = (port: WindowPort): Connection => {
    if (forFirstWindow !== null) desk.show(port.window, forFirstWindow);
    forFirstWindow = null;
    return desk.connect(port);
  };
  const server = await serveOnUsualPort(options.port, (port) =>
    serveWeb({ site, log, port, connect, ...(addressUsed && { addressUsed }) }),
  );
  return {
    newAddress: () => server.newAddress(),
    problems: (opened?.diagnostics ?? []).map(formatDiagnostic),
    async close() {
      await server.close();
      await desk.close();
    },
  };
}

/** A browser remembers what a window keeps (sizes, theme) by the port. */
const USUAL_PORT = 41_707;

async function serveOnUsualPort(port: number | null, serve: (port: number) => Promise<WebServer>): Promise<WebServer> {
  if (port !== null) return await serve(port);
  try {
    return await serve(USUAL_PORT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return await serve(0);
  }
}

function webShell({ dataFolder: chosen, log }: WebShellOptions): Shell {
  const { version } = JSON.parse(readFileSync(checkout.manifest, 'utf8')) as { version: string };
  const home = { platform: process.platform, environment: process.env, folder: homedir() };
  return {
    kind: 'web',
    text: `web shell on Node ${process.versions.node}`,
    platform: process.platform,
    version,
    dataFolder: chosen ?? dataFolder(home),
    documentsFolder: documentsFolder(home),
    examplesFolder: checkout.examples,
    dialogs: null,
    pdf: null,
    noteRecent: () => undefined,
    title: () => undefined, // the page sets its own
    log,
  };
}
