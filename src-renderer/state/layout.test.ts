import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_LAYOUT,
  panelLimits,
  PANELS,
  panelSizes,
  readLayout,
  withOpen,
  withSize,
  writeLayout,
} from './layout.ts';
import type { Memory } from './memory.ts';

const memoryOf = (layout?: string): Memory & { kept: Map<string, string> } => {
  const kept = new Map<string, string>(layout === undefined ? [] : [['layout', layout]]);
  return { kept, get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value) };
};

describe('sizes', () => {
  test('are those of the design at 1280 x 800', () => {
    const open = withOpen(DEFAULT_LAYOUT, 'drawer', true);
    expect(panelSizes(open, 1280, 800)).toEqual({ left: 260, inspector: 300, time: 150, drawer: 200 });
  });

  test('a closed panel takes nothing and gives its room to the view', () => {
    expect(panelSizes(withOpen(DEFAULT_LAYOUT, 'left', false), 1280, 800).left).toBe(0);
  });

  test('what a person set comes back when the window is large again', () => {
    const wide = withSize(DEFAULT_LAYOUT, 'inspector', 600);
    expect(panelSizes(wide, 1920, 1080).inspector).toBe(600);
    expect(panelSizes(wide, 900, 1080).inspector).toBeLessThan(400);
    expect(panelSizes(wide, 1920, 1080).inspector).toBe(600);
    expect(panelSizes(withSize(wide, 'inspector', null), 1280, 800).inspector).toBe(300);
  });

  test('the view keeps its room in any window, whatever was set', () => {
    const size = fc.option(fc.integer({ min: 0, max: 5000 }), { nil: null });
    const sizes = fc.record({ left: size, inspector: size, time: size, drawer: size });
    const open = { left: true, inspector: true, time: true, drawer: true };
    fc.assert(
      fc.property(sizes, fc.integer({ min: 640, max: 4000 }), fc.integer({ min: 420, max: 2400 }), (set, w, h) => {
        const layout = { sizes: set, open };
        const { left, inspector, time, drawer } = panelSizes(layout, w, h);
        expect(w - left - inspector).toBeGreaterThanOrEqual(480);
        expect(h - 72 - time - drawer).toBeGreaterThanOrEqual(220);
        for (const panel of PANELS) {
          const { min, max } = panelLimits(panel, layout, w, h);
          expect(min).toBeLessThanOrEqual(max);
        }
      }),
    );
  });
});

describe('what is remembered', () => {
  test('comes back as it was set', () => {
    const memory = memoryOf();
    const layout = withOpen(withSize(DEFAULT_LAYOUT, 'left', 320), 'inspector', false);
    writeLayout(memory, layout);
    expect(readLayout(memory)).toEqual(layout);
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['another thing', '[1]'],
    ['null', 'null'],
    ['wrong types', '{"sizes":{"left":"wide","time":null},"open":{"left":1,"drawer":"yes"}}'],
  ])('%s: the default', (_, text) => {
    expect(readLayout(memoryOf(text))).toEqual(DEFAULT_LAYOUT);
  });

  test('a size out of bounds is brought back', () => {
    const { sizes } = readLayout(memoryOf('{"sizes":{"left":1e9,"time":-4,"drawer":null}}'));
    expect(sizes).toEqual({ left: 480, inspector: null, time: 96, drawer: null });
  });
});
