/** Who looks never changes the world: closing, reloading and opening windows during a run leaves its hash as it was. */
import { expect, test } from './fixture.ts';
import { referenceRun } from './reference.ts';
import { madeScenario } from './scenario.ts';
import { Screen } from './screen.ts';

const SCENARIO = madeScenario({
  name: 'Watched by many',
  nodes: 2,
  nodeMemoryMiB: 1024,
  vms: [
    { name: 'watched', memoryMiB: 256 },
    { name: 'other', memoryMiB: 128 },
  ],
  meanMs: 60_000,
});
const COMMAND = { type: 'compact', vm: 'watched', nodes: [1] };

/** The run as it is without any window: the command was given at tick 1. */
function unwatched(tick: number, rateMiBps: number): { readonly tick: number; readonly chain: string } {
  const scenario = JSON.parse(SCENARIO) as { commands: unknown[] };
  scenario.commands.push({ at: 1, ...COMMAND, rateMiBps });
  const run = referenceRun(JSON.stringify(scenario), tick);
  return { tick: run.tick, chain: run.chain.slice(0, 8) };
}

const RATE_MIBPS = 64;

test.use({ own: true });

test('reloaded, looked at from a second window, scrubbed and closed', async ({ application, ui }) => {
  await ui.importFiles([{ name: 'watched.pageshift.json', text: SCENARIO }]);
  await ui.step();
  await ui.compact({ vm: 'watched', node: 1, rateMiBps: RATE_MIBPS });
  await ui.setSpeed(100);
  await ui.play();

  // Reloaded: it shows the same document again, further on.
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(20);
  const beforeReload = await ui.standing();
  await ui.page.reload();
  await ui.ready();
  await expect.poll(async () => (await ui.standing()).tick).toBeGreaterThan(beforeReload.tick);

  // A second window looks at every view and into the past.
  const second = Screen.of(await application.anotherWindow());
  await second.showOpenDocument('Watched by many');
  for (const view of ['Guest', 'Accounting', 'Migrations', 'Host'] as const) await second.show(view);
  await second.lookAtTheBeginning();
  await second.backToNow();
  await expect.poll(async () => (await second.standing()).tick).toBeGreaterThan(beforeReload.tick);

  // The first is closed; the run goes on.
  const beforeClose = await second.standing();
  await ui.page.close();
  await expect.poll(async () => (await second.standing()).tick).toBeGreaterThan(beforeClose.tick + 10);

  const stopped = await second.pause();
  expect(stopped).toEqual(unwatched(stopped.tick, RATE_MIBPS));
});
