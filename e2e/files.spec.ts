/** Files: hosts and VMs dropped together, problems of bad ones, and a document saved, opened, and changed by somebody else. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, IN_WEB, test } from './fixture.ts';
import { commandsIn } from './saved-file.ts';
import { madeScenario } from './scenario.ts';
import type { DroppedFile } from './screen.ts';
import { Screen } from './screen.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const realFiles = join(root, '..', 'shared', 'data');

const fileAt = (path: string): DroppedFile => ({ name: basename(path), text: readFileSync(path, 'utf8') });

const SMALL_VM = `<domain type='kvm'>
  <name>small</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os><type arch='ppc64le'>hvm</type></os>
</domain>`;

/** Real files where they lie beside the repository; otherwise the readers' own fixtures. */
const REAL = existsSync(realFiles)
  ? {
      files: [
        'domain/vcpu-placement-static.xml',
        'domain/cpu-numa-disjoint.xml',
        'capabilities/vircaps-x86_64-basic.xml',
        'domain/cputune.xml',
      ].map((path) => fileAt(join(realFiles, path))),
      host: 'vircaps-x86_64-basic',
      nodes: 4,
      vms: ['QEMUGuest1', 'dummy2', 'QEMUGuest1-2'],
    }
  : {
      files: [
        { name: 'small.xml', text: SMALL_VM },
        fileAt(join(root, 'src-main/formats/libvirt-capabilities/fixtures/sparse-power.xml')),
      ],
      host: 'sparse-power',
      nodes: 3,
      vms: ['small'],
    };

test('a host and its VMs, dropped together in any order', async ({ ui }) => {
  await ui.importFiles(REAL.files);
  expect((await ui.vmNames()).toSorted()).toEqual(REAL.vms.toSorted());
  const use = await ui.hostUse();
  expect(use).toHaveLength(REAL.nodes);
  await expect(ui.page.getByText(REAL.host).first()).toBeVisible();
  await ui.step();
  await ui.showVm(REAL.vms[0]!, 'Accounting');
  await ui.expectAccountsClose(REAL.vms[0]!);
});

const SCENARIO = madeScenario({
  name: 'Kept in a file',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [{ name: 'kept', memoryMiB: 128 }],
  meanMs: 1000,
});

const BAD: readonly {
  readonly what: string;
  readonly files: readonly DroppedFile[];
  readonly says: readonly RegExp[];
}[] = [
  {
    what: 'text that is nothing we read',
    files: [{ name: 'notes.txt', text: 'milk, bread, 2 x 64 GiB' }],
    says: [/This is not a format that Pageshift reads/],
  },
  {
    what: 'a broken XML file',
    files: [{ name: 'host.xml', text: '<capabilities><host><topology><cells num="2"><cell id="0">' }],
    says: [/host\.xml:1/, /The text ends inside the element/],
  },
  {
    what: 'a scenario with two mistakes: both are reported',
    files: [
      {
        name: 'wrong.pageshift.json',
        text: SCENARIO.replace('"seed": 1', '"seed": "one"').replace('"tickMs": 100', '"tickMilliseconds": 100'),
      },
    ],
    says: [/wrong\.pageshift\.json/, /seed/, /tickMilliseconds/],
  },
  {
    what: 'a VM without a host',
    files: [{ name: 'small.xml', text: SMALL_VM }],
    says: [/None of the files describes a host/],
  },
];

// That a dropped file reaches main differs between the shells; what main makes of it does not.
for (const [i, { what, files, says }] of BAD.entries()) {
  test(`${what}: nothing is opened, and the problem and its place are shown`, i === 0 ? {} : IN_WEB, async ({ ui }) => {
    await ui.drop(files);
    for (const text of says) await expect(ui.page.getByText(text).first()).toBeVisible();
    await ui.start();
    // The window goes on: a good file opens.
    await ui.importFiles([{ name: 'good.pageshift.json', text: SCENARIO }]);
    await ui.step();
  });
}

test('a VM that is larger than its host is kept with the host, not placed, and said to be', IN_WEB, async ({ ui }) => {
  await ui.drop([
    { name: 'large.xml', text: SMALL_VM.replace('256', '262144').replace('small', 'large') },
    fileAt(join(root, 'src-main/formats/libvirt-capabilities/fixtures/sparse-power.xml')),
  ]);
  await expect(ui.page.getByText(/VM "large" is kept, but not placed/).first()).toBeVisible();
});

test('bad files dropped over an open document leave it as it was', IN_WEB, async ({ ui }) => {
  await ui.importFiles([{ name: 'good.pageshift.json', text: SCENARIO }]);
  await ui.step();
  const before = await ui.standing();
  await ui.drop(BAD[0]!.files);
  await expect(ui.page.getByText(/This is not a format/).first()).toBeVisible();
  expect(await ui.standing()).toEqual(before);
  expect(await ui.vmNames()).toEqual(['kept']);
});

test.describe('with an application of its own', () => {
  test.use({ own: true });

  test('saved, saved as, and opened again', async ({ application, ui }) => {
    await ui.importFiles([{ name: 'kept.pageshift.json', text: SCENARIO }]);
    await ui.step();
    await ui.compact({ vm: 'kept', node: 1 });
    const first = await application.saving(ui.page, 'first.pageshift.json', () => ui.command('Save'));
    await expect.poll(() => commandsIn(first)).toBe(1);

    // Saved where it is from now on: no question.
    await ui.step();
    await ui.compact({ vm: 'kept', node: 0 });
    await ui.page.keyboard.press('Control+s');
    await expect.poll(() => commandsIn(first)).toBe(2);

    const second = await application.saving(ui.page, 'second.pageshift.json', () => ui.command('Save as…'));
    await expect.poll(() => commandsIn(second)).toBe(2);
    await application.quit();

    const again = Screen.of(await application.start());
    await again.start();
    await expect(again.page.getByText('second.pageshift.json').first()).toBeVisible(); // recent
    await application.opening(again.page, first, () => again.page.keyboard.press('Control+o'));
    await again.ready();
    expect(await again.vmNames()).toEqual(['kept']);
    await again.playUntilSettled();
  });

  test('a file given on the command line is opened in the first window', async ({ application }) => {
    const path = join(application.home.documents, 'given.pageshift.json');
    writeFileSync(path, SCENARIO);
    const ui = Screen.of(await application.start(path));
    await ui.ready();
    expect(await ui.vmNames()).toEqual(['kept']);
  });

  test('a file that somebody else changed is noticed, and read again or kept', async ({ application }) => {
    const path = join(application.home.documents, 'shared.pageshift.json');
    writeFileSync(path, SCENARIO);
    const ui = Screen.of(await application.start(path));
    await ui.ready();
    const { page } = ui;

    writeFileSync(path, SCENARIO.replaceAll('"kept"', '"renamed"'));
    await expect(page.getByText(/changed on disk/i).first()).toBeVisible();
    expect(await ui.vmNames()).toEqual(['kept']);
    await page.getByRole('button', { name: /keep/i }).click();
    await expect(page.getByText(/changed on disk/i)).toHaveCount(0);
    expect(await ui.vmNames()).toEqual(['kept']);

    writeFileSync(path, SCENARIO.replaceAll('"kept"', '"again"'));
    await expect(page.getByText(/changed on disk/i).first()).toBeVisible();
    await page.getByRole('button', { name: /reload|read/i }).click();
    await expect.poll(() => ui.vmNames()).toEqual(['again']);
  });
});
