/**
 * What the window knows and shows: one object of runes that every component reads. Components change it only through its
 * methods; requests to main go through `connection`, most of them by `attempt`, so that a failure is always shown.
 *
 * (a) `frame` is what all views show: the present, or the recorded frame that the person scrubbed to. Numbers on screen
 *     come from it by shared/view, never from elsewhere.
 * (b) A frame is acknowledged when it was painted and the window is free, so main never sends more than can be shown.
 * (c) What main is to send (`view.watch`) is derived from what is shown.
 * (d) A command applies to the present: the window comes back to it first.
 * (e) What belongs to a run goes with it: `attach` forgets all of it, and while it waits no run is shown. A failure of a
 *     request about a run is listed while that run is shown, and nowhere else.
 */
import { guestsOf, recordsOf } from '../../shared/columns/index.ts';
import type { Diagnostic } from '../../shared/errors/index.ts';
import type { SubmittedCommand } from '../../shared/schema/command.ts';
import type { DocumentState, HelloReply, StartInfo } from '../../shared/protocol/document.ts';
import type { CompareProgress } from '../../shared/model/comparison.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/limit.ts';
import type { RequestInput, RequestName, RequestReply } from '../../shared/protocol/request.ts';
import type { Snapshot } from '../../shared/columns/index.ts';
import type { WorldEvent } from '../../shared/model/event.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { decode } from '../../shared/columns/index.ts';
import type { NodeColour, Series } from '../../shared/view/index.ts';
import {
  EMPTY_SERIES,
  hasPageblocks,
  hostMatrix,
  NodeColourTable,
  nodeRows,
  spliceSeries,
} from '../../shared/view/index.ts';
import { COMMAND_NAMES } from '../../shared/view/words/index.ts';
import type { TermId } from '../../shared/view/words/index.ts';
import { toast } from '../ui/toast.svelte.ts';
import type { WindowCommand } from './window-command.ts';
import { Connection, RequestError } from './connection.ts';
import type { EditTarget } from './edit-target.ts';
import { DocumentFindings } from './findings.svelte.ts';
import { DocumentStated } from './stated.svelte.ts';
import { GuestShells } from './guest-shell.svelte.ts';
import { Coming } from './coming.svelte.ts';
import type { ComingCommand } from './commands-to-come.ts';
import { FIRST_STEPS } from './first-steps.ts';
import { HeldKeys } from './held-keys.ts';
import { isMac } from './keys.ts';
import { readLayout, withOpen, withSize, writeLayout } from './layout.ts';
import type { PanelName } from './layout.ts';
import { memory } from './memory.ts';
import { openPort } from './port.ts';
import { brokenLaw, rejectedCommands, runState, settledText } from './run-state.ts';
import { IdleGate, watchInput } from './idle-gate.ts';
import { readThemeChoice, themeOf } from './theme.ts';
import type { ThemeChoice } from './theme.ts';

export const VIEWS = ['overview', 'host', 'guest', 'accounting', 'migrations', 'findings'] as const;
export type ViewName = (typeof VIEWS)[number];

/** What the view Guest is made of, each a tab of its own. */
export type GuestPart = 'map' | 'free' | 'owed' | 'layouts' | 'commits' | 'compare';

export type Selection =
  | { readonly kind: 'host'; readonly host: number }
  | { readonly kind: 'hostNode'; readonly host: number; readonly nid: number }
  /** The VMs of a host node that are drawn as one block. */
  | { readonly kind: 'merged'; readonly host: number; readonly nid: number; readonly guests: readonly number[] }
  | { readonly kind: 'vm'; readonly guest: number }
  /** A VM that is known and not in the world, by name. */
  | { readonly kind: 'notPlaced'; readonly vm: string }
  | { readonly kind: 'guestNode'; readonly guest: number; readonly nid: number }
  /** Half-open pfn range of a guest. */
  | { readonly kind: 'pages'; readonly guest: number; readonly fromPfn: number; readonly toPfn: number }
  | { readonly kind: 'event'; readonly index: number }
  /** Into the findings of the document. */
  | { readonly kind: 'finding'; readonly index: number }
  | { readonly kind: 'migration'; readonly index: number }
  | { readonly kind: 'compaction'; readonly index: number };

