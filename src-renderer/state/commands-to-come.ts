/** The commands of the shown document that are still to come. */
import type { DocumentCommand, DocumentState } from '../../shared/protocol/document.ts';

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
