/** Gives what a dialog says, and plays if that was wished. */
import type { SubmittedCommand } from '../../../shared/schema/command.ts';
import type { App } from '../../state/app.svelte.ts';
import { memory } from '../../state/memory.ts';

/** @returns what stands in the way, in a sentence; null: done. */
export async function giveAndPlay(app: App, command: SubmittedCommand, play: boolean): Promise<string | null> {
  app.scrub(null);
  const what = `give the command ${command.type} to ${command.vm}`;
  const reply = await app.attempt(what, 'run.command', { command });
  if (reply === null) return `Could not ${what}; Problems says why.`;
  if (reply.refusal !== null) return reply.refusal.text;
  if (play && app.document !== null && !app.document.playing)
    await app.attempt('play the run', 'run.play', { ticksPerSec: app.ticksPerSec });
  return null;
}

/** Whether the run is to be played after a command; remembered. */
export const playsAfter = (): boolean => memory.get('playAfter') !== 'no';
export const setPlaysAfter = (plays: boolean): void => memory.set('playAfter', plays ? 'yes' : 'no');
