/**
 * The words that a reader needs, each explained once: the glossary (F1), the tip on a head or a label, and the appendix of
 * the report say the same.
 *
 * (a) `short` is what a tip says: what it is, in one or two sentences, understood without the rest.
 * (b) `heads` are the texts that stand for the term as a head, a label or a legend, in lower case. No two terms share one.
 * (c) A term is explained by plain words, or by terms that are explained here.
 */

export const GLOSSARY_GROUPS = ['The three maps', 'What lags', 'What moves', 'Accounting', 'Hosts and VMs'] as const;
type GlossaryGroup = (typeof GLOSSARY_GROUPS)[number];

interface GlossaryText {
  readonly group: GlossaryGroup;
  /** As the glossary heads it. */
  readonly term: string;
  /** What the letter or word stands for; empty where it says it itself. */
  readonly name: string;
  readonly short: string;
  /** Only in the glossary: when it changes, what it is not. */
  readonly more: string;
  readonly heads: readonly string[];
}

const of =
  (group: GlossaryGroup) =>
  (term: string, name: string, short: string, more: string, ...heads: string[]): GlossaryText => ({
    ...{ group, term, name, short, more },
    heads: [term.toLowerCase(), ...heads],
  });
const map = of('The three maps');
const lag = of('What lags');
const move = of('What moves');
const account = of('Accounting');
const host = of('Hosts and VMs');

/** Why two columns of Accounting may differ while every law holds. */
export const COUNTED_BY =
  'Present, managed, per-CPU, allocated and reserved are counted by map T, free and spans by map A: that is why columns of one node may differ until its owed pages have moved.';

