import { describe, expect, it } from 'vitest';
import { DiagnosticList } from './diagnostic-list.ts';
import { readSizeKib } from './libvirt-size.ts';

const kib = (value: string, unit?: string) => {
  const list = new DiagnosticList('f');
  const size = readSizeKib(value, unit, {}, list);
  return (
    size ??
    list
      .read(null)
      .diagnostics.map((d) => d.slug)
      .join()
  );
};

describe('libvirt sizes', () => {
  // Expected numbers by hand from libvirt's documentation of <memory unit>.
  it.each([
    ['1', undefined, 1],
    ['1', 'b', 1],
    ['1024', 'bytes', 1],
    ['1025', 'b', 2],
    ['0', 'b', 0],
    ['1', 'KB', 1],
    ['1024', 'KB', 1000],
    ['1', 'k', 1],
    ['1', 'KiB', 1],
    ['1', 'MB', 977],
    ['1', 'M', 1024],
    ['1', 'MiB', 1024],
    ['1', 'GB', 976563],
    ['1', 'G', 1048576],
    ['1', 'gib', 1048576],
    ['1', 'TB', 976562500],
    ['1', 'T', 1073741824],
    ['1', 'TiB', 1073741824],
    [' 219136 ', 'KiB', 219136],
  ])('%s %s', (value, unit, expected) => {
    expect(kib(value, unit)).toBe(expected);
  });

  it.each(['-1', 'NaN', '1.5', '', '1e3', '0x10', 'Infinity', '9'.repeat(31)])('refuses %j', (value) => {
    expect(kib(value)).toBe('size-invalid');
  });

  it('refuses what overflows and units it does not know', () => {
    expect(kib('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(kib('9007199254740992')).toBe('size-too-large');
    expect(kib('8', 'EiB')).toBe('size-too-large');
    expect(kib('1', '')).toBe(kib('1', 'KiB'));
    for (const unit of ['x', 'KiBi', 'kbit', 'constructor']) expect(kib('1', unit)).toBe('unit-unknown');
  });
});
