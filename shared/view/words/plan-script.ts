/**
 * A plan as a shell script that a person can read: each step checks that it can be done, does it, and checks that it was done. Called
 * with `back` it undoes the steps in the opposite order.
 *
 * (a) Run as root where the hosts can be reached by ssh under their names. (b) What was spread over nodes cannot be spread again
 * page by page: the way back says so. (c) One cell of several is moved by the nodes that it lies on, if no other cell is there.
 */
import type { MibByPlace, PlanAnswer, PlanMove } from '../../model/plan.ts';
import { objectiveText } from './plan.ts';

const HEAD = `set -eu
fail() { echo "stopped: $*" >&2; exit 1; }
on() { host=$1; shift; if [ "$host" = "$(hostname -s)" ]; then sh -c "$*"; else ssh "$host" "$*"; fi; }
pid() { on "$1" "cat /run/libvirt/qemu/$2.pid"; }
# free HOST NODE MIB: so much is free there
free() { have=$(on "$1" "numactl --hardware" | awk -v n="$2" '$1 == "node" && $2 == n && $3 == "free:" { print $4 }'); [ "\${have:-0}" -ge "$3" ] || fail "node $2 of $1 has \${have:-0} MiB free, $3 are needed"; }
# runs HOST VM
runs() { [ "$(on "$1" "virsh domstate '$2'" | head -1)" = running ] || fail "$2 does not run on $1"; }
# lies HOST VM NODE MIB: so much of it, but for 2 %, is there
lies() { have=$(on "$1" "numastat -p $(pid "$1" "$2")" | awk -v c="$(($3 + 2))" '$1 == "Total" { printf "%d", $c }'); [ "\${have:-0}" -ge "$(($4 * 98 / 100))" ] || fail "of $2 only \${have:-0} MiB are on node $3 of $1"; }
`;