export type DialogName =
  | 'compact'
  | 'migrate'
  | 'beyond'
  | 'beside'
  | 'new'
  | 'export'
  | 'keys'
  | 'palette'
  | 'saveAs'
  | 'close'
  | 'about'
  | 'glossary'
  | 'edit';

export type DrawerTab = 'events' | 'coming' | 'console' | 'problems';

/** What is being opened, and since when. */
export interface Opening {
  readonly what: string;
  readonly sinceMs: number;
}

/** What a view that can be zoomed lends to the commands; registered while it is mounted. */
export interface ViewControl {
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
  /** In parts of what is seen: 0.25 moves a quarter to the right. */
  pan(part: number): void;
}

/** Between two questions for the series. */
const SERIES_MS = 250;

export class App {
  hello = $state.raw<HelloReply | null>(null);
  start = $state.raw<StartInfo | null>(null);
  /** Null: the start screen, or nothing yet while `attaching`. */
  document = $state.raw<DocumentState | null>(null);
  frame = $state.raw<Snapshot | null>(null);
  /** Tick that the views show; null: the present. */
  at = $state<number | null>(null);
  /** What `at` was when the frame shown was asked for. */
  #frameAt = $state<number | null>(null);
  series = $state.raw<Series>(EMPTY_SERIES);
  events = $state.raw<readonly WorldEvent[]>([]);
  /** A run has been asked for and is not there yet. */
  attaching = $state(false);
  /** What failed: of the window, or of the run shown. The document's own problems are in `document.problems`. */
  notices = $state.raw<readonly Diagnostic[]>([]);
  /** The document that a notice is about; none: it is about the window. */
  readonly #about = new WeakMap<Diagnostic, string>();
  /** The document that this window is to show, whether it is there or not. */
  #wanted: string | null = null;
  view = $state<ViewName>('host');
  guestPart = $state<GuestPart>('map');
  /** Index into the frame's guests: the VM that Guest and Accounting show. */
  guest = $state(0);
  selection = $state.raw<Selection | null>(null);
  dialog = $state<DialogName | null>(null);
  /** The VM that a dialog was opened for, by name. */
  dialogVm = $state<string | null>(null);
  /** The command to come that a dialog changes; null: it submits one now. */
  editing = $state.raw<ComingCommand | null>(null);
  /** What the dialog that changes the document is about. */
  editTarget = $state.raw<EditTarget | null>(null);
  /** The term that the glossary was opened at. */
  glossaryTerm = $state<TermId | null>(null);
  /** The connection is gone: what is shown is what was last known. */
  lost = $state(false);
  drawerTab = $state<DrawerTab>('events');
  /** The console is to take the focus when it is there. */
  wantsConsole = $state(false);
  /** Speed for the next Play; null: as fast as it goes. */
  ticksPerSec = $state<number | null>(10);
  layout = $state.raw(readLayout(memory));
  themeChoice = $state<ThemeChoice>(readThemeChoice(memory));
  systemIsDark = $state(false);
  viewControl = $state.raw<ViewControl | null>(null);
  /** Why the last opening failed, or what it warned of; shown beside the drop area, and under Problems. */
  openProblems = $state.raw<readonly Diagnostic[]>([]);
  /** The last document of which a rehearsal was taken, or not wanted. */
  #rehearsed = $state<string | null>(null);
  /** How far the comparison is that this window asked for last. */
  comparing = $state.raw<CompareProgress | null>(null);
  /** What is being opened, and since when; giving up sets it to null. */
  opening = $state.raw<Opening | null>(null);
  /** Files that were dropped or chosen are being read by this window, before it asks for anything. */
  reading = $state(false);
  /** How far its world is made; null: that has not begun, or nothing is being opened. */
  making = $state.raw<{ readonly pages: number; readonly ofPages: number } | null>(null);
  readonly heldKeys = new HeldKeys();
  /** How many of the first steps are done; they are shown beside a shipped example. */
  #firstSteps = $state(Number(memory.get('firstSteps') ?? 0));
  /** The name in the toolbar is being written. */
  renaming = $state(false);
  /** What the view says beside the tabs: "16 GiB · 1 px = 6 800 pages". */
  viewNote = $state('');

