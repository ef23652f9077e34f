/** Playing, stepping and looking back: what the transport of the toolbar and its keys do. */
import type { App } from './app.svelte.ts';
import { nextSpeed } from './speed.ts';

/** Tick of the recorded frame after the one shown, as far as the series knows; null: the present. */
export function frameAfter(ticks: readonly number[], shown: number, present: number): number | null {
  const next = ticks.find((tick) => tick > shown);
  return next === undefined || next >= present ? null : next;
}

/** The tick of the oldest frame that can be looked at. */
export const firstTick = (app: App): number => app.document?.history.first ?? 0;

/** @param ticksPerSec null: as fast as it goes. */
export async function play(app: App, ticksPerSec: number | null): Promise<void> {
  app.scrub(null);
  app.ticksPerSec = ticksPerSec;
  await app.attempt('play the run', 'run.play', { ticksPerSec });
}

export const pause = (app: App): Promise<unknown> => app.attempt('pause the run', 'run.pause', {});

/** At once while it is playing. */
export async function changeSpeed(app: App, direction: 1 | -1): Promise<void> {
  app.ticksPerSec = nextSpeed(app.ticksPerSec, direction);
  if (app.document?.playing) await play(app, app.ticksPerSec);
}

/** One tick of the world; in the past, one frame of what was recorded. */
export async function step(app: App): Promise<void> {
  if (app.at !== null) app.scrub(frameAfter(app.series.ticks, app.shownTick, app.document!.tick));
  else await app.attempt('step the run', 'run.step', { ticks: 1 });
}

export function stepBack(app: App): void {
  if (app.shownTick > firstTick(app)) app.scrub(app.shownTick - 1);
}