/** Words that need no quotes stay as they are. */
const quoted = (text: string): string => (/^[\w.:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

const comment = (text: string): string => `# ${text.replaceAll(/[\r\n]+/g, ' ')}`;

function split(place: string): { readonly host: string; readonly nid: string } {
  const at = place.lastIndexOf('/');
  return { host: place.slice(0, at), nid: place.slice(at + 1) };
}

const nids = (places: MibByPlace): string => Object.keys(places).map((place) => split(place).nid).join(','); // prettier-ignore
const hostOf = (places: MibByPlace): string => split(Object.keys(places)[0]!).host;

interface Ways {
  readonly there: readonly string[];
  readonly back: readonly string[];
}

function waysOf({ type, vm, cells }: PlanMove): Ways {
  const name = quoted(vm);
  const [first] = cells;
  const to = hostOf(first!.to);
  const host = quoted(to);
  const room = cells.flatMap(({ from, to: ends }) =>
    Object.entries(ends).map(([place, mib]) => ({ nid: split(place).nid, mib, more: mib - (from[place] ?? 0) })),
  );
  const free = room.map(({ nid, more }) => `free ${host} ${nid} ${more}`);
  const nodes = [...new Set(room.map(({ nid }) => nid))].join(',');
  if (type === 'start')
    return {
      there: [...free, `on ${host} "virsh numatune ${name} --config --mode strict --nodeset ${nodes} && virsh start ${name}"`, `runs ${host} ${name}`], // prettier-ignore
      back: [`on ${host} "virsh shutdown ${name}"`],
    };
  if (type === 'migrate') {
    const from = hostOf(first!.from);
    const move = (a: string, b: string, set: string): string =>
      `on ${quoted(a)} "virsh migrate --live --persistent --undefinesource ${name} qemu+ssh://${b}/system" && on ${quoted(b)} "virsh numatune ${name} --live --config --nodeset ${set}"`;
    const before = [...new Set(cells.flatMap(({ from: places }) => nids(places).split(',')))].join(',');
    return {
      there: [`runs ${quoted(from)} ${name}`, ...room.map(({ nid, mib }) => `free ${host} ${nid} ${mib}`), move(from, to, nodes), `runs ${host} ${name}`], // prettier-ignore
      back: [move(to, from, before), `runs ${quoted(from)} ${name}`],
    };
  }
  const steps = cells.map(({ from, to: ends }) => {
    const source = nids(Object.fromEntries(Object.entries(from).filter(([place]) => ends[place] === undefined)));
    const target = nids(ends);
    const gather = (a: string, b: string): string =>
      `on ${host} "virsh numatune ${name} --live --config --nodeset ${b} || true; migratepages $(pid ${host} ${name}) ${a} ${b}"`;
    const wasOne = Object.keys(from).length === 1;
    return {
      there: [gather(source, target), ...Object.entries(ends).map(([place, mib]) => `lies ${host} ${name} ${split(place).nid} ${mib}`)], // prettier-ignore
      back: wasOne ? [gather(target, source)] : [comment(`${vm} was spread over nodes ${nids(from)}; how, page by page, is not known`)], // prettier-ignore
    };
  });
  return {
    there: [`runs ${host} ${name}`, ...free, ...steps.flatMap((step) => step.there)],
    back: steps.flatMap((step) => step.back).toReversed(),
  };
}

/** Steps in the order in which they start; one after the other, as each checks the room that is there. */
export function planScript({ objective, moves, status }: PlanAnswer): string {
  const lines = [
    '#!/bin/sh',
    comment(`A plan of Pageshift, ${status}: ${objective === null ? 'nothing moves' : objectiveText(objective)}.`),
    comment('Run it as root: without arguments it does the steps, with "back" it undoes them, last first.'),
    HEAD,
  ];
  const named = moves.map((move) => ({ move, ways: waysOf(move) }));
  for (const { move, ways } of named) {
    lines.push(comment(`${move.id}. ${move.type} ${move.vm}: ${move.movedMiB} MiB, after ${move.after.length === 0 ? 'nothing' : move.after.join(', ')}`)); // prettier-ignore
    lines.push(`step_${move.id}() {`, ...ways.there.map((line) => `  ${line}`), '}');
    lines.push(`back_${move.id}() {`, ...(ways.back.some((line) => !line.startsWith('#')) ? [] : ['  :']), ...ways.back.map((line) => `  ${line}`), '}', ''); // prettier-ignore
  }
  const steps = moves.map(({ id, vm }) => `  echo ${quoted(`step ${id}: ${vm}`)}; step_${id}`);
  const back = moves.toReversed().map(({ id, vm }) => `  echo ${quoted(`back ${id}: ${vm}`)}; back_${id}`);
  lines.push('if [ "${1:-}" = back ]; then', ...(back.length === 0 ? ['  :'] : back), 'else', ...(steps.length === 0 ? ['  :'] : steps), 'fi'); // prettier-ignore
  return `${lines.join('\n')}\n`;
}

/** One line a cell that moves: for a spreadsheet, or a Gantt chart. */
export function planCsv({ moves }: PlanAnswer): string {
  const cell = (text: string | number): string => (/[",\r\n]/.test(String(text)) ? `"${String(text).replaceAll('"', '""')}"` : String(text)); // prettier-ignore
  const amounts = (places: MibByPlace): string => Object.entries(places).map(([place, mib]) => `${place}=${mib}`).join(' '); // prettier-ignore
  const rows = moves.flatMap(
    ({ id, type, vm, movedMiB, startMs, endMs, after, cells }) =>
    cells.map(({ cell: guest, from, to }) => [id, type, vm, guest, amounts(from), amounts(to), movedMiB, startMs, endMs, after.join(' ')]), // prettier-ignore
  );
  const head = ['id', 'type', 'vm', 'cell', 'fromMiB', 'toMiB', 'movedMiB', 'startMs', 'endMs', 'after'];
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}