const TABLE = {
  H: map(
    'H',
    'host truth',
    'The host node where a page really lies.',
    'It changes when the host moves memory: a compaction, a live migration.',
    'h, where they live: host node',
    'where it lives (h)',
    'host truth',
  ),
  T: map(
    'T',
    'target',
    'The guest node that the memlayout in force gives a page: what the guest has been told.',
    'It changes when the guest commits a memlayout.',
    'target',
    't, where the memlayout says',
  ),
  A: map(
    'A',
    'actual',
    'The guest node whose allocator books a page today.',
    'It changes when the page is transplanted: a free page at a commit, a page in use when it is freed.',
    'actual',
    'a, where they are booked',
  ),
  memlayout: map(
    'memlayout',
    '',
    'Ranges of pages, each with its guest node. The host delivers a new one after it has moved memory, the guest commits it.',
    'A memlayout that has been committed is never changed; the next one replaces it.',
    'layout',
    'layouts',
    'in force',
    'memlayout and what it moved',
  ),
  commit: map(
    'commit',
    '',
    'The moment at which a guest takes a new memlayout: T changes at once, free pages change node, pages in use become owed.',
    'It has nine steps; Guest, Commits walks through them.',
    'commits',
  ),

  stale: lag(
    'stale',
    'H ≠ T',
    'Pages that the host has moved while the memlayout of the guest is out of date for them. Ends at the next commit.',
    'Where layout delivery is off, as with today’s hypervisors, they stay stale.',
    'h ≠ t',
    'h ≠ t stale',
    'stale (h ≠ t)',
    'lag 1',
  ),
  owed: lag(
    'owed',
    'T ≠ A',
    'Pages in use that are booked on another node than they belong on. Each changes over when it is freed.',
    'The node that has such a page owes it to the other. Pinned pages are counted apart.',
    't ≠ a',
    't ≠ a owed',
    'a ≠ t',
    'owed (t ≠ a)',
    'lag 2',
  ),
  pinned: lag(
    'pinned',
    '',
    'Reserved and kernel pages: never freed, so they never change node. Beside owed, those of them that are booked on another node than they belong on (T ≠ A).',
    'They are counted apart from owed, because waiting does not help.',
    'pinned elsewhere',
    'pinned (t ≠ a)',
  ),
  coalesced: lag(
    'coalesced',
    'H ≠ T for good',
    'Pages in a run shorter than the granularity of the memlayout: no layout tells of them, so they are not counted as stale.',
    '',
  ),
  converged: lag(
    'converged',
    '',
    'No page is owed and none is stale, except pinned and coalesced ones and what stays stale because layout delivery is off.',
    '',
    'vms converged',
  ),
  misplaced: lag(
    'misplaced',
    'A ≠ T of free pages',
    'Free pages on the lists of a node that they do not belong on: only a defect of the posted code leaves them behind.',
    '',
  ),

  transplanted: move(
    'transplanted',
    '',
    'Pages whose node in the guest (A) changed. Nothing is copied: only the books change.',
    'To migrate is to copy contents to another frame (H); to transplant is to change the label.',
    'transplant',
  ),
  swept: move('swept', '', 'Free pages that changed node at a commit, at once.', '', 'moved by sweeps'),
  drained: move('drained', '', 'Pages of per-CPU lists that changed node at a commit.', '', 'moved by drains'),
  freed: move('when freed', '', 'Owed pages that changed node when they were freed.', '', 'moved by frees'),
  marked: move(
    'marked',
    '',
    'Pages with the lookup mark: when one is freed, the memlayout is asked for its node.',
    'Every owed page is marked. A mark on a page that is not owed costs a look-up, and nothing else.',
    'marked (a)',
    'lookup mark',
    'lookup mark (a, pages)',
  ),
  delivery: move(
    'layout delivery',
    'regeneration',
    'Whether the host makes a new memlayout of a guest after a move and delivers it, and how long after. Off is what hypervisors do today.',
    'Off: the guest keeps the layout that it booted with, “frozen layout”.',
    'regeneration',
    'frozen layout',
  ),
  granularity: move(
    'granularity',
    '',
    'A memlayout has windows of this size, each given to the node that holds most of it.',
    'What is shorter than a window is coalesced.',
  ),
  workingSet: move(
    'working set',
    '',
    'The memory that a guest writes over and over, as far as a migration sees it.',
    '',
  ),
  workload: move(
    'workload',
    '',
    'What allocates and frees pages in the guest: how much it holds, and for how long. How fast owed pages are freed depends on it.',
    '',
  ),
  compaction: move(
    'compaction',
    '',
    'Moving a VM’s pages between nodes of its host until they are on as few as asked for.',
    '',
    'compactions',
  ),
  round: move(
    'round',
    'of a live migration',
    'One pass of a live migration: it sends what there is to send; what the guest writes meanwhile is left for the next.',
    'When the rest can be sent within the downtime limit, the VM stops, the rest is sent, and it goes on at the destination.',
    'rounds',
    'rounds: sent, found dirty after',
  ),
  dirty: move(
    'found dirty',
    '',
    'What the guest has written during a round, and so has to be sent again.',
    '',
    'dirty after',
    'dirtied, all rounds',
    'dirty sync count',
    'dirtied',
    'dirties',
    'written meanwhile',
  ),
  downtime: move('downtime', '', 'How long the VM stands still at the end of its migration.', '', 'downtime limit'),

  present: account('present', '', 'Pages that belong on the node by the memlayout (T), in whatever state.', ''),
  managed: account('managed', '', 'Present pages that the allocator manages (T): all but the reserved ones.', ''),
  free: account(
    'free',
    '',
    'Of a guest node: pages on its free lists (A). Of a host node: memory that nothing holds (H).',
    '',
  ),
  perCpu: account('per-CPU', '', 'Free pages that the per-CPU lists keep at hand (T).', ''),
  allocated: account(
    'allocated',
    '',
    'Pages in use that belong on the node (T), wherever they are booked.',
    'So an owed page is allocated on the node that it belongs on.',
  ),
  reserved: account(
    'reserved',
    '',
    'Of a guest: pages that were never given to its allocator (T). Of a host node: what the host keeps for itself.',
    '',
    'kept by the host',
  ),
  spanned: account(
    'spanned',
    '',
    'Pages from the first to the last that is booked on the node (A), holes and pages of others included. Spans may overlap: they are no ownership.',
    '',
    'spanned (a)',
  ),
  watermark: account(
    'watermark',
    '',
    'Free pages of a zone below which the kernel takes pages elsewhere (low), wakes reclaim until there are enough again (high), or keeps the rest for itself (min).',
    '',
    'spans, watermarks and per-cpu lists',
    'min',
    'low',
    'high',
  ),
  batch: account('batch', '', 'Pages that a per-CPU list takes from a zone at a time.', ''),
  pcpHigh: account('pcp high', '', 'Pages that a per-CPU list may hold before it gives some back.', ''),
  law: account(
    'law',
    '',
    'An equation that must hold for every node at every tick. One that does not is a fault of Pageshift, or one of the posted code’s defects that is on.',
    '',
    'laws',
    'laws broken',
  ),
  zone: account('zone', '', 'A part of a node by address: DMA below 16 MiB, DMA32 below 4 GiB, NORMAL above.', ''),
  pfn: account(
    'pfn',
    'page frame number',
    'The number of a page, counted from 0: its address divided by 4096.',
    '',
    'from pfn',
    'first pfn',
    'last pfn',
  ),
  pageblock: account(
    'pageblock',
    '',
    '512 pages in a row, 2 MiB: the size of a huge page, and the grain of the recorded past.',
    '',
    'pageblocks',
  ),

  score: host(
    'score',
    '',
    'Share of a VM’s memory on its fullest host node (H), rounded down: 100 % means all of it on one node.',
    'It says how gathered the VM is, not how fast. It is not the share of its accesses that stay local.',
    'largest-node share',
    'on fullest',
    'vms: largest-node share (h)',
    'least gathered vms: largest-node share (h)',
  ),
  standsFor: host(
    'stands for',
    '',
    'A guest node stands for the host node whose memory it is meant to describe, and wears its colour.',
    '',
  ),
  secondCopy: host(
    'second copy',
    '',
    'Memory on the destination that a live migration fills. It is held twice until the migration ends.',
    '',
  ),
  distance: host(
    'distance',
    '',
    'What an access from one node to the memory of another costs against a local one, which is 10: 21 is about twice as long.',
    '',
    'distances',
    'distance to node',
  ),
  defects: host(
    'defects',
    '',
    'Faults of the code that was posted to the kernel list in 2013, which a guest can be given to see what they do.',
    '',
    'defect',
  ),
  forecast: host(
    'forecast',
    '',
    'What would come if the command were submitted now and nothing else began meanwhile. Dashed, wherever it is drawn.',
    '',
  ),
  away: host(
    'away',
    'away from its vCPUs',
    'Memory of a VM on a host node where none of its vCPUs runs (H). A vCPU is taken to run on the host node that its guest node stands for.',
    "Of a VM of which no vCPU has a known place, nothing is away. The host's scheduler is not simulated.",
    'away from its vcpus',
  ),
  pool: host(
    'pool',
    'huge page pool',
    'Huge pages of one size that a host node keeps apart. VMs that ask for them take them from there, and nothing else does.',
    'A VM fits by page size: free memory outside of pools does not help one that needs their pages.',
    'huge page pools',
    'pools',
    'free in pools',
  ),
  policy: host(
    'memory policy',
    '',
    'The host nodes that a VM may take memory from: strict, preferred, interleave or restrictive (numatune).',
    'A policy without nodes means any node of the host.',
  ),
  merged: host(
    'merged',
    'merged VMs',
    'VMs of one node that are too small for a name in the picture, drawn as one block with a notch each.',
    'Enter or a click on the block lists them. Area is memory: the block is as large as they are together.',
    'merged vms',
  ),
} as const satisfies Readonly<Record<string, GlossaryText>>;

