/**
 * SimGrid's live migration without writes, on the bottleneck of its small_platform.xml: its model of TCP (LV08), so that
 * its published outputs can be compared to the last digit. A migration is three messages, of which the first carries all
 * memory; a message waits for its latency, and then shares the bottleneck by its weight.
 */
interface Link {
  readonly bytesPerSec: number;
  readonly latencyS: number;
}

const link = (mbPerSec: number, us: number): Link => ({ bytesPerSec: mbPerSec * 1e6, latencyS: us * 1e-6 });

const [LINK_0, LINK_1, LINK_2, LINK_3, LINK_4, LINK_6, LINK_7, LINK_8] = [
  link(41.279125, 59.904),
  link(34.285625, 514.433),
  link(118.6825, 136.931),
  link(34.285625, 514.433),
  link(10.099625, 479.78),
  link(41.279125, 59.904),
  link(11.618875, 189.98),
  link(8.158, 270.544),
] as const;

/** From Fafard. */
export const SIMGRID_ROUTES = {
  tremblay: [LINK_4, LINK_3, LINK_2, LINK_0, LINK_1, LINK_8],
  bourassa: [LINK_8, LINK_6, LINK_7],
} as const;

const LATENCY_FACTOR = 13.01;
const BANDWIDTH_FACTOR = 0.97;
/** What acknowledgements take of the way back. */
const CROSS_TRAFFIC = 1.05;
const WEIGHT_S = 20_537;
const BOTTLENECK = (BANDWIDTH_FACTOR * LINK_8.bytesPerSec) / CROSS_TRAFFIC;

export interface SimgridMigration {
  readonly bytes: number;
  readonly route: readonly Link[];
}

/** Seconds that each takes, all begun at once. */
export function simgridSeconds(migrations: readonly SimgridMigration[]): number[] {
  const flows = migrations.map(({ bytes, route }) => {
    const latency = route.reduce((sum, { latencyS }) => sum + latencyS, 0);
    const penalty = latency + route.reduce((sum, { bytesPerSec }) => sum + WEIGHT_S / bytesPerSec, 0);
    return { left: bytes, startS: latency * LATENCY_FACTOR, weight: 1 / penalty, endS: 0 };
  });
  for (let nowS = 0; flows.some(({ left }) => left > 0);) {
    const active = flows.filter(({ left, startS }) => left > 0 && startS <= nowS);
    const weights = active.reduce((sum, { weight }) => sum + weight, 0);
    const rateOf = (weight: number): number => (BOTTLENECK * weight) / weights;
    const next = Math.min(
      ...flows.filter(({ startS }) => startS > nowS).map(({ startS }) => startS),
      ...active.map(({ left, weight }) => nowS + left / rateOf(weight)),
    );
    for (const flow of active) {
      const endsS = nowS + flow.left / rateOf(flow.weight);
      flow.left = endsS <= next ? 0 : flow.left - rateOf(flow.weight) * (next - nowS);
      if (flow.left === 0) flow.endS = next;
    }
    nowS = next;
  }
  return flows.map(({ endS, startS }) => endS + 2 * startS);
}
