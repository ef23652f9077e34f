import { expect, test } from 'vitest';
import { PLAIN_RFC } from '../../../shared/model/beyond.ts';
import type { ComparedFigure, ComparedVariant } from '../../../shared/model/comparison.ts';
import {
  guestCounters,
  nodeFigure,
  nodeLines,
  nodesOf,
  placeText,
  sortedDifferences,
  strandedLine,
} from './compare-table.ts';

const figure = (nid: number | null, zone: number | null, counter: string, value: number): ComparedFigure => ({
  ...{ nid, zone, counter, value },
});
const variant = (name: ComparedVariant['name'], figures: ComparedFigure[]): ComparedVariant => ({
  ...{ name, switches: [], beyond: PLAIN_RFC, figures, ticks: [0, 10, 20], stranded: [0, 40, 10], hash: '' },
});
const never = ['presentPages', 'freePages', 'nrZones'].map((counter) => figure(3, null, counter, 0));

const CORRECT = variant('correct', [
  figure(0, null, 'presentPages', 11_008),
  figure(1, null, 'presentPages', 10_880),
  figure(0, null, 'freePages', 11_008),
  figure(1, 0, 'freePages', 1408),
  figure(1, 1, 'freePages', 9472),
  figure(2, null, 'presentPages', 0),
  figure(2, null, 'freePages', 0),
  figure(2, null, 'nrZones', 2),
  ...never,
]);
const RFC = variant('this', [
  figure(0, null, 'presentPages', 11_008),
  figure(1, null, 'presentPages', 1408),
  figure(0, null, 'freePages', 5000),
  figure(1, null, 'freePages', 10_240),
  figure(2, null, 'presentPages', 0),
  figure(2, null, 'freePages', 0),
  ...never,
]);

test('sizes and free stand beside each other as numactl prints them, and what is wrong is pointed at', () => {
  expect(nodeLines(CORRECT, RFC)).toEqual([
    // Less free is chance.
    { nid: 0, referenceSize: 43, size: 43, referenceFree: 43, free: 19, sizeIsWrong: false, freeIsWrong: false },
    { nid: 1, referenceSize: 42, size: 5, referenceFree: 42, free: 40, sizeIsWrong: true, freeIsWrong: true },
    { nid: 2, referenceSize: 0, size: 0, referenceFree: 0, free: 0, sizeIsWrong: false, freeIsWrong: false },
  ]);
  expect(nodeFigure(CORRECT, 1, 'freePages')).toBe(10_880);
  expect(nodeFigure(CORRECT, 1, 'pcpPages')).toBeNull();
  expect(nodeLines(CORRECT, null)[0]).toMatchObject({ referenceSize: 43, size: null, freeIsWrong: false });
});

test('a node that has never been online has no line; one that has lost its pages has', () => {
  expect(nodesOf([CORRECT, RFC])).toEqual([0, 1, 2]);
  expect(nodesOf([RFC])).toEqual([0, 1]);
});

test('a figure is named by where it stands, nodes before zones before the guest', () => {
  const zone = { ...figure(1, 1, 'managedPages', 16_384), reference: 9472, causes: [] };
  const node = { ...figure(1, null, 'presentPages', 1408), reference: 10_880, causes: [] };
  const guest = { ...figure(null, null, 'movedSweep', 1), reference: 0, causes: [] };
  expect(sortedDifferences([guest, zone, node]).map(placeText)).toEqual([
    'node 1, present (T)',
    'node 1 DMA32, managed (T)',
    'guest, moved by sweeps',
  ]);
});

test('variants have the counters of the guest that differ, and a line over time', () => {
  const plain = variant('plain', [figure(null, null, 'allocs', 4), figure(null, null, 'lookups', 7)]);
  const slow = variant('activePass', [
    ...[figure(null, null, 'allocs', 4), figure(null, null, 'lookups', 6), figure(null, null, 'relabelled', 3)],
  ]);
  expect(guestCounters([plain, slow])).toEqual(['relabelled', 'lookups']);
  expect(strandedLine(slow, 40, 100, 20)).toBe('0,20 50,0 100,15');
  expect(strandedLine({ ...slow, ticks: [5], stranded: [0] }, 0, 100, 20)).toBe('0,20');
});
