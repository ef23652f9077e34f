/** Watermarks and per-CPU sizes as a zoneinfo states them, beside those that the rules of the guest's era give. */
import type { PfnRange } from '../../../shared/units/index.ts';
import { cpusByNode, ERA_RULES, type Era, watermarksOf } from '../../engine/mm/era.ts';
import { pagesIn } from '../pfn-range.ts';
import { ZONE_NAMES } from './boot-map.ts';
import type { ZoneState, Say } from './state-map.ts';

/** min, low, high, pcp high, pcp batch. */
interface ZoneSizes {
  readonly marks: readonly [number, number, number];
  readonly pcpHigh: number;
  readonly pcpBatch: number;
}

/** What the engine will derive for a guest of these zones, by zone in their order. */
function derivedSizes(
  guestZones: readonly ZoneState[],
  freedLate: readonly PfnRange[],
  era: Era,
  cpuNode: readonly number[],
  nrNodeIds: number,
): ZoneSizes[] {
  const rules = ERA_RULES[era];
  const managed = guestZones.map(({ ranges, reserved }) => {
    const late = ranges.reduce((sum, range) => sum + overlap(freedLate, range), 0);
    return pagesIn(ranges) - pagesIn(reserved) - late;
  });
  const present = guestZones.map(({ ranges }) => pagesIn(ranges));
  const { marks } = watermarksOf(rules, { managed, present, high: guestZones.map(() => 0) });
  const cpus = cpusByNode(cpuNode, nrNodeIds);
  return guestZones.map(({ nid }, i) => {
    const { min, low, high } = marks[i]!;
    const batch = rules.batch(managed[i]!);
    return { marks: [min, low, high], pcpBatch: Math.max(1, batch), pcpHigh: rules.high(batch, low, cpus[nid]!) };
  });
}

const overlap = (ranges: readonly PfnRange[], { start, end }: PfnRange): number =>
  ranges.reduce((sum, r) => sum + Math.max(0, Math.min(r.end, end) - Math.max(r.start, start)), 0);

/** Tells where the two differ, a line a zone. What is derived counts: the guest follows the rules of its era. */
export function compareWatermarks(
  guestZones: readonly ZoneState[],
  freedLate: readonly PfnRange[],
  era: Era,
  cpuNode: readonly number[],
  nrNodeIds: number,
  say: Say,
): void {
  const derived = derivedSizes(guestZones, freedLate, era, cpuNode, nrNodeIds);
  guestZones.forEach(({ nid, zone, stated }, i) => {
    const facts = stated[0];
    // Several zones in one have watermarks of their own.
    if (facts === undefined || stated.length > 1) return;
    const { marks, pcpHigh, pcpBatch } = derived[i]!;
    const first = facts.pagesets[0];
    const pairs: readonly (readonly [string, number | null, number])[] = [
      ['min', facts.min, marks[0]],
      ['low', facts.low, marks[1]],
      ['high', facts.high, marks[2]],
      ['pcp high', first?.high ?? null, pcpHigh],
      ['pcp batch', first?.batch ?? null, pcpBatch],
    ];
    const differing = pairs.filter(([, is, rule]) => is !== null && is !== rule);
    if (differing.length === 0) return;
    const text = differing.map(([name, is, rule]) => `${name} ${is}, by rule ${rule}`).join('; ');
    const message = `node ${nid} zone ${ZONE_NAMES[zone]}: the rules of ${era} give other sizes than are stated, and count: ${text}`;
    say('note', 'guest-watermarks', message, facts.line);
  });
}
