import { describe, expect, it } from 'vitest';
import { idList } from '../../shared/view/id-list.ts';
import type { IdSeparator } from './id-list.ts';
import { MAX_ID, newIdBudget, parseIdList } from './id-list.ts';

const parse = (text: string, separator: IdSeparator = 'comma') => parseIdList(text, separator, newIdBudget());
const idsOf = (text: string, separator: IdSeparator = 'comma') => {
  const result = parse(text, separator);
  return result.ok ? result.ids : `${result.term}: ${result.reason}`;
};

describe('id lists', () => {
  it('reads what libvirt and the kernel write', () => {
    expect(idsOf('0-3,8')).toEqual([0, 1, 2, 3, 8]);
    expect(idsOf('0-5,^4')).toEqual([0, 1, 2, 3, 5]);
    expect(idsOf('1-2,5-7,^6')).toEqual([1, 2, 5, 7]);
    expect(idsOf(' 7 , 1 - 2 ')).toEqual([1, 2, 7]);
    expect(idsOf('')).toEqual([]);
    expect(idsOf(`${MAX_ID}`)).toEqual([MAX_ID]);
  });

  it('applies exclusions from left to right', () => {
    expect(idsOf('^4,0-5')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(idsOf('0-5,^4,4')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('reads what numactl writes, with and without --cpu-compress', () => {
    expect(idsOf('0 1  2', 'blank')).toEqual([0, 1, 2]);
    expect(idsOf('0-2 8', 'blank')).toEqual([0, 1, 2, 8]);
    expect(idsOf('0-2, 8', 'blank')).toEqual([0, 1, 2, 8]);
  });

  it('tells ids that are named again', () => {
    expect(parse('1,1-2')).toEqual({ ok: true, ids: [1, 2], repeated: [1] });
  });

  it.each([
    ['7-3', 'descends'],
    ['0-', 'neither'],
    ['-3', 'neither'],
    ['0-1-2', 'neither'],
    ['0,,1', 'missing'],
    ['0,1,,', 'missing'],
    ['a', 'neither'],
    ['0x1', 'neither'],
    ['1.5', 'neither'],
    ['^1-2', 'single'],
    ['1000000000', 'largest'],
    ['0-4294967295', 'largest'],
    ['99999999999999999999999999', 'neither'],
    ['__proto__', 'neither'],
  ])('refuses %j with its reason', (text, reason) => {
    expect(idsOf(text)).toContain(reason);
  });

  it('spends one budget on many short ranges', () => {
    const result = parse(`${'0-65535,'.repeat(1000)}1`);
    expect(result).toMatchObject({ ok: false, term: '0-65535', reason: expect.stringContaining('too many') });
  });

  it('prints ranges', () => {
    expect(idList([0])).toBe('0');
    expect(idList([0, 1])).toBe('0-1');
    expect(idList([0, 8, 252, 253, 254, 255])).toBe('0,8,252-255');
    expect(idList([])).toBe('');
  });
});
