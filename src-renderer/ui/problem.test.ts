import { expect, test } from 'vitest';
import type { Diagnostic, Severity } from '../../shared/errors/index.ts';
import { placeText, worstFirst } from './problem.ts';

const of = (severity: Severity, slug: string): Diagnostic => ({ severity, slug, message: '', where: {} });

test('errors before warnings before notes, else as given', () => {
  const list = [of('note', 'n'), of('error', 'e1'), of('warning', 'w'), of('error', 'e2')];
  expect(worstFirst(list).map(({ slug }) => slug)).toEqual(['e1', 'e2', 'w', 'n']);
  expect(list[0]!.slug).toBe('n');
});

test('a place is file, line and column, and the path in it', () => {
  expect(placeText({ file: 'host.xml', line: 12, column: 3, path: '/capabilities' })).toBe(
    'host.xml:12:3 at /capabilities',
  );
  expect(placeText({ file: 'host.xml', column: 3 })).toBe('host.xml');
  expect(placeText({ path: '/vms/0' })).toBe('at /vms/0');
  expect(placeText({ path: '' })).toBe('');
});
