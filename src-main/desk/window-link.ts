/**
 * One window's connection: its requests come in through the door and are answered, and what it shows is kept up to date.
 *
 * (a) Requests are begun in the order in which they arrive; each is answered when it is done, so a slow one holds up
 *     nobody. At most MAX_UNDER_WAY are under way.
 * (b) State, events and lists are told at most ten times a second, as they are at that moment: nothing is queued. A
 *     window that does not draw its frame, does not take its bytes, or was long not heard of is told nothing until it
 *     is back.
 * (c) Nothing thrown leaves here.
 */
import { visibleDiagnostic } from '../../shared/errors/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { CompareProgress } from '../../shared/model/comparison.ts';
import type { Answer, RequestName, ServerMessage, StartInfo } from '../../shared/protocol/index.ts';
import { writeMessage } from '../../shared/protocol/index.ts';
import { isRequestDenied } from '../runtime/index.ts';
import type { OpeningWatch } from '../runtime/session-api.ts';
import type { FrameRequest } from '../runtime/index.ts';
import type { OpenedDocument, Viewer } from './document.ts';
import type { AdmittedRequest } from './door.ts';
import { admit } from './door.ts';
import { FramePump } from './frame-pump.ts';
import { RequestDenied } from '../runtime/index.ts';
import type { Connection, WindowPort } from './shell.ts';

/** What the desk does for a connection. */
export interface LinkHost {
  answer<N extends RequestName>(request: AdmittedRequest<N>, link: WindowLink): Promise<Answer<N>>;
  startInfo(): Promise<StartInfo>;
  linkClosed(link: WindowLink): void;
  log(line: string): void;
}

const MAX_UNDER_WAY = 256;
/** Of those that copy a whole run or read files. */
const MAX_HEAVY = 8;
const isHeavy = (name: RequestName): boolean => name.startsWith('export.') || name.startsWith('document.');
const TELL_EVERY_MS = 100;
/** Events in one message. */
const MAX_EVENTS = 5000;
const MAX_WAITING_BYTES = 8 * 2 ** 20;
/** A window that has not drawn a frame for so long is hidden, or hangs. */
const UNDRAWN_MS = 2000;
/** Messages told since the window was last heard: from the first number on rarely, from the second on never. */
const SELDOM_AFTER = 300;
const SELDOM_MS = 2000;
const NEVER_AFTER = 2000;
/** Refusals logged in LOG_WINDOW_MS; the others are counted. */
const MAX_LOGGED = 20;
const LOG_WINDOW_MS = 10_000;

export class WindowLink implements Connection, Viewer {
  readonly #port: WindowPort;
  readonly #host: LinkHost;
  #document: OpenedDocument | null = null;
  #pump: FramePump | null = null;
  #closed = false;
  #lastId = 0;
  #underWay = 0;
  #heavy = 0;
  #stateDue = false;
  #startDue = false;
  /** Number of the first event that the window lacks; null: it has all. */
  #eventsFrom: number | null = null;
  /** Events that the window has. */
  #eventsHad = 0;
  #telling = false;
  /** What it has asked to be opened. */
  readonly #opening = new Set<AbortController>();
  #timer: NodeJS.Timeout | null = null;
  #toldAtMs = -Infinity;
  #comparingAtMs = -Infinity;
  #unheard = 0;
  #logged = 0;
  #unlogged = 0;
  #logWindowMs = -Infinity;

  constructor(port: WindowPort, host: LinkHost) {
    this.#port = port;
    this.#host = host;
  }

  get window(): string {
    return this.#port.window;
  }

  get document(): OpenedDocument | null {
    return this.#document;
  }

