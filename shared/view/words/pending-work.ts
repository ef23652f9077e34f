/** The pending work of a world in words. */
import type { PendingWork } from '../../model/pending-work.ts';
import { count, exactPages } from '../number-format.ts';

export function pendingText(pending: PendingWork): string {
  switch (pending.kind) {
    case 'owed':
      return `VM ${pending.vm}: ${exactPages(pending.pages)} in use ${pending.pages === 1 ? 'is' : 'are'} owed to another node`;
    case 'stays': {
      const stay = pending.pages === 1 ? 'stays on a node' : 'stay on nodes';
      const why =
        pending.because === 'held'
          ? 'held by hand, they are freed by a command alone, and none is to come'
          : 'no page of their pageblocks that can be freed has the mark that a free acts on, and no commit is to come that sets any';
      return `VM ${pending.vm}: ${exactPages(pending.pages)}, in use or free, ${stay} not their own for ever: ${why}`;
    }
    case 'layout':
      return `VM ${pending.vm}: a layout is on its way`;
    case 'compaction':
      return `VM ${pending.vm}: its compaction has ${exactPages(pending.leftPages)} to move`;
    case 'migration':
      return `VM ${pending.vm}: its migration to ${pending.toHost} is in round ${count(pending.round)}`;
    case 'commands':
      return pending.commands === 1
        ? 'a command is still to come'
        : `${count(pending.commands)} commands are still to come`;
  }
}
