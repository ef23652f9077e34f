/**
 * What happened in a run, for a person who was not there: what was asked, what moved, where the VMs are now, what their
 * guests make of it, and what it means. Five lines, without a symbol or a word that needs the glossary.
 */
import { guestsOf, migrationsOf, recordsOf } from '../../columns/index.ts';
import type { GuestRecord } from '../../columns/index.ts';
import { convergedGuests, getsLayouts } from '../convergence.ts';
import { hostMatrix } from '../host.ts';
import { count, decimal, plural, seconds, size } from '../number-format.ts';
import type { RecordedCommand, RunRecord } from '../run-record.ts';
import { percentText } from '../share.ts';
import { COMMAND_NAMES } from './command.ts';
import { enumerated, nodesText } from './part.ts';

export interface RunSummary {
  readonly asked: string;
  readonly happened: string;
  readonly placement: string;
  readonly guests: string;
  readonly meaning: string;
}

/** VMs that a line names; of more it says how many. */
const MAX_NAMED = 3;

export function runSummary(record: RunRecord): RunSummary {
  return {
    asked: asked(record),
    happened: happened(record),
    placement: placement(record),
    guests: guests(record),
    meaning: meaning(record),
  };
}

const named = (names: readonly string[], others: string): string =>
  names.length <= MAX_NAMED + 1
    ? enumerated(names)
    : `${names.slice(0, MAX_NAMED).join(', ')} and ${plural(names.length - MAX_NAMED, `other ${others}`)}`;

