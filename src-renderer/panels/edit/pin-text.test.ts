import { expect, test } from 'vitest';
import { isIdList, readPins, writePins } from './pin-text.ts';

test('pins are read as they are written, and written as they are read', () => {
  const pins = { 0: '8', 1: '8', 2: '9-10', 5: '0,2' };
  expect(writePins(pins)).toBe('0-1: 8\n2: 9-10\n5: 0,2');
  expect(readPins(writePins(pins))).toEqual({ pins, problem: null });
  expect(readPins('0-1 8\n\n  2 :9 ')).toEqual({ pins: { 0: '8', 1: '8', 2: '9' }, problem: null });
  expect(readPins('')).toEqual({ pins: {}, problem: null });
});

test('a line that is none is named, and so is a vCPU that comes twice', () => {
  expect(readPins('0: 1\nthree: 4').problem).toContain('Line 2, "three: 4"');
  expect(readPins('0: 1-').problem).toContain('Line 1');
  expect(readPins('0-2: 1\n2: 3').problem).toBe('Line 2: vCPU 2 is given twice.');
});

test('a list of ids', () => {
  expect(['0', '0-3,8', '', '1-', 'a', '1,,2'].map(isIdList)).toEqual([true, true, false, false, false, false]);
});
