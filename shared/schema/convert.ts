/**
 * Converts a guest's settings from the units that a person writes (ms, KiB, percent) to the engine's (ticks, pages,
 * permille), and back where a window shows them. A time is rounded up to a tick: nothing happens before it was asked
 * for. Lifetimes stay fractions of ticks.
 */
import type { BeyondConfig, DirtyConfig, RegenerationConfig, WorkloadConfig } from '../model/config.ts';
import { PAGES_PER_MIB, pagesFromKib } from '../units/index.ts';
import type { ScenarioBeyond, ScenarioDirty, ScenarioRegeneration, ScenarioWorkload } from './part.ts';

export const ticksFromMs = (ms: number, tickMs: number): number => Math.ceil(ms / tickMs);

export const regenerationConfig = (r: ScenarioRegeneration, tickMs: number): RegenerationConfig => ({
  enabled: r.enabled,
  granularityPages: pagesFromKib(r.grainKiB),
  delayTicks: ticksFromMs(r.delayMs, tickMs),
});

export const beyondConfig = ({ commitStepMs, ...b }: ScenarioBeyond, tickMs: number): BeyondConfig => ({
  ...b,
  commitStepTicks: ticksFromMs(commitStepMs, tickMs),
});

export const beyondFromConfig = ({ commitStepTicks, ...b }: BeyondConfig, tickMs: number): ScenarioBeyond => ({
  ...b,
  commitStepMs: commitStepTicks * tickMs,
});

export const dirtyConfig = ({ workingSetMiB, rateMiBps }: ScenarioDirty): DirtyConfig => ({
  workingSetPages: Math.round(workingSetMiB * PAGES_PER_MIB),
  pagesPerSec: rateMiBps * PAGES_PER_MIB,
});

const permille = (percent: number): number => Math.round(percent * 10);

export function workloadConfig(w: ScenarioWorkload, tickMs: number): WorkloadConfig {
  const { lifetime } = w;
  return {
    occupancyPermille: permille(w.occupancyPercent),
    kernelPermille: permille(w.kernelPercent),
    hugePermille: permille(w.hugePercent),
    ...(w.slabPercent === undefined ? {} : { slabPermille: permille(w.slabPercent) }),
    ...(w.filePercent === undefined ? {} : { filePermille: permille(w.filePercent) }),
    lifetime:
      lifetime.law === 'exponential'
        ? { law: 'exponential', meanTicks: lifetime.meanMs / tickMs }
        : { law: 'lomax', alpha: lifetime.alpha, scaleTicks: lifetime.scaleMs / tickMs },
    start: w.start,
    warmupTicks: ticksFromMs(w.warmupMs, tickMs),
  };
}
