import { expect, test } from 'vitest';
import { dataFile, figureFileName, fileStem, reportFile, scenarioFile, tableFile, tablesFile } from './export-name.ts';

test.each([
  ['Two sockets, five VMs to compact', 'two-sockets-five-vms-to-compact'],
  ['  ../../etc/passwd ', 'etc-passwd'],
  ['Größe 16 GiB', 'größe-16-gib'],
  ['<script>"\u0000', 'script'],
  ['…', 'scenario'],
  ['x'.repeat(79) + ' y', 'x'.repeat(79)],
])('%j is called %s', (name, stem) => {
  expect(fileStem(name)).toBe(stem);
});

test('one way of naming', () => {
  expect([
    ...[scenarioFile('a'), dataFile('a'), reportFile('a', 'html'), reportFile('a', 'pdf')],
    ...[tableFile('a', 'hosts.csv'), tablesFile('a'), figureFileName('a', ['map', 'My VM/1'], 'svg')],
  ]).toEqual([
    ...['a.pageshift.json', 'a.json', 'a-report.html', 'a-report.pdf', 'a-hosts.csv', 'a-tables.zip'],
    'a-map-my-vm-1.svg',
  ]);
});
