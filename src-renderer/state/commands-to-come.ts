/** The commands of the shown document that are still to come: which they are, and what a person does to one of them. */
import type { DocumentCommand, DocumentState } from '../../shared/protocol/document.ts';
import type { RequestInput, RequestName, RequestReply } from '../../shared/protocol/request.ts';
import type { Connection } from './connection.ts';

/** What is asked of the window. */
export interface ComingWindow {
  readonly document: DocumentState | null;
  readonly connection: Connection;
  attempt<N extends RequestName>(what: string, name: N, input: RequestInput<N>): Promise<RequestReply<N> | null>;
}

export interface CommandsToCome {
  readonly list: readonly DocumentCommand[];
  /** Another one where these are others, or stand at other places in the scenario. */
  readonly key: string;
}

export function commandsToCome(document: Pick<DocumentState, 'id' | 'commands'> | null): CommandsToCome {
  const list = (document?.commands ?? []).filter(({ state }) => state === 'pending');
  const texts = list.map(({ tick, text }) => `${tick} ${text}`);
  return { list, key: [document?.id, document?.commands.length, ...texts].join('\n') };
}

/** One of them, as main has it. */
export type ComingCommand = RequestReply<'run.schedule'>['commands'][number];
type NewCommand = RequestInput<'run.reschedule'>['command'];

/** Whether it can be changed in a dialog; all can be moved and removed. */
export const isEditable = ({ command }: ComingCommand): boolean =>
  command.type === 'compact' || command.type === 'migrate';

const placeOf = ({ id, tick, text }: ComingCommand) => ({ id, tick, text });

export const removeComing = (app: ComingWindow, coming: ComingCommand): Promise<unknown> =>
  app.attempt('remove the command', 'run.unschedule', placeOf(coming));

/** @param command null: the same, at another tick. */
export const reschedule = (
  app: ComingWindow,
  coming: ComingCommand,
  toTick: number,
  command: NewCommand,
): Promise<{ readonly tick: number } | null> =>
  app.attempt(command === null ? 'move the command' : 'change the command', 'run.reschedule', {
    ...placeOf(coming),
    ...{ toTick: Math.max(toTick, app.document?.tick ?? 0), command },
  });
