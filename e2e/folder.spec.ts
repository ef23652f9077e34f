/** A folder of what the tools of one host printed opens as that host, whatever else lies in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './fixture.ts';

const HOST = `available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 4096 MB
node 0 free: 2000 MB
node 1 cpus: 2 3
node 1 size: 4096 MB
node 1 free: 2000 MB
node distances:
node   0   1
  0:  10  20
  1:  20  10
`;
const domain = (name: string): string =>
  `<domain type='kvm'><name>${name}</name><memory unit='MiB'>256</memory><vcpu>2</vcpu></domain>`;

test('a folder of a host is chosen, and is one host with its VMs', async ({ ui }) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'pageshift-folder-')), 'kvm-07');
  mkdirSync(join(folder, 'xml'), { recursive: true });
  writeFileSync(join(folder, 'numactl-H.txt'), HOST);
  for (const name of ['db', 'web']) writeFileSync(join(folder, 'xml', `${name}.xml`), domain(name));
  writeFileSync(join(folder, 'notes.txt'), 'milk, bread');
  const chooser = ui.page.waitForEvent('filechooser');
  await ui.command('Import a folder of a host…');
  await (await chooser).setFiles(folder);
  await ui.ready();
  expect(await ui.vmNames()).toEqual(['db', 'web']);
  await expect(ui.page.getByRole('tab', { name: /^Problems/ })).not.toHaveText(/Problems\s*0$/);
  await ui.command('Show problems');
  await expect(ui.page.getByRole('list', { name: 'Problems' })).toContainText('This file is not read.');
  rmSync(folder, { recursive: true, force: true });
});
