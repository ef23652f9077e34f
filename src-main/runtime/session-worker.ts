/**
 * The thread of a session, or of a comparison beside it (compare.ts). It steps in slices and looks at its messages between two of them, so that every question is
 * answered within a slice, or within one tick where that takes longer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { formatDiagnostic } from '../../shared/errors/index.ts';
import { canonicalText, readScenario, tickOf } from '../scenario/index.ts';
import { type CompareData } from './compare.ts';
import { compareInThread } from './compare-thread.ts';
import { SessionDriver } from './session-driver.ts';
import type { CallMessage, ErrorData, WorkerData, WorkerMessage } from './session-message.ts';
import { END } from './session-message.ts';
import { SteeredRun } from './steered-run.ts';

const port = parentPort!;

const post = (message: WorkerMessage, handOver: ArrayBuffer[] = []): void => port.postMessage(message, handOver);

const errorData = (error: unknown): ErrorData =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) };

/** The bytes of a frame or of tiles: theirs alone, so that they can be handed over. */
function buffersIn(value: unknown): ArrayBuffer[] {
  const bytes = (value as { readonly bytes?: unknown } | null)?.bytes;
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}

function steer(options: WorkerData): void {
  const { value: scenario, diagnostics } = readScenario(options.text, 'scenario');
  if (scenario === null) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  // Commands that a person gave are given again while the run is brought to where it was.
  const given = (options.given ?? [])
    .flatMap((index) => scenario.commands[index] ?? [])
    .sort((a, b) => tickOf(a, scenario.tickMs) - tickOf(b, scenario.tickMs));
  const base = { ...scenario, commands: scenario.commands.filter((command) => !given.includes(command)) };
  const { run, problems } = SteeredRun.create(base, {
    version: options.version,
    spillFolder: options.spillFolder,
    nowMs: () => performance.now(),
  });
  if (run === null) post({ event: 'started', problems });
  else {
    const driver = new SessionDriver(run, { post, nowMs: () => performance.now(), errorData });
    if (options.toTick !== undefined)
      driver.recover(options.toTick, given, { text: canonicalText(scenario), given: options.given ?? [] });
    driver.tell();
    post({ event: 'started', problems: [] });
    port.on('message', (message: CallMessage | typeof END) => {
      if (message === END) process.exit();
      const { id, name, input } = message;
      driver.call(name, input).then(
        (value) => post({ reply: id, value }, buffersIn(value)),
        (error: unknown) => post({ reply: id, error: errorData(error) }),
      );
    });
  }
}

const data = workerData as WorkerData | CompareData;
if ('compare' in data) compareInThread(port, data.compare);
else steer(data);
