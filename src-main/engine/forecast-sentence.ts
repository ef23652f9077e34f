/** A forecast as one sentence for a dialog: what moves, how long it takes, what the guest would see. */
import type { CompactForecast, GuestNodeForecast, MigrateForecast } from '../../shared/model/forecast.ts';
import { numactlMbFromPages } from '../../shared/units/index.ts';
import { idList } from '../../shared/view/id-list.ts';
import { bytes, count, decimal, exactPages, plural, size } from '../../shared/view/number-format.ts';
import type { Command } from '../../shared/model/command.ts';
import type { Rejection } from '../../shared/model/rejection.ts';
import { rejectionText } from '../../shared/view/words/index.ts';
import type { HostSide } from './host/index.ts';
import type { Guest } from './vm/index.ts';

/** What the guest would see; all null when it is not told. */
export interface GuestOutlook {
  readonly guestNodes: readonly GuestNodeForecast[] | null;
  readonly freePages: number | null;
  readonly usedPages: number | null;
}

type CompactFigures = Pick<CompactForecast, 'nodes' | 'movePages' | 'leftPages' | 'ms'>;
type MigrateFigures = Pick<
  MigrateForecast,
  'toHost' | 'nodes' | 'rounds' | 'sentBytes' | 'downtimeMs' | 'ms' | 'converges'
>;

export const refusedSentence = (rejection: Rejection): string => `It would be rejected: ${rejectionText(rejection)}`;

export function compactSentence(vm: string, figures: CompactFigures, outlook: GuestOutlook): string {
  const { movePages, leftPages, ms } = figures;
  const where = nodesText(figures.nodes);
  const left = `${exactPages(leftPages)} (${size(leftPages)})`;
  const parts: string[] = [];
  if (movePages > 0) {
    parts.push(`Moves ${exactPages(movePages)} (${size(movePages)}) to ${where} in ${seconds(ms)}`);
    if (leftPages > 0) parts.push(`${left} would stay elsewhere, because ${where} would then be full`);
  } else if (leftPages > 0) {
    parts.push(`Moves nothing: no frame is free on ${where}, ${left} would stay elsewhere`);
  } else {
    parts.push(`Moves nothing: ${vm} lies on ${where} already`);
  }
  return `${[...parts, outlookText(outlook)].join('; ')}.`;
}

export function migrateSentence(
  vm: string,
  figures: MigrateFigures,
  leastLimitMs: number | null,
  outlook: GuestOutlook,
): string {
  const { toHost, nodes, rounds, sentBytes, downtimeMs, ms, converges } = figures;
  if (!converges) {
    const dirty = rounds.at(-1)?.dirtyBytes ?? 0;
    const limit = leastLimitMs === null ? '' : `; a downtime limit of ${count(leastLimitMs)} ms would do`;
    return `Would not converge: after ${plural(rounds.length, 'round')} and ${seconds(ms)} ${bytes(dirty)} would still be dirty${limit}.`;
  }
  const live = plural(rounds.length - 1, 'round');
  const sent = `Sends ${bytes(sentBytes)} in ${live} and ${seconds(ms)}, and pauses ${vm} for ${decimal(downtimeMs!)} ms`;
  return `${sent}; it would lie on ${nodesText(nodes)} of host ${toHost}; ${outlookText(outlook)}.`;
}

/** Nodes that change size are named one by one up to this many. */
const MAX_NODES_NAMED = 3;

function outlookText({ guestNodes, freePages, usedPages }: GuestOutlook): string {
  if (guestNodes === null) return 'the guest is not told, its nodes stay as they are';
  if (freePages! + usedPages! === 0) return 'the guest would see no change';
  const changed = guestNodes.filter((n) => n.sizeBefore !== n.sizeAfter);
  const named = changed.map(({ nid, sizeBefore, sizeAfter }) => {
    const [from, to] = [numactlMbFromPages(sizeBefore), numactlMbFromPages(sizeAfter)].map(count);
    return `node ${nid} ${sizeAfter > sizeBefore ? 'grow' : 'shrink'} from ${from} to ${to} MB`;
  });
  const seen =
    named.length === 0
      ? 'nodes of the same sizes in other places'
      : named.length <= MAX_NODES_NAMED
        ? enumerated(named)
        : `${plural(named.length, 'node')} change size`;
  const waiting = usedPages === 0 ? 'no page in use would have' : `${exactPages(usedPages!)} in use would have`;
  return `the guest would see ${seen}, and ${waiting} to wait until freed`;
}

export interface OtherParts {
  readonly hostSide: HostSide;
  readonly guests: readonly Guest[];
  readonly config: { readonly tickMs: number };
}

/** Of a command that the world would carry out. */
export function otherSentence(
  { hostSide, guests, config }: OtherParts,
  index: number,
  command: Exclude<Command, { type: 'compact' | 'migrate' }>,
): string {
  const { vm } = command;
  switch (command.type) {
    case 'cancelCompaction': {
      const row = hostSide.compactionRows().find((c) => c.vm === vm && c.phase === 'running')!;
      const { movedPages, leftPages } = row;
      return `Stops gathering ${vm}: the ${exactPages(movedPages)} moved stay where they are, ${exactPages(leftPages)} are left elsewhere.`;
    }
    case 'cancelMigration': {
      const row = hostSide.migrationRows().find((m) => m.vm === vm && m.endTick === null)!;
      return `Stops the migration to host ${row.toHost} after ${bytes(row.sentBytes)} sent; ${vm} stays on host ${row.fromHost} as if it had never begun.`;
    }
    case 'commitLayout': {
      const { freePages, usedPages } = guests[index]!.memory.forecastCommit(command.ranges);
      return `Gives ${vm} a layout by hand: ${exactPages(freePages)} that are free would change node at once, ${exactPages(usedPages)} in use would have to wait until freed.`;
    }
    case 'setWorkload':
      return command.workload === null
        ? `Ends the workload of ${vm}: what it holds is freed as it dies and not replaced; kernel pages stay.`
        : `${vm} would hold ${decimal(command.workload.occupancyPermille / 10)} % of its memory.`;
    case 'setRegeneration': {
      const { enabled, granularityPages, delayTicks } = command.regeneration;
      return enabled
        ? `${vm} would be told where its memory is, ${seconds(delayTicks * config.tickMs)} after it changes, in runs of ${size(granularityPages)}.`
        : `${vm} would no longer be told where its memory is.`;
    }
    case 'holdPages':
      return `Takes ${exactPages(1 << command.order)} from pfn ${command.pfn} on out of the free lists of ${vm}.`;
    case 'releasePages':
      return `Frees the ${exactPages(1 << command.order)} from pfn ${command.pfn} on that ${vm} holds by hand.`;
    case 'writeFiles':
      return `Writes to ${command.writes.length} of the files of ${vm}, as "${command.line}" does.`;
    case 'plugDimm':
      return `Plugs DIMM ${command.dimm} into ${vm}; its kernel asks the layout for the node.`;
    case 'setBeyond':
      return `Changes what ${vm} does beyond the RFC.`;
  }
}

const seconds = (ms: number): string => `${decimal(ms / 1000)} s`;

const nodesText = (nids: readonly number[]): string => `${nids.length === 1 ? 'node' : 'nodes'} ${idList(nids)}`;

function enumerated(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
}
