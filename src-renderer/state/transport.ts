/** Playing, stepping and looking back: what the transport of the toolbar and its keys do. */
import type { App } from './app.svelte.ts';
import { nextSpeed } from './speed.ts';

/**
 * The recorded tick so many frames after the one shown (before: negative), of ascending ticks of frames; null: the present.
 * @param shown the frame of this tick is shown, or the last before it.
 */
export function frameFrom(ticks: readonly number[], shown: number, frames: number, present: number): number | null {
  const at = ticks.findLastIndex((tick) => tick <= shown);
  const to = ticks[Math.max(0, at + frames)];
  return to === undefined || to >= present ? null : to;
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
  if (app.at !== null) await stepFrames(app, 1);
  else await app.attempt('step the run', 'run.step', { ticks: 1 });
}

export const stepBack = (app: App): Promise<void> => stepFrames(app, -1);

/** Keys come faster than answers: each step begins where the one before has come to. */
let stepping: Promise<void> = Promise.resolve();

/** Shows the frame so many after the one shown, by the ticks of the frames that there are. */
export function stepFrames(app: App, frames: number): Promise<void> {
  stepping = stepping.then(async () => {
    const { document, at } = app;
    if (document === null || (at === null && frames > 0)) return;
    const ticks = (await app.attempt('find the frame', 'view.frames', {}))?.ticks ?? null;
    if (ticks === null || app.document?.id !== document.id || app.at !== at) return;
    const shown = at ?? app.shownTick - 1;
    app.scrub(frameFrom(ticks, shown, at === null ? frames + 1 : frames, app.document.tick));
  });
  return stepping;
}
