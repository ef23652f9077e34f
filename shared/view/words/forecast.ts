/** A forecast as a sentence: what moves, how long it takes, what the guest would see. */
import type {
  CompactForecast,
  Forecast,
  GuestOutlook,
  MigrateForecast,
  OtherEffect,
  OtherForecast,
} from '../../model/forecast.ts';
import { numactlMbFromPages } from '../../units/index.ts';
import { bytes, count, decimal, exactPages, plural, size } from '../number-format.ts';
import { enumerated, msText, nodesText, pagesAndSize, secondsText } from './part.ts';
import type { MemberOf } from './part.ts';
import { rejectionText } from './rejection.ts';

export function forecastText(forecast: Forecast): string {
  if (forecast.rejection !== null) return `It would be rejected: ${rejectionText(forecast.rejection)}`;
  switch (forecast.type) {
    case 'compact':
      return compactText(forecast);
    case 'migrate':
      return migrateText(forecast);
    case 'other':
      return otherText(forecast);
  }
}

function compactText(forecast: CompactForecast): string {
  const { vm, movePages, leftPages, ms } = forecast;
  const where = nodesText(forecast.nodes);
  const parts: string[] = [];
  if (movePages > 0) {
    parts.push(`Moves ${pagesAndSize(movePages)} to ${where} in ${secondsText(ms)}`);
    if (leftPages > 0)
      parts.push(`${pagesAndSize(leftPages)} would stay elsewhere, because ${where} would then be full`);
  } else if (leftPages > 0) {
    parts.push(`Moves nothing: no frame is free on ${where}, ${pagesAndSize(leftPages)} would stay elsewhere`);
  } else {
    parts.push(`Moves nothing: ${vm} lies on ${where} already`);
  }
  return `${[...parts, outlookText(forecast)].join('; ')}.`;
}

function migrateText(forecast: MigrateForecast): string {
  const { vm, toHost, nodes, rounds, sentBytes, downtimeMs, leastLimitMs, ms } = forecast;
  if (downtimeMs === null) {
    const dirty = rounds.at(-1)?.dirtyBytes ?? 0;
    const limit = leastLimitMs === null ? '' : `; a downtime limit of ${msText(leastLimitMs)} would do`;
    return `Would not converge: after ${plural(rounds.length, 'round')} and ${secondsText(ms)} ${bytes(dirty)} would still be dirty${limit}.`;
  }
  const live = plural(rounds.length - 1, 'round');
  const sent = `Sends ${bytes(sentBytes)} in ${live} and ${secondsText(ms)}, and pauses ${vm} for ${msText(downtimeMs)}`;
  return `${sent}; it would lie on ${nodesText(nodes)} of host ${toHost}; ${outlookText(forecast)}.`;
}

/** Nodes that change size are named one by one up to this many. */
const MAX_NODES_NAMED = 3;

function outlookText({ guestNodes, freePages, usedPages }: GuestOutlook): string {
  if (guestNodes === null || freePages === null || usedPages === null)
    return 'no layout is delivered to the guest, its nodes stay as they are';
  if (freePages + usedPages === 0) return 'the guest would see no change';
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
  const waiting = usedPages === 0 ? 'no page in use would have' : `${exactPages(usedPages)} in use would have`;
  return `the guest would see ${seen}, and ${waiting} to wait until freed`;
}

function otherText({ vm, effect }: OtherForecast): string {
  if (effect === null) return 'Nothing is known of what would come of it.';
  const words = EFFECTS[effect.command] as (effect: OtherEffect, vm: string) => string;
  return words(effect, vm);
}

type EffectOf<C extends OtherEffect['command']> = MemberOf<OtherEffect, 'command', C>;

const EFFECTS: { readonly [C in OtherEffect['command']]: (effect: EffectOf<C>, vm: string) => string } = {
  cancelCompaction: ({ movedPages, leftPages }, vm) =>
    `Stops gathering ${vm}: the ${exactPages(movedPages)} moved stay where they are, ${exactPages(leftPages)} are left elsewhere.`,
  cancelMigration: ({ fromHost, toHost, sentBytes }, vm) =>
    `Stops the migration to host ${toHost} after ${bytes(sentBytes)} sent; ${vm} stays on host ${fromHost} as if it had never begun.`,
  commitLayout: ({ freePages, usedPages }, vm) =>
    `Gives ${vm} a layout by hand: ${exactPages(freePages)} that are free would change node at once, ${exactPages(usedPages)} in use would have to wait until freed.`,
  setWorkload: ({ occupancyPermille }, vm) =>
    occupancyPermille === null
      ? `Ends the workload of ${vm}: what it holds is freed as it dies and not replaced; kernel pages stay.`
      : `${vm} would hold ${decimal(occupancyPermille / 10)} % of its memory.`,
  setRegeneration: ({ delivered }, vm) =>
    delivered === null
      ? `No more layouts would be delivered to ${vm}.`
      : `${vm} would be delivered a layout of where its memory is, ${secondsText(delivered.delayMs)} after it changes, in runs of ${size(delivered.granularityPages)}.`,
  holdPages: ({ pfn, pages }, vm) => `Takes ${exactPages(pages)} from pfn ${pfn} on out of the free lists of ${vm}.`,
  releasePages: ({ pfn, pages }, vm) => `Frees the ${exactPages(pages)} from pfn ${pfn} on that ${vm} holds by hand.`,
  writeFiles: ({ files, line }, vm) => `Writes to ${count(files)} of the files of ${vm}, as "${line}" does.`,
  plugDimm: ({ dimm }, vm) => `Plugs DIMM ${dimm} into ${vm}; its kernel asks the layout for the node.`,
  setBeyond: (_, vm) => `Changes what ${vm} does beyond the RFC.`,
};
