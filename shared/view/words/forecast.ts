/** A forecast as a sentence: what moves, how long it takes, what the guest would see. */
import type { CompactForecast, Forecast, GuestOutlook, MigrateForecast, OtherForecast } from '../../model/forecast.ts';
import { numactlMbFromPages } from '../../units/index.ts';
import { bytes, count, exactPages, plural } from '../number-format.ts';
import { effectText } from './command.ts';
import { DIRTY_UNKNOWN } from './migration.ts';
import { enumerated, msText, nodesText, pagesAndSize, secondsText } from './part.ts';
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
  const { vm, toHost, nodes, rounds, sentBytes, downtimeMs, leastLimitMs, ms, converges, dirtyKnown } = forecast;
  if (!converges) {
    const dirty = rounds.at(-1)?.dirtyBytes ?? 0;
    const limit = leastLimitMs === null ? '' : `; a downtime limit of ${msText(leastLimitMs)} would do`;
    return `Would not converge: after ${plural(rounds.length, 'round')} and ${secondsText(ms)} ${bytes(dirty)} would still be dirty${limit}.`;
  }
  const live = plural(rounds.length - 1, 'round');
  const sent =
    !dirtyKnown || downtimeMs === null
      ? `Sends at least ${bytes(sentBytes)} in at least ${secondsText(ms)}; whether it ends, its rounds and the pause of ${vm} are ${DIRTY_UNKNOWN}`
      : `Sends ${bytes(sentBytes)} in ${live} and ${secondsText(ms)}, and pauses ${vm} for ${msText(downtimeMs)}`;
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

const otherText = ({ vm, effect }: OtherForecast): string =>
  effect === null ? 'Nothing is known of what would come of it.' : effectText(effect, vm);