  /** The theme in force. A canvas that draws with the colours of styles/theme.css reads it, to be drawn again. */
  readonly theme = $derived(themeOf(this.themeChoice, this.systemIsDark));
  /** Tick of what is seen: of the frame, or the document's while there is none. */
  readonly shownTick = $derived(this.frame?.header.tick ?? this.document?.tick ?? 0);
  /** The views wait for a frame: of the tick asked for, with the pageblocks of the guest where a view needs them. */
  readonly busy = $derived.by(() => {
    const { frame, document } = this;
    if (document === null) return false;
    if (frame === null || this.#frameAt !== this.at) return true;
    if (this.at === null && !document.playing && frame.header.tick !== document.tick) return true;
    return this.#blocksOf !== null && !hasPageblocks(frame, this.guest);
  });
  readonly tickMs = $derived(this.document?.tickMs ?? this.frame?.header.tickMs ?? 1);
  /** The view in force: one host has no overview. */
  readonly shownView = $derived.by((): ViewName =>
    this.view === 'overview' && !this.severalHosts ? 'host' : this.view,
  );
  /** A document is on its way: its files are read, it is asked for, or it is there without its first frame. */
  get isOpening(): boolean {
    return this.reading || this.opening !== null || this.attaching || (this.document !== null && this.frame === null);
  }
  get severalHosts(): boolean {
    return (this.frame?.header.hosts.length ?? 1) > 1;
  }
  /** Names of hosts and VMs never change during a run, so neither do their colours. */
  readonly colours = $derived(new NodeColourTable(this.frame?.header ?? { hosts: [] }));
  readonly hosts = $derived(this.frame === null ? null : hostMatrix(this.frame));
  /** Nodes of the guest shown. */
  readonly guestNodes = $derived(
    this.frame !== null && guestsOf(this.frame)[this.guest] ? nodeRows(this.frame, this.guest) : [],
  );
  /** Of the guest shown. */
  readonly guestHeader = $derived(guestsOf(this.frame)[this.guest] ?? null);
  readonly guestName = $derived(this.document?.inputs.guests[this.guest]?.name ?? null);
  /** The VM whose pageblocks the view needs, by name. */
  readonly #blocksOf = $derived(this.view === 'guest' || this.view === 'accounting' ? this.guestName : null);

  /** All that the tab Problems lists. */
  readonly problems = $derived([
    ...(this.document?.laws.broken ?? []).map(brokenLaw),
    ...(this.document === null ? [] : rejectedCommands(this.document)),
    ...this.openProblems,
    ...(this.document?.problems ?? []),
    ...this.notices,
  ]);
  readonly mac = $derived(isMac(this.hello?.platform ?? navigator.platform));
  /** Made by commands.ts, which knows this class; app/main.ts puts them here before anything is shown. */
  commands: readonly WindowCommand[] = [];

  readonly connection: Connection;
  readonly shells = new GuestShells(this);
  readonly findings = new DocumentFindings();
  readonly coming = new Coming(this);
  readonly stated = new DocumentStated();
  #watching = false;
  #watched = '';
  /** Where the document stood when the series was asked for last; null: the series is to be asked for anew. */
  #seriesAt: string | null = null;
  #askingSeries = false;
  readonly #gate = new IdleGate();
  /** The run has settled while it was played, and nobody has been told. */
  #settledTick: number | null = null;

  constructor() {
    this.connection = new Connection(openPort(), () => (this.lost = true));
    const { connection } = this;
    connection.on('state', (state) => this.#state(state));
    connection.on('start', (start) => (this.start = start));
    connection.on('notice', (notice) => this.note(notice));
    connection.on('events', ({ from, events }) => this.#told(from, events));
    connection.on('frame', ({ frame, at }, payload) => this.#frame(frame, at, payload));
    connection.on('opening', (making) => {
      this.making = making;
      // Chosen in the shell's own dialog.
      this.opening ??= { what: 'the file', sinceMs: performance.now() };
    });
    connection.on('comparing', (progress) => (this.comparing = progress));
    connection.on('menu', ({ command }) => this.run(command));
    connection.on('open', ({ document }) => void this.attach(document));
    watchInput(this.#gate);
    $effect.root(() => {
      $effect(() => {
        document.documentElement.dataset.theme = this.theme;
      });
      $effect(() => void this.#watch());
      $effect(() => {
        const id = this.document?.id ?? null;
        const edition = this.document?.edition ?? 0;
        this.findings.follow(id, edition, () => this.connection.request('document.findings', { migration: null }));
        this.stated.follow(id, edition, () => this.connection.request('document.stated', {}));
      });
      $effect(() => this.coming.follow());
    });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.systemIsDark = dark.matches;
    dark.addEventListener('change', ({ matches }) => (this.systemIsDark = matches));
  }

  // The window and its document

  async greet(): Promise<void> {
    const hello = await this.attempt('open the window', 'hello', { protocol: PROTOCOL_VERSION });
    if (hello === null) return;
    this.hello = hello;
    this.start = hello.start;
    if (hello.document !== null) await this.attach(hello.document);
  }

  /** Shows a document, or the start screen. */
  async attach(document: string | null): Promise<void> {
    this.#forgetRun(document);
    this.attaching = document !== null;
    const state = await this.attempt('show the document', 'attach', { document });
    if (this.#wanted !== document) return; // another was asked for meanwhile
    this.attaching = false;
    this.document = state;
    void this.#followSeries();
  }

  /** When the frame of that moment is shown, so that it says what all else says. */
  #tellSettled(): void {
    const { document, frame } = this;
    if (document === null || this.#settledTick === null || frame?.header.tick !== this.#settledTick) return;
    this.toast(settledText(runState(document, recordsOf(frame)), this.#settledTick, document.tickMs));
    this.#settledTick = null;
  }

  /** All that belongs to the run shown, but what is about the one that comes. */
  #forgetRun(next: string | null): void {
    this.#wanted = next;
    this.document = null;
    this.frame = null;
    this.events = [];
    this.series = EMPTY_SERIES;
    this.at = null;
    this.#frameAt = null;
    this.selection = null;
    this.closeDialog();
    this.guest = 0;
    this.comparing = null;
    this.renaming = false;
    this.wantsConsole = false;
    this.openProblems = [];
    this.notices = this.notices.filter((notice) => (this.#about.get(notice) ?? next) === next);
    this.#watched = '';
    this.#seriesAt = null;
    this.#settledTick = null;
  }

  /** Sends a request; a rejection or failure is listed under Problems, and null is returned. */
  async attempt<N extends RequestName>(what: string, name: N, input: RequestInput<N>): Promise<RequestReply<N> | null> {
    const about = this.document?.id ?? null;
    try {
      return await this.connection.request(name, input);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code !== 'closed' && (about === null || about === this.#wanted)) {
        const slug = `request-${error.code}`;
        this.note({ severity: 'error', slug, message: `Could not ${what}.`, where: {}, found: error.message }, about);
      }
      return null;
    }
  }

  /** Shows a toast. */
  toast(text: string): void {
    toast.show(text);
  }

  /** @param about a document; null: the window. */
  note(notice: Diagnostic, about: string | null = null): void {
    if (about !== null) this.#about.set(notice, about);
    this.notices = [...this.notices.slice(-199), notice];
  }

  /** Of VMs that were imported, until something is to come or it was declined. */
  get offersRehearsal(): boolean {
    const { document } = this;
    if (document === null || !document.isImport || document.commands.length > 0) return false;
    return document.inputs.guests.length > 0 && this.#rehearsed !== document.id;
  }

  /** The first step that is still to be done with the example that is shown; null: there is none, or no example. */
  get firstStep(): number | null {
    const { document, start } = this;
    const isExample = document?.place === null && start?.examples.some(({ name }) => name === document.name) === true;
    return isExample && this.#firstSteps < FIRST_STEPS.length ? this.#firstSteps : null;
  }

  get isFirstRun(): boolean {
    return this.#firstSteps === 0;
  }

  goToFirstStep(step: number): void {
    this.#firstSteps = step;
    memory.set('firstSteps', String(step));
  }

  dismissRehearsal(): void {
    this.#rehearsed = this.document?.id ?? null;
  }

  // What is seen

  showView(view: ViewName): void {
    this.view = view;
  }

  showGuestPart(part: GuestPart): void {
    this.view = 'guest';
    this.guestPart = part;
  }

  /** The VM that Guest and Accounting show. */
  showGuest(guest: number, view: ViewName = this.view): void {
    this.guest = guest;
    this.view = view;
    this.selection = { kind: 'vm', guest };
  }

  /** A selection of a VM, or inside one, also says which VM is shown. */
  select(selection: Selection | null): void {
    this.selection = selection;
    if (selection !== null && 'guest' in selection) this.guest = selection.guest;
  }

  /** Shows every view as of a tick; null: the present. */
  scrub(at: number | null): void {
    this.at = at !== null && this.document !== null && at >= this.document.tick ? null : at;
  }

  openDialog(dialog: DialogName, vm: string | null = null): void {
    if (dialog === 'compact' || dialog === 'migrate' || dialog === 'beyond') this.scrub(null);
    this.dialogVm = vm;
    this.dialog = dialog;
  }

  /** The dialog of a command to come, to change it. */
  editComing(command: ComingCommand): void {
    const { type, vm } = command.command;
    if (type !== 'compact' && type !== 'migrate') return;
    this.openDialog(type, vm);
    this.editing = command;
  }

  openGlossary(term: TermId | null): void {
    this.glossaryTerm = term;
    this.openDialog('glossary');
  }

  /** Changes the document by hand. */
  openEdit(target: EditTarget): void {
    this.editTarget = target;
    this.openDialog('edit');
  }

  closeDialog(): void {
    this.dialog = null;
    this.editTarget = null;
    this.dialogVm = null;
    this.editing = null;
  }

  // The run

  /** Submits a command now. @returns why the world rejected it; null: it did not */
  async submit(command: SubmittedCommand): Promise<Rejection | null> {
    this.scrub(null);
    const reply = await this.attempt(`submit "${COMMAND_NAMES[command.type]}" for ${command.vm}`, 'run.command', {
      command,
    });
    return reply?.rejection ?? null;
  }

  /** Of a node of the guest shown. */
  guestColour(nid: number): NodeColour {
    return this.colours.ofGuestNode(
      this.guestNodes.find((node) => node.nid === nid),
      nid,
    );
  }

  // Panels and theme

  setSize(panel: PanelName, size: number | null): void {
    this.layout = withSize(this.layout, panel, size);
    writeLayout(memory, this.layout);
  }

  setOpen(panel: PanelName, open: boolean): void {
    this.layout = withOpen(this.layout, panel, open);
    writeLayout(memory, this.layout);
  }

  /** A command of the table by its id; of one that does not exist, nothing. */
  run(id: string): void {
    void this.commands.find((command) => command.id === id)?.run();
  }

  showDrawer(tab: DrawerTab): void {
    this.drawerTab = tab;
    this.setOpen('drawer', true);
  }

  /** The console of a VM, ready to be typed into. */
  openConsole(guest: number): void {
    if (guest !== this.guest) this.select({ kind: 'vm', guest });
    this.wantsConsole = true;
    this.showDrawer('console');
  }

  setTheme(choice: ThemeChoice): void {
    this.themeChoice = choice;
    memory.set('theme', choice);
  }

  // What main sends

  #state(state: DocumentState): void {
    if (state.id !== this.#wanted) return;
    if (this.document !== null && state.edition !== this.document.edition) this.#beginAnew(state);
    if (state.tick < (this.document?.tick ?? 0)) this.#seriesAt = null; // undo: what was recorded since is gone
    if (!state.settled) this.#settledTick = null;
    else if (this.document?.playing && !this.document.settled) this.#settledTick = state.tick;
    this.document = state;
    this.#tellSettled();
    void this.#followSeries();
    if (this.at !== null && this.at >= state.tick) this.at = null; // undo took the run back behind what is shown
  }

  /** The document was changed by hand: nothing that was shown of its run stands. A VM that is there still stays chosen. */
  #beginAnew({ inputs }: DocumentState): void {
    const { guestName, selection } = this;
    const guest = inputs.guests.findIndex(({ name }) => name === guestName);
    this.frame = null;
    this.at = null;
    this.#frameAt = null;
    this.series = EMPTY_SERIES;
    this.#seriesAt = null;
    this.selection = selection?.kind === 'vm' && guest >= 0 ? { kind: 'vm', guest } : null;
    this.guest = Math.max(0, guest);
  }

  /** From number `from` on the events are these: new ones, or after an undo others. */
  #told(from: number, events: readonly WorldEvent[]): void {
    const { selection } = this;
    if (selection?.kind === 'event' && selection.index >= from) this.selection = null;
    this.events = [...this.events.slice(0, from), ...events];
  }

  /**
   * Acknowledged when it is painted and the window has time for another, so that main sends none while the person drags or
   * types. A frame of the past is acknowledged at once: it is what a drag in the time strip asks for.
   */
  #frame(frame: number, at: number | null, payload: Uint8Array): void {
    if (this.document === null) return; // of the run that was shown before
    // Late answers of the time before a scrub began or ended are not shown, but acknowledged.
    if ((at === null) === (this.at === null)) {
      const read = decode(payload.slice().buffer);
      if (read.value === null) for (const problem of read.diagnostics) this.note(problem, this.document.id);
      else {
        this.frame = read.value;
        this.#frameAt = at;
        if (at === null && !isThere(this.selection, read.value)) this.selection = null;
        this.#tellSettled();
      }
    }
    const shownMs = performance.now();
    const acknowledge = (): void => {
      const waitMs = at === null && this.at === null ? this.#gate.waitMs(performance.now(), shownMs) : 0;
      if (waitMs > 0) setTimeout(acknowledge, waitMs);
      else void this.attempt('take the next frame', 'view.ack', { frame });
    };
    requestAnimationFrame(() => setTimeout(acknowledge));
  }

  /** Asks for the points that came since, a few times a second. */
  async #followSeries(): Promise<void> {
    const { document } = this;
    // A command changes the world, and with it the last point, without time passing.
    const at = document === null ? '' : `${document.tick} ${document.chain}`;
    if (document === null || this.#askingSeries || at === this.#seriesAt) return;
    const nowMs = performance.now();
    if (document.playing && this.#gate.waitMs(nowMs, nowMs) > 0) return;
    this.#askingSeries = true;
    const anew = this.#seriesAt === null;
    this.#seriesAt = at;
    const part = await this.attempt('read what happened over time', 'view.series', {
      haveTick: anew ? null : (this.series.ticks.at(-1) ?? null),
      stride: anew ? 0 : this.series.stride,
    });
    if (part !== null && this.document?.id === document.id) {
      const spliced = spliceSeries(this.series, part);
      if (spliced === null) this.#seriesAt = null;
      else this.series = spliced;
    }
    await new Promise((resolve) => setTimeout(resolve, SERIES_MS));
    this.#askingSeries = false;
    void this.#followSeries();
  }

  /** One request at a time; changes made meanwhile are sent after it. */
  async #watch(): Promise<void> {
    const input = { at: this.at, blocksOf: this.#blocksOf };
    // A frame of a run that begins anew may come before the news of it, and is not kept: it is asked for again.
    const wanted = JSON.stringify([this.document?.id ?? null, this.document?.edition ?? 0, input]);
    if (this.document === null || this.#watching || wanted === this.#watched) return;
    this.#watching = true;
    this.#watched = wanted;
    await this.attempt('follow the run', 'view.watch', input);
    this.#watching = false;
    void this.#watch();
  }
}

/** Whether what was selected is in the world as it is now: an undo takes migrations and compactions back. */
function isThere(selection: Selection | null, present: Snapshot): boolean {
  if (selection?.kind === 'migration') return selection.index < present.tables.migrations.rows;
  if (selection?.kind === 'compaction') return selection.index < present.tables.compactions.rows;
  return true;
}

export const app = new App();
