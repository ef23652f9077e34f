/** Where a VM can be migrated: the other hosts, with the link there, if there is one. */
import { linkBetween } from '../../../shared/view/link.ts';
import type { LinkInput } from '../../../shared/view/index.ts';

export interface Destination {
  readonly host: string;
  /** Null: none joins them. */
  readonly link: LinkInput | null;
}

export const destinations = (
  hosts: readonly string[],
  links: readonly LinkInput[],
  from: string | null,
): readonly Destination[] =>
  hosts
    .filter((host) => host !== from)
    .map((host) => ({ host, link: from === null ? null : linkBetween(links, from, host) }));
