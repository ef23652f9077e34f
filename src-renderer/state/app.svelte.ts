/**
 * What the window knows and shows: one object of runes that every component reads. Components change it only through its
 * methods; what main is asked for goes through `connection`.
 *
 * (a) `frame` is what all views show: the present, or the recorded frame that the person scrubbed to. Numbers on screen
 *     come from it by shared/view, never from elsewhere.
 * (b) A frame is acknowledged after it was drawn, so main never sends more than can be shown.
 */
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { DocumentState, HelloReply, StartInfo } from '../../shared/protocol/document.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/limit.ts';
import type { Snapshot, WorldEvent } from '../../shared/snapshot/index.ts';
import { decode } from '../../shared/snapshot/index.ts';
import type { Series } from '../../shared/view/index.ts';
import { Connection } from './connection.ts';
import { openPort } from './port.ts';

export const VIEWS = ['host', 'guest', 'accounting', 'migrations'] as const;
export type ViewName = (typeof VIEWS)[number];

export type Selection =
  | { readonly kind: 'hostNode'; readonly host: number; readonly nid: number }
  | { readonly kind: 'vm'; readonly guest: number }
  | { readonly kind: 'guestNode'; readonly guest: number; readonly nid: number }
  /** Half-open pfn range of a guest. */
  | { readonly kind: 'pages'; readonly guest: number; readonly fromPfn: number; readonly toPfn: number }
  | { readonly kind: 'event'; readonly index: number }
  | { readonly kind: 'migration'; readonly index: number }
  | { readonly kind: 'compaction'; readonly index: number };

export type DialogName = 'compact' | 'migrate' | 'new' | 'export' | 'keys' | 'palette' | 'saveAs' | 'about';

const EMPTY_SERIES: Series = { ticks: [], stride: 1, guests: [], hostNodes: [] };

class App {
  hello = $state.raw<HelloReply | null>(null);
  start = $state.raw<StartInfo | null>(null);
  /** Null: the start screen. */
  document = $state.raw<DocumentState | null>(null);
  frame = $state.raw<Snapshot | null>(null);
  /** Tick that the views show; null: the present. */
  at = $state<number | null>(null);
  series = $state.raw<Series>(EMPTY_SERIES);
  events = $state.raw<readonly WorldEvent[]>([]);
  /** Told since the window opened; the document's own are in `document.problems`. */
  notices = $state.raw<readonly Diagnostic[]>([]);
  view = $state<ViewName>('host');
  /** Index into the frame's guests: the VM that Guest and Accounting show. */
  guest = $state(0);
  selection = $state.raw<Selection | null>(null);
  dialog = $state<DialogName | null>(null);
  lost = $state(false);

  readonly connection: Connection;

  constructor() {
    this.connection = new Connection(openPort(), () => (this.lost = true));
    const { connection } = this;
    connection.on('state', (state) => (this.document = state));
    connection.on('start', (start) => (this.start = start));
    connection.on('notice', (notice) => (this.notices = [...this.notices, notice]));
    connection.on('events', ({ from, events }) => (this.events = [...this.events.slice(0, from), ...events]));
    connection.on('frame', ({ frame }, payload) => {
      const read = decode(payload.slice().buffer);
      if (read.value !== null) this.frame = read.value;
      requestAnimationFrame(() => void connection.request('view.ack', { frame }));
    });
    connection.on('open', ({ document }) => void this.attach(document));
  }

  async greet(): Promise<void> {
    this.hello = await this.connection.request('hello', { protocol: PROTOCOL_VERSION });
    this.start = this.hello.start;
    if (this.hello.document !== null) await this.attach(this.hello.document);
  }

  /** Shows a document, or the start screen. */
  async attach(document: string | null): Promise<void> {
    this.frame = null;
    this.events = [];
    this.series = EMPTY_SERIES;
    this.at = null;
    this.selection = null;
    this.document = await this.connection.request('attach', { document });
    if (document !== null) await this.watch();
  }

  /** Tells main what this window wants to see. */
  async watch(): Promise<void> {
    const blocksOf =
      this.view === 'guest' || this.view === 'accounting'
        ? (this.frame?.header.guests[this.guest]?.name ?? null)
        : null;
    await this.connection.request('view.watch', { at: this.at, blocksOf });
  }

  async scrub(at: number | null): Promise<void> {
    this.at = at;
    await this.watch();
  }
}

export const app = new App();
