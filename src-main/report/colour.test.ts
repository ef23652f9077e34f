import { describe, expect, test } from 'vitest';
import { HUES_DARK, HUES_LIGHT, PAGE_DARK, PAGE_LIGHT } from '../../shared/view/index.ts';
import { NodeColours } from './colour.ts';
import type { SnapshotHeader } from '../../shared/columns/index.ts';

type Triple = readonly [number, number, number];

/** sRGB hex to linear light. */
const linear = (hex: string): Triple =>
  [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;

/** WCAG 2 contrast ratio. */
function contrast(a: string, b: string): number {
  const [la, lb] = [a, b].map((hex) => {
    const [r, g, bl] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  }) as [number, number];
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Record<string, readonly Triple[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** OKLab (Ottosson 2020) of a colour as an eye sees it. */
function seen(hex: string, eye: readonly Triple[]): Triple {
  const light = linear(hex);
  const [r, g, b] = eye.map((row) =>
    Math.max(0, row[0] * light[0] + row[1] * light[1] + row[2] * light[2]),
  ) as unknown as Triple;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

describe('colours of host nodes', () => {
  test.each([
    ['light', HUES_LIGHT, PAGE_LIGHT],
    ['dark', HUES_DARK, PAGE_DARK],
  ] as const)('%s: eight hues with a contrast of at least 3', (_, hues, page) => {
    expect(hues).toHaveLength(8);
    for (const hue of hues) expect(contrast(hue, page), hue).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(EYES))('any two hues stay apart for %s eyes, in both themes', (eye) => {
    for (const hues of [HUES_LIGHT, HUES_DARK]) {
      hues.forEach((a, i) => {
        for (const b of hues.slice(0, i)) {
          const apart = Math.hypot(...seen(a, EYES[eye]!).map((x, k) => x - seen(b, EYES[eye]!)[k]!));
          // A difference of 0.02 is just seen beside one another.
          expect(apart, `${a} ${b}`).toBeGreaterThan(0.07);
        }
      });
    }
  });

  test('a guest node wears the mark of the host node it stands for; one that stands for none has its own', () => {
    const hosts = ['a', 'b'].map((name) => ({ name, nids: [0, 8], cpus: [[], []], distances: [] }));
    const colours = new NodeColours({ hosts } as unknown as SnapshotHeader);
    const b8 = colours.ofHostNode(1, 8);
    expect(b8.label).toBe('B8');
    expect(colours.ofGuestNode({ nid: 2, standsFor: { host: 1, nid: 8 } }, 2)).toEqual({ ...b8, label: '2' });
    const fills = [
      [0, 0],
      [0, 8],
      [1, 0],
      [1, 8],
    ].map(([host, nid]) => colours.ofHostNode(host!, nid!).fill);
    const lone = [0, 1, 2].map((nid) => colours.ofGuestNode({ nid, standsFor: null }, nid).fill);
    expect(new Set([...fills, ...lone]).size).toBe(7);
  });
});
