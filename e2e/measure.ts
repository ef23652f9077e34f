/** What a person waits for, measured in the page itself by real input events: clicks until painted, and frames. */
import type { Page } from '@playwright/test';

export interface Place {
  readonly x: number;
  readonly y: number;
}

interface Measuring {
  clickMs: number[];
  frameTimes: number[];
  /** Of the frames under way. */
  run: object | null;
}

/** Clicks at the places in turn. From the time stamp of each click to after the next frame was painted, in ms. */
export async function clickTimes(page: Page, places: readonly Place[], count: number): Promise<number[]> {
  await page.evaluate(() => {
    const own = window as unknown as Measuring;
    own.clickMs = [];
    const afterPaint = new MessageChannel();
    const stamps: number[] = [];
    // A message that is posted in a frame's callback is delivered after that frame was painted.
    afterPaint.port1.onmessage = () => {
      for (const stamp of stamps.splice(0)) own.clickMs.push(performance.now() - stamp);
    };
    addEventListener(
      'click',
      ({ timeStamp }) => {
        requestAnimationFrame(() => {
          stamps.push(timeStamp);
          afterPaint.port2.postMessage(null);
        });
      },
      true,
    );
  });
  for (let i = 0; i < count; i++) {
    const { x, y } = places[i % places.length]!;
    await page.mouse.click(x, y);
    await page.waitForTimeout(60 + ((i * 37) % 50)); // out of step with frames and ticks
  }
  await page.waitForFunction((wanted) => (window as unknown as Measuring).clickMs.length >= wanted, count);
  return await page.evaluate(() => (window as unknown as Measuring).clickMs);
}

/** From frame to frame in ms, while something is done for so long. */
export async function frameTimes(page: Page, ms: number, step: (n: number) => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const own = window as unknown as Measuring;
    const run = {};
    own.frameTimes = [];
    own.run = run;
    const frame = (now: number): void => {
      if (own.run !== run) return;
      own.frameTimes.push(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const end = Date.now() + ms;
  for (let n = 0; Date.now() < end; n++) await step(n);
  const times = await page.evaluate(() => {
    const own = window as unknown as Measuring;
    own.run = null;
    return own.frameTimes;
  });
  return times.slice(1).map((time, i) => time - times[i]!);
}
