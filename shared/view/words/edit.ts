/** Changes of a document by hand, in words: for "Undo …", and before they are made. */
import type { DocumentEdit } from '../../schema/edit.ts';
import { decimal, plural, seconds } from '../number-format.ts';
import { namesText } from './finding.ts';

export function editLabel(edit: DocumentEdit): string {
  switch (edit.type) {
    case 'placement':
      return `state where ${edit.vm} lies`;
    case 'pins':
      return `state the CPUs of ${edit.vm}`;
    case 'dirty':
      return `state what ${edit.vm} writes`;
    case 'addVm':
      return `add VM ${edit.name}`;
    case 'removeVm':
      return `remove VM ${edit.vm}`;
    case 'place':
      return `place ${edit.vm} on ${edit.host}`;
    case 'addHost':
      return `add host ${edit.name}`;
    case 'removeHost':
      return `remove host ${edit.host}`;
    case 'addLink':
      return `link ${edit.hosts[0]} and ${edit.hosts[1]}`;
    case 'link':
      return `set link ${edit.link} to ${decimal(edit.rateMibPerSec)} MiB/s`;
    case 'removeLink':
      return `remove link ${edit.link}`;
  }
}

interface Removed {
  readonly vms: readonly string[];
  readonly links: readonly string[];
  readonly commands: number;
}

/** What goes with what is removed; empty: nothing. */
export function removedText({ vms, links, commands }: Removed): string {
  const parts = [
    vms.length === 0 ? '' : `${plural(vms.length, 'VM')} (${namesText(vms)})`,
    links.length === 0 ? '' : plural(links.length, 'link'),
    commands === 0 ? '' : `${plural(commands, 'command')} of the scenario`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `With it go ${parts.join(', ')}.`;
}

/** What an edit does to the run: said before it is made. @param commands submitted or of the scenario */
export function startsAnewText(tick: number, tickMs: number, commands: number): string {
  const kept =
    commands === 0 ? '' : ` Its ${plural(commands, 'command')} ${commands === 1 ? 'stays' : 'stay'}, at the same time.`;
  return tick === 0
    ? `The run begins anew from what is stated.${kept}`
    : `The run stands at ${seconds(tick, tickMs)}. It begins anew at 0 s from what is stated.${kept} Undo brings it back to where it stands.`;
}
