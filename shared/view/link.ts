/** Which link a migration takes between two hosts: the first of the scenario that joins them, as the engine chooses. */
import type { LinkInput } from './run-record.ts';

export const linkBetween = <Link extends Pick<LinkInput, 'hosts'>>(
  links: readonly Link[],
  one: string,
  other: string,
): Link | null => links.find(({ hosts: [a, b] }) => (a === one && b === other) || (a === other && b === one)) ?? null;
