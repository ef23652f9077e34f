/**
 * The thread of a session. It steps in slices and looks at its messages between two of them, so that every question is
 * answered within a slice, or within one tick where that takes longer.
 */
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { wholeOf } from '../engine/index.ts';
import { canonicalText, readScenario } from '../scenario/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { SessionDriver } from './session-driver.ts';
import type { CallMessage, WorkerData, WorkerMessage } from './session-message.ts';
import { AFTER_FAILURE, IN_TICK, sessionMethods } from './session-methods.ts';
import { SteeredRun } from './steered-run.ts';
import { stepsOf } from './submitted-journal.ts';
import type { SteeredRunStart } from './steered-run.ts';
import { errorData, ThreadDoor } from './thread.ts';

const door = new ThreadDoor<CallMessage, WorkerMessage>();
const post = (message: WorkerMessage, handOver?: ArrayBuffer[]): void => door.post(message, handOver);

/** The bytes of an answer: theirs alone, so that they can be handed over. */
function buffersIn(answer: unknown): ArrayBuffer[] {
  const { bytes, payload } = (answer ?? {}) as { readonly bytes?: unknown; readonly payload?: unknown };
  const own = bytes ?? payload;
  return own instanceof Uint8Array && own.buffer instanceof ArrayBuffer ? [own.buffer] : [];
}

const TELL_EVERY_MS = 100;

/** Tells how far the making of the world is; who does not want it any more ends the thread. */
function tellMaking(): (pages: number, ofPages: number) => void {
  let toldAtMs = -Infinity;
  return (pages, ofPages) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = nowMs;
    post({ event: 'making', pages, ofPages });
  };
}

function steer(options: WorkerData): void {
  const { value: scenario, diagnostics } = readScenario(options.text, 'scenario');
  if (scenario === null) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  // Commands that a person submitted are submitted again while the run is brought to where it was.
  const given = options.given ?? [];
  const { base, steps } = stepsOf(scenario, given, options.rescheduled);
  const { version, spillFolder } = options;
  let runs = 0;
  // Each run of the session has a folder of its own: what spills of one is never taken for another's.
  const makeRun = (of: Scenario, making: (pages: number, ofPages: number) => void): SteeredRunStart => {
    const folder = join(spillFolder, `run-${++runs}`);
    return wholeOf(
      SteeredRun.createInParts(of, { version, spillFolder: folder, nowMs: () => performance.now() }, making),
    );
  };
  const { run, problems } = makeRun(base, tellMaking());
  if (run === null) post({ event: 'started', problems });
  else {
    const driver = new SessionDriver(run, { post, nowMs: () => performance.now() }, (of) =>
      makeRun(of, () => undefined),
    );
    if (options.toTick !== undefined)
      driver.recover(options.toTick, steps, { text: canonicalText(scenario), given, rescheduled: options.rescheduled });
    driver.sendState();
    const methods = sessionMethods(driver);
    post({ event: 'started', problems: [] });
    door.listen(({ id, name, input }) => {
      driver
        .answer(
          { afterFailure: AFTER_FAILURE.has(name), inTick: IN_TICK.has(name) },
          () => methods[name](input as never) as unknown,
        )
        .then(
          (answer) => post({ reply: id, answer }, buffersIn(answer)),
          (error: unknown) => post({ reply: id, error: errorData(error) }),
        );
    });
  }
}

steer(workerData as WorkerData);
