/** Where a VM can be migrated: the other hosts, with the link there, if there is one. */
import type { LinkInput } from '../../../shared/view/index.ts';

export interface Destination {
  readonly host: string;
  /** The fastest that joins them; null: none does. */
  readonly link: LinkInput | null;
}

export function destinations(
  hosts: readonly string[],
  links: readonly LinkInput[],
  from: string | null,
): readonly Destination[] {
  return hosts
    .filter((host) => host !== from)
    .map((host) => {
      const joining = links.filter((link) => from !== null && link.hosts.includes(from) && link.hosts.includes(host));
      const fastest = joining.reduce<LinkInput | null>(
        (best, link) => (best === null || link.bytesPerSec > best.bytesPerSec ? link : best),
        null,
      );
      return { host, link: fastest };
    });
}
