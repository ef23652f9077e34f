import { expect, test } from 'vitest';
import type { LayoutInfo } from '../../../shared/protocol/guest.ts';
import { layoutText, usualPair } from './layout-choice.ts';

const layout = (seq: number, state: LayoutInfo['state'], more: Partial<LayoutInfo> = {}): LayoutInfo => ({
  ...{ seq, origin: 'debugfs', tick: state === 'staged' ? null : seq * 10, ranges: 3, pagesByNode: [1], state },
  ...more,
});

test('a staged layout is compared with the one in force, else that with the one before', () => {
  expect(usualPair([layout(0, 'kept'), layout(2, 'kept'), layout(5, 'inForce')])).toEqual({ from: 2, to: 5 });
  expect(usualPair([layout(0, 'kept'), layout(5, 'inForce'), layout(6, 'staged')])).toEqual({ from: 5, to: 6 });
  expect(usualPair([layout(0, 'kept'), layout(5, 'inForce'), layout(6, 'staged', { ranges: 0 })])).toEqual({
    from: 0,
    to: 5,
  });
  expect(usualPair([layout(0, 'inForce')])).toBeNull();
  expect(usualPair([])).toBeNull();
});

test('a layout is named by its number and when it came', () => {
  expect(layoutText(layout(0, 'inForce', { origin: 'boot', tick: 0 }), 100)).toBe('layout 0, at boot, in force');
  expect(layoutText(layout(3, 'kept'), 100)).toBe('layout 3, 3 s');
  expect(layoutText(layout(4, 'staged'), 100)).toBe('layout 4, staged');
});