function asked({ commands, after, tickMs }: RunRecord): string {
  const of = <T extends RecordedCommand['command']['type']>(type: T) =>
    commands.flatMap(({ command }) =>
      command.type === type ? [command as Extract<RecordedCommand['command'], { type: T }>] : [],
    );
  const gathered = of('compact').map(
    ({ vm, nodes }) => `${vm} on ${nodes === null ? 'the best nodes' : nodesText(nodes)}`,
  );
  const moved = of('migrate').map(({ vm, toHost }) => `${vm} to ${toHost}`);
  const others = new Map<string, number>();
  for (const { command } of commands) {
    if (command.type === 'compact' || command.type === 'migrate') continue;
    const name = COMMAND_NAMES[command.type].toLowerCase();
    others.set(name, (others.get(name) ?? 0) + 1);
  }
  const parts = [
    ...(gathered.length === 0 ? [] : [`gather the memory of ${named(gathered, 'VM')}`]),
    ...(moved.length === 0 ? [] : [`move ${named(moved, 'VM')} while running`]),
    ...[...others].map(([name, times]) => (times === 1 ? name : `${name}, ${count(times)} times`)),
  ];
  const time = seconds(after.header.tick, tickMs);
  if (parts.length === 0) return `Nothing: the VMs ran as they were for ${time}.`;
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}. ${time} were simulated.`;
}

function happened({ commands, after, tickMs }: RunRecord): string {
  const { compactions, migrations } = recordsOf(after);
  const { header } = after;
  const moved = compactions.reduce((sum, { movedPages }) => sum + movedPages, 0);
  const parts: string[] = [];
  if (moved > 0) {
    const from = Math.min(...compactions.map(({ startTick }) => startTick));
    const to = Math.max(...compactions.map(({ endTick }) => endTick ?? after.header.tick));
    parts.push(
      `${size(moved)} moved between the nodes of ${header.hosts.length === 1 ? header.hosts[0]!.name : 'a host'} in ${seconds(to - from, tickMs)}`,
    );
  }
  const done = migrations.filter(({ phase }) => phase === 'completed');
  const [first] = done;
  if (migrations.length === 1 && first !== undefined) {
    const took = seconds(first.endTick! - first.startTick, tickMs);
    const still = first.downtimeMs === null ? '' : ` and stood still for ${decimal(first.downtimeMs)} ms`;
    parts.push(`${first.vm} went to ${first.toHost} in ${took}${still}`);
  } else if (migrations.length > 0) {
    const longest = Math.max(0, ...done.map(({ downtimeMs }) => downtimeMs ?? 0));
    const still = done.length === 0 ? '' : `; the longest standstill was ${decimal(longest)} ms`;
    parts.push(`${count(done.length)} of ${plural(migrations.length, 'VM')} went to another host${still}`);
  }
  const rejected = commands.filter(({ applied }) => !applied).length;
  const refusal =
    rejected === 0
      ? ''
      : ` ${count(rejected)} of ${plural(commands.length, 'command')} ${rejected === 1 ? 'was' : 'were'} rejected.`;
  if (parts.length === 0) return `No memory moved between the nodes of the hosts.${refusal}`;
  return `${parts.join('; ')}.${refusal}`;
}

function placement(record: RunRecord): string {
  const [before, after] = [hostMatrix(record.before).vms, hostMatrix(record.after).vms];
  if (after.length === 0) return 'There is no VM.';
  const whole = (vms: typeof after): number => vms.filter(({ largestNodeShare }) => largestNodeShare === 100).length;
  const [was, is] = [whole(before), whole(after)];
  const least = after.reduce((a, b) => ((b.largestNodeShare ?? 100) < (a.largestNodeShare ?? 100) ? b : a));
  const share = percentText(least.largestNodeShare);
  if (after.length === 1) {
    if (is === 1)
      return `${least.name} has all its memory on one node; ${was === 1 ? 'as before' : 'before, it had not'}.`;
    return `${least.name} has ${share} of its memory on one node, before ${percentText(before[0]!.largestNodeShare)}.`;
  }
  const who = is === after.length ? 'All' : is === 0 ? 'None of' : `${count(is)} of`;
  const have = `${who} ${plural(after.length, 'VM')} ${is === 1 ? 'has' : 'have'} all memory on one node`;
  const then = was === is ? 'as before' : was === 0 ? 'before, none had' : `before, ${count(was)} had`;
  const rest = is === after.length ? '' : ` ${least.name} has least on one node, ${share}.`;
  return `${have}; ${then}.${rest}`;
}

function guests(record: RunRecord): string {
  const all = guestsOf(record.after);
  if (all.length === 0) return 'There is no VM.';
  const pages = (of: (guest: GuestRecord, g: number) => number): number =>
    all.reduce((sum, guest, g) => sum + of(guest, g), 0);
  const commits = pages(({ commits: n }) => n) - guestsOf(record.before).reduce((sum, { commits: n }) => sum + n, 0);
  const told =
    commits === 0
      ? `The ${all.length === 1 ? 'guest has' : 'guests have'} taken no new map of their memory`
      : `The ${all.length === 1 ? 'guest has' : 'guests have'} taken ${plural(commits, 'new map')} of ${all.length === 1 ? 'its' : 'their'} memory`;
  const late = pages(({ lag }, g) => (getsLayouts(record, g) ? lag.hostTarget - lag.coalesced : 0));
  const frozen = pages(({ lag }, g) => (getsLayouts(record, g) ? 0 : lag.hostTarget));
  const owed = pages(({ lag }) => lag.targetActual);
  const pinned = pages(({ lag }) => lag.pinned);
  const parts = [
    ...(late > 0 ? [`${size(late)} moved after the last map was made`] : []),
    ...(frozen > 0 ? [`${size(frozen)} lie elsewhere than their map says, and no new one is delivered`] : []),
    ...(owed > 0 ? [`${size(owed)} in use change over when freed`] : []),
    ...(pinned > 0 ? [`${size(pinned)} are never freed and keep the old node in the guest`] : []),
  ];
  return parts.length === 0
    ? `${told}; all memory is booked on the node where it lies.`
    : `${told}; ${parts.join('; ')}.`;
}

function meaning(record: RunRecord): string {
  const { laws, after } = record;
  if (laws.broken.length > 0)
    return 'No figure here can be trusted: a rule of the simulation was broken, which is a fault of Pageshift.';
  const checks = laws.checked + laws.guestsChecked;
  const trust = checks === 0 ? 'The books were not checked.' : `The books closed in ${plural(checks, 'check')}.`;
  const converged = convergedGuests(record);
  const open = converged.filter((each) => !each).length;
  const failed = migrationsOf(after).filter(({ phase }) => phase === 'failed').length;
  const cut = record.ending === 'interrupted' || record.ending === 'maxTicks' ? ' The run was cut short.' : '';
  if (failed > 0) return `Not done: ${plural(failed, 'move')} to another host failed. ${trust}${cut}`;
  if (open > 0) {
    const who =
      converged.length === 1
        ? 'the guest has'
        : `${count(open)} of ${plural(converged.length, 'guest')} ${open === 1 ? 'has' : 'have'}`;
    return `Not finished: ${who} not caught up with what the host did. ${trust}${cut}`;
  }
  if (converged.length === 0) return `There was nothing to catch up with. ${trust}${cut}`;
  const who = converged.length === 1 ? 'the guest has' : 'every guest has';
  const untold = guestsOf(after).some(({ lag }, g) => !getsLayouts(record, g) && lag.hostTarget > 0);
  if (untold) return `Finished, as far as ${who} been told: what the host did since is kept from it. ${trust}${cut}`;
  return `Finished: ${who} caught up with what the host did, and nothing is left to wait for. ${trust}${cut}`;
}