  /** @throws RequestDenied when the window shows none. */
  shown(): OpenedDocument {
    if (this.#document === null) throw new RequestDenied('This window shows no document.');
    return this.#document;
  }

  receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#unheard = 0;
    try {
      const request = admit(bytes, this.#lastId);
      if ('why' in request) {
        if (request.id !== null && request.id > this.#lastId) this.#lastId = request.id;
        this.#refuse(request.id, request.name, request.why);
        return;
      }
      this.#lastId = request.id;
      const most = isHeavy(request.name) ? MAX_HEAVY : MAX_UNDER_WAY;
      if ((isHeavy(request.name) ? this.#heavy : this.#underWay) >= most) {
        this.#refuse(request.id, request.name, `${most} such requests of this window are under way already.`);
        return;
      }
      void this.#answer(request);
    } catch (error) {
      this.#host.log(`window ${this.window}: ${stackOf(error)}`);
    }
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.show(null);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#flushLog();
    this.#host.linkClosed(this);
  }

  /** From now on the window shows this. What it showed before goes on. */
  show(document: OpenedDocument | null): void {
    this.#pump?.close();
    this.#pump = null;
    this.#document?.viewers.delete(this);
    this.#document = document;
    this.#stateDue = false;
    this.#eventsFrom = null;
    this.#eventsHad = 0;
    if (document === null) return;
    document.viewers.add(this);
    this.#pump = new FramePump(
      document,
      (data, payload) => this.#post({ event: 'frame', data }, payload),
      (error) => this.#host.log(`frame of ${document.id} for ${this.window}: ${stackOf(error)}`),
    );
    if (document.session.state.events > 0) this.eventsChanged(0);
  }

  watch(request: FrameRequest): void {
    this.#pump?.watch(request);
  }

  acknowledge(frame: number): void {
    this.#pump?.acknowledge(frame);
    this.#tellSoon();
  }

  stateChanged(): void {
    this.#stateDue = true;
    this.#pump?.changed();
    this.#tellSoon();
  }

  eventsChanged(from: number): void {
    this.#eventsFrom = Math.min(this.#eventsFrom ?? this.#eventsHad, from);
    this.#tellSoon();
  }

  startChanged(): void {
    this.#startDue = true;
    this.#tellSoon();
  }

  notice(data: Diagnostic): void {
    if (this.#accepts()) this.#tell({ event: 'notice', data: visibleDiagnostic(data) });
  }

  /** Opens something for this window, which is told how far it is and may give it up. */
  async whileOpening<T>(open: (watch: OpeningWatch) => Promise<T>): Promise<T> {
    const own = new AbortController();
    this.#opening.add(own);
    const making = (pages: number, ofPages: number): void => {
      if (!own.signal.aborted && this.#accepts()) this.#tell({ event: 'opening', data: { pages, ofPages } });
    };
    try {
      return await open({ signal: own.signal, making });
    } finally {
      this.#opening.delete(own);
    }
  }

  stopOpening(): void {
    for (const opening of this.#opening) opening.abort();
  }

  /** Of a comparison that goes on: as seldom as all else, and nothing is lost by it. */
  comparing(data: CompareProgress): void {
    const nowMs = performance.now();
    if (nowMs - this.#comparingAtMs < TELL_EVERY_MS || !this.#accepts()) return;
    this.#comparingAtMs = nowMs;
    this.#tell({ event: 'comparing', data });
  }

  menu(command: string): void {
    this.#tell({ event: 'menu', data: { command } });
  }

  open(document: string | null): void {
    this.#tell({ event: 'open', data: { document } });
  }

  async #answer(request: AdmittedRequest): Promise<void> {
    const { id, name } = request;
    const heavy = isHeavy(name) ? 1 : 0;
    this.#underWay++;
    this.#heavy += heavy;
    try {
      const { output, payload } = await this.#host.answer(request, this);
      this.#post({ reply: id, output: withVisibleDiagnostics(output) }, payload);
    } catch (error) {
      if (isRequestDenied(error)) {
        this.#refuse(id, name, error.message);
        return;
      }
      this.#host.log(`window ${this.window}: ${name} failed: ${stackOf(error)}`);
      const text = `Pageshift failed at this: ${error instanceof Error ? error.message : String(error)}`;
      this.#post({ reply: id, error: { code: 'failed', text } });
    } finally {
      this.#underWay--;
      this.#heavy -= heavy;
    }
  }

  #refuse(id: number | null, name: RequestName | null, why: string): void {
    this.#logRefusal(`window ${this.window}: refused ${name ?? 'a message'}${id === null ? '' : ` (${id})`}: ${why}`);
    if (id !== null) this.#post({ reply: id, error: { code: 'refused', text: why } });
  }

  #logRefusal(line: string): void {
    const now = performance.now();
    if (now - this.#logWindowMs >= LOG_WINDOW_MS) {
      this.#flushLog();
      this.#logWindowMs = now;
      this.#logged = 0;
    }
    if (this.#logged < MAX_LOGGED) {
      this.#logged++;
      this.#host.log(line);
    } else this.#unlogged++;
  }

  #flushLog(): void {
    if (this.#unlogged > 0) this.#host.log(`window ${this.window}: refused ${this.#unlogged} more`);
    this.#unlogged = 0;
  }

  #accepts(): boolean {
    if (this.#unheard >= NEVER_AFTER) return false;
    if ((this.#port.waitingBytes?.() ?? 0) > MAX_WAITING_BYTES) return false;
    return (this.#pump?.unansweredMs(performance.now()) ?? 0) < UNDRAWN_MS;
  }

  #tellSoon(): void {
    if (this.#timer !== null || this.#closed || this.#telling) return;
    if (!this.#stateDue && !this.#startDue && this.#eventsFrom === null) return;
    const everyMs = this.#unheard < SELDOM_AFTER ? TELL_EVERY_MS : SELDOM_MS;
    const waitMs = Math.max(0, this.#toldAtMs + everyMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#tellAll();
    }, waitMs).unref();
  }

  async #tellAll(): Promise<void> {
    this.#toldAtMs = performance.now();
    if (this.#closed) return;
    // Asked again when the window is heard of; until then, now and then whether its bytes went out.
    if (!this.#accepts()) {
      if (this.#unheard < NEVER_AFTER) this.#tellSoon();
      return;
    }
    this.#telling = true;
    try {
      const document = this.#document;
      if (this.#stateDue && document !== null) {
        this.#stateDue = false;
        this.#tell({ event: 'state', data: document.state() });
      }
      if (this.#eventsFrom !== null && document !== null) this.#tellEvents(document, this.#eventsFrom);
      if (this.#startDue) {
        this.#startDue = false;
        this.#tell({ event: 'start', data: await this.#host.startInfo() });
      }
    } catch (error) {
      // Closed while it was asked for its events.
      if (!isRequestDenied(error)) this.#host.log(`telling ${this.window}: ${stackOf(error)}`);
    } finally {
      this.#telling = false;
      this.#tellSoon();
    }
  }

  #tellEvents(document: OpenedDocument, from: number): void {
    this.#eventsFrom = null;
    const events = document.session.events.slice(from, from + MAX_EVENTS);
    this.#eventsHad = from + events.length;
    this.#tell({ event: 'events', data: { from, events } });
    if (events.length === MAX_EVENTS) this.eventsChanged(this.#eventsHad);
  }

  /** What was not asked for. */
  #tell(message: ServerMessage): void {
    this.#unheard++;
    this.#post(message);
  }

  #post(message: ServerMessage, payload?: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#port.post(writeMessage(message, payload));
    } catch (error) {
      this.#host.log(`posting to ${this.window}: ${stackOf(error)}`);
    }
  }
}

/** What quotes a file, or names one, is shown as it is received. */
function withVisibleDiagnostics(output: unknown): unknown {
  const { diagnostics } = (output ?? {}) as { readonly diagnostics?: readonly Diagnostic[] };
  return Array.isArray(diagnostics)
    ? { ...(output as object), diagnostics: diagnostics.map(visibleDiagnostic) }
    : output;
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
