/**
 * What the thread of a session answers: one method for each row of session-table.ts, or this does not compile.
 *
 * A method that names a VM is denied when there is none of that name. Bytes in an answer are handed over, not copied.
 */
import { encode, type Snapshot } from '../../shared/columns/index.ts';
import { statedDocument } from '../scenario/index.ts';
import { layoutBytes, layoutInfos } from './guest-layout.ts';
import { RequestDenied } from './request-denied.ts';
import type { SessionDriver } from './session-driver.ts';
import type { FrameRequest, MethodName, SessionMethods } from './session-table.ts';

/** What is answered from what is kept, also when the run has failed. */
export const AFTER_FAILURE: ReadonlySet<MethodName> = new Set<MethodName>([
  'run.pause',
  'run.cancel',
  'view.series',
  'view.frame',
  'view.frames',
  'frame',
]);

/** What is answered in the middle of a long tick: it steers, and looks at no world. */
export const IN_TICK: ReadonlySet<MethodName> = new Set<MethodName>([
  'run.play',
  'run.pause',
  'run.cancel',
  'shell.stop',
]);

const MAX_NAME_CHARS = 100;

/** A frame on its way to another thread. */
const frameBytes = (snapshot: Snapshot): Uint8Array<ArrayBuffer> => new Uint8Array(encode(snapshot));

const DONE = { output: null };

/** The run is the driver's, another one after each change of the document by hand. */
export function sessionMethods(driver: SessionDriver): SessionMethods {
  const done = async (work: Promise<void> | void): Promise<typeof DONE> => {
    await work;
    return DONE;
  };
  const frameOf = ({ at, blocksOf }: FrameRequest): Snapshot => {
    const isPresent = (at === null || at >= driver.run.tick) && !driver.failed;
    return isPresent ? driver.run.recorded.frame(blocksOf) : driver.run.recorded.frameAt(at ?? driver.run.tick);
  };
  return {
    'document.rename': ({ name }) => {
      if (name.length > MAX_NAME_CHARS || /[\u0000-\u001f\u007f]/.test(name))
        throw new RequestDenied(`A name has at most ${MAX_NAME_CHARS} characters, and no control characters.`);
      driver.run.rename(name);
      driver.sendState();
      return DONE;
    },

    'document.stated': () => ({ output: statedDocument(driver.run.scenario) }),
    'document.edit': ({ edit, dry }) => ({ output: driver.edit(edit, dry) }),

    'run.play': ({ ticksPerSec }) => done(driver.play(ticksPerSec)),
    'run.pause': () => done(driver.pause()),
    'run.step': ({ ticks }) => done(driver.step(ticks)),
    'run.command': ({ command }) => ({ output: { rejection: driver.submit(command) } }),
    'run.schedule': () => ({ output: { commands: driver.run.commandsToCome() } }),
    'run.unschedule': (wanted) => done(driver.reschedule(() => driver.run.unschedule(wanted))),
    'run.reschedule': (wanted) => {
      driver.reschedule(() => driver.run.reschedule(wanted));
      return { output: { tick: wanted.toTick } };
    },
    'run.rehearse': () => done(driver.reschedule(() => driver.run.rehearse())),
    'run.undo': () => done(driver.undo()),
    'run.redo': () => done(driver.redo()),
    'run.cancel': () => done(driver.cancel()),
    'run.check': async () => {
      await driver.check();
      return { output: driver.run.recorded.laws };
    },
    'run.hashes': () => ({ output: driver.run.hashes() }),
    'run.forecast': ({ command }) => ({ output: driver.run.forecast(command) }),

    'shell.run': async ({ vm, line }) => ({ output: await driver.shellLine(vm, line) }),
    'shell.stop': ({ vm }) => {
      driver.run.recorded.guest(vm);
      return done(driver.shells.stop(vm));
    },
    'shell.complete': async ({ vm, line }) => ({ output: await driver.shells.complete(vm, line) }),

    'view.layouts': ({ vm }) => ({ output: { layouts: layoutInfos(driver.run.recorded.guest(vm)) } }),
    'view.layout': ({ vm, seq }) => {
      const { ranges, bytes } = layoutBytes(driver.run.recorded.guest(vm), seq);
      return { output: { seq, ranges }, payload: bytes };
    },
    'view.commits': ({ vm }) => ({ output: { commits: driver.run.recorded.guest(vm).traces } }),
    'view.frame': ({ at }) => {
      const snapshot = frameOf({ at, blocksOf: null });
      return { output: { tick: snapshot.header.tick }, payload: frameBytes(snapshot) };
    },
    'view.tiles': ({ vm, fromPfn, pages }) => {
      const { bytes, ...tiles } = driver.run.recorded.tiles(vm, fromPfn, pages);
      return { output: { tick: driver.run.tick, fromPfn: tiles.fromPfn, pages: tiles.pages }, payload: bytes };
    },
    'view.frames': () => ({ output: { ticks: driver.run.recorded.frameTicks() } }),
    'view.series': ({ haveTick, stride }) => ({ output: driver.run.recorded.seriesPart(haveTick, stride) }),

    frame: ({ had, ...request }) => {
      const snapshot = frameOf(request);
      const { tick, chain } = snapshot.header;
      return { tick, chain, bytes: chain === had ? null : frameBytes(snapshot) };
    },
    record: async () => {
      // A report says of every check how it came out.
      await driver.checked();
      return driver.run.record();
    },
  };
}
