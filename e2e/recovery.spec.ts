/**
 * A kill (SIGKILL, so that nothing gets to say goodbye) in the middle of a run: the journal has the commands given and how
 * far the run had come; recovered, it stands where an uninterrupted run stands at that tick.
 */
import { expect, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { savedText } from './saved-file.ts';
import { madeScenario } from './scenario.ts';
import { Screen } from './screen.ts';

const SCENARIO = madeScenario({
  name: 'Killed in the middle',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [{ name: 'survivor', memoryMiB: 256 }],
  meanMs: 20_000,
});
const TICKS_PER_SEC = 100;

test.use({ own: true });

test('killed while it runs, and recovered', async ({ application, ui }) => {
  await ui.importFiles([{ name: 'killed.pageshift.json', text: SCENARIO }]);
  await ui.step();
  await ui.compact({ vm: 'survivor', node: 1 });
  await ui.setSpeed(TICKS_PER_SEC);
  await ui.play();
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(150);
  const { tick: lastSeen } = await ui.standing();
  await application.kill();

  const again = Screen.of(await application.start());
  await again.start();
  await again.recover('Killed in the middle');
  await again.ready();
  await expect(again.page.getByRole('button', { name: /^Undo compact survivor to node 1/ })).toBeEnabled();
  const recovered = await again.standing();
  // Nothing is lost beyond the last second.
  expect(recovered.tick).toBeGreaterThanOrEqual(lastSeen - TICKS_PER_SEC);

  const path = await application.saving(again.page, 'recovered.pageshift.json', () => again.command('Save as…'));
  const { tick, chain } = referenceRun(await savedText(path, 'survivor'), recovered.tick);
  expect({ tick, chain: chain.slice(0, 8) }).toEqual(recovered);

  // It goes on as it would have.
  await again.step();
  await again.page.getByRole('button', { name: /^Undo compact survivor/ }).click();
  await expect.poll(async () => (await again.standing()).tick).toBe(1);
});

test('what was recovered and discarded is not offered again', async ({ application, ui }) => {
  await ui.importFiles([{ name: 'killed.pageshift.json', text: SCENARIO }]);
  await ui.step();
  await ui.compact({ vm: 'survivor', node: 1 });
  await application.kill();
  const again = Screen.of(await application.start());
  await again.discardRecovery('Killed in the middle');
  await expect(again.page.getByRole('button', { name: /Recover/ })).toHaveCount(0);
  await application.kill();
  const third = Screen.of(await application.start());
  await third.start();
  await expect(third.page.getByRole('button', { name: /Recover/ })).toHaveCount(0);
});