export type TermId = keyof typeof TABLE;
export interface GlossaryEntry extends GlossaryText {
  readonly id: TermId;
}

export const GLOSSARY: readonly GlossaryEntry[] = (Object.keys(TABLE) as TermId[]).map((id) => ({ id, ...TABLE[id] }));

const byHead: ReadonlyMap<string, TermId> = new Map(
  GLOSSARY.flatMap(({ id, heads }) => heads.map((head) => [head, id] as const)),
);

/** The term that a head, a label or a legend stands for; null: it is a plain word. */
export const termOf = (head: string): TermId | null => byHead.get(head.trim().toLowerCase()) ?? null;

/** What a tip says of a term. */
export function termText(id: TermId): string {
  const { term, name, short } = TABLE[id];
  return `${term}${name === '' ? '' : `, ${name}`}: ${short}`;
}

/** A sign of a picture, by what it looks like. */
export type GlossarySign = 'hue' | 'tint' | 'hatch' | 'held' | 'owed' | 'commit' | 'dashes' | 'dots' | 'mark';

/** Every hatch, tint and mark that the views draw, and what it means. */
export const GLOSSARY_SIGNS: readonly { readonly sign: GlossarySign; readonly says: string }[] = [
  {
    sign: 'hue',
    says: 'A host node has one colour everywhere; a guest node wears that of the host node it stands for',
  },
  { sign: 'tint', says: 'Free, in the colour of the node' },
  { sign: 'hatch', says: 'Pinned: never changes node. In bars of a migration: written meanwhile, to be sent again' },
  { sign: 'held', says: 'Reserved: kept by the host for itself' },
  { sign: 'owed', says: 'Owed: in use and booked on another node than it belongs on (T ≠ A)' },
  { sign: 'mark', says: 'A dash above lane A: pages with the lookup mark' },
  { sign: 'commit', says: 'A commit in the time strip' },
  { sign: 'dashes', says: 'Forecast' },
  { sign: 'dots', says: 'Pinned over time' },
];
