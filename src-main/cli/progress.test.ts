/** Rates and times left on made-up clocks. */
import { describe, expect, it } from 'vitest';
import { ProgressLine, RunMeter } from './progress.ts';

const progress = (tick: number, owedPages: number, lastTick: number | null = null) => ({
  tick,
  tickMs: 100,
  lastTick,
  owedPages,
  pendingCommands: 0,
});

describe('a meter', () => {
  it('says percent, rate and time left of a run of known length', () => {
    const meter = new RunMeter();
    meter.add(progress(0, 0, 1000), 0);
    meter.add(progress(250, 0, 1000), 2500);
    expect(meter.text(progress(250, 0, 1000))).toBe(
      'running 25 %, tick 250 of 1\u202f000 (25 s), 100 ticks/s, 0 pages owed, 8 s left',
    );
  });

  it('reckons with a constant rate of decay otherwise', () => {
    const meter = new RunMeter();
    meter.add(progress(0, 1024), 0);
    meter.add(progress(10, 512), 1000);
    // Halved each second: 512 pages are less than one after nine seconds more.
    expect(meter.text(progress(10, 512))).toMatch(
      /^running, tick 10 \(1 s\), 10 ticks\/s, 512 pages owed, about (9|10) s left$/,
    );
  });

  it('says no time left where none can be known', () => {
    const meter = new RunMeter();
    expect(meter.text(progress(0, 5))).toBe('running, tick 0 (0 s), 5 pages owed');
    meter.add(progress(0, 5), 0);
    meter.add(progress(10, 50), 1000);
    expect(meter.text(progress(10, 50))).not.toContain('left');
  });

  it('looks at the last seconds only', () => {
    const meter = new RunMeter();
    for (let s = 0; s <= 20; s++) meter.add(progress(s < 10 ? s : 10 + (s - 10) * 50, 0, 5000), s * 1000);
    expect(meter.text(progress(510, 0, 5000))).toContain(', 50 ticks/s, ');
  });
});

describe('a line', () => {
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    return {
      written,
      stream: { isTTY, columns: 20, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream,
    };
  };

  it('writes nothing into a pipe', () => {
    const { written, stream: pipe } = stream(false);
    const line = new ProgressLine(pipe);
    line.show(() => 'text');
    line.clear();
    expect(written).toEqual([]);
  });

  it('fits a terminal, is redrawn in place and leaves nothing behind', () => {
    const { written, stream: terminal } = stream(true);
    const line = new ProgressLine(terminal);
    line.show(() => 'a line that is longer than the terminal');
    line.show(() => 'too soon');
    line.clear();
    expect(written).toEqual(['\r\u001b[Ka line that is long', '\r\u001b[K']);
  });
});
