import { expect, test } from 'vitest';
import type { ComparedFigure, ComparedVariant } from '../../../shared/protocol/guest.ts';
import { guestCounters, nodeFigure, nodeLines, placeText, sortedDifferences, strandedLine } from './compare-table.ts';

const figure = (nid: number | null, zone: number | null, counter: string, value: number): ComparedFigure => ({
  ...{ nid, zone, counter, value },
});
const variant = (name: string, figures: ComparedFigure[]): ComparedVariant => ({
  ...{ name, text: name, figures, ticks: [0, 10, 20], stranded: [0, 40, 10], hash: '' },
});

const CORRECT = variant('correct', [
  figure(0, null, 'presentPages', 11_008),
  figure(1, null, 'presentPages', 10_880),
  figure(0, null, 'freePages', 11_008),
  figure(1, 0, 'freePages', 1408),
  figure(1, 1, 'freePages', 9472),
]);
const RFC = variant('this', [
  figure(0, null, 'presentPages', 11_008),
  figure(1, null, 'presentPages', 1408),
  figure(0, null, 'freePages', 11_264),
  figure(1, null, 'freePages', 10_240),
]);

test('sizes and free stand beside each other as numactl prints them, and what is wrong is pointed at', () => {
  expect(nodeLines(CORRECT, RFC)).toEqual([
    { nid: 0, referenceSize: 43, size: 43, referenceFree: 43, free: 44, sizeIsWrong: false, freeIsWrong: true },
    { nid: 1, referenceSize: 42, size: 5, referenceFree: 42, free: 40, sizeIsWrong: true, freeIsWrong: true },
  ]);
  expect(nodeFigure(CORRECT, 1, 'freePages')).toBe(10_880);
  expect(nodeFigure(CORRECT, 1, 'pcpPages')).toBeNull();
  expect(nodeLines(CORRECT, null)[0]).toMatchObject({ referenceSize: 43, size: null });
});

test('a figure is named by where it stands, the larger things first', () => {
  const zone = { ...figure(1, 1, 'managedPages', 16_384), reference: 9472, because: ['nrZonesAssign'], why: '' };
  const node = { ...figure(1, null, 'presentPages', 1408), reference: 10_880, because: [], why: '' };
  const guest = { ...figure(null, null, 'frobs', 1), reference: 0, because: [], why: '' };
  expect(sortedDifferences([zone, node, guest]).map(placeText)).toEqual([
    'node 1, present (T)',
    'guest, frobs',
    'node 1 DMA32, managed (T)',
  ]);
});

test('variants have the counters of the guest that any of them has, and a line over time', () => {
  const slow = variant('oldest', [figure(null, null, 'relabelled', 3), figure(null, null, 'moved', 1)]);
  expect(guestCounters([variant('plain', [figure(null, null, 'moved', 4)]), slow])).toEqual(['moved', 'relabelled']);
  expect(strandedLine(slow, 40, 100, 20)).toBe('0,20 50,0 100,15');
  expect(strandedLine({ ...slow, ticks: [5], stranded: [0] }, 0, 100, 20)).toBe('0,20');
});
