/**
 * Checks of the scheduled commands, in the order of time. Where a VM is at some tick depends on migrations that may
 * fail, so a command is wrong only if it fits none of the hosts that its VM may be on by then.
 */
import type { CommandUse } from '../../shared/schema/command.ts';
import { usesOf } from '../../shared/schema/command.ts';
import { pagesFromMib } from '../../shared/units/index.ts';
import { nrPagesOf } from './guest-map.ts';
import { formatIdList } from './id-list.ts';
import { MAX_RANGES } from '../../shared/model/limit.ts';
import type { Path } from './problem.ts';
import { pagesOf, textFromPages } from './quantity.ts';
import type { ScenarioHost, ScenarioVm } from './schema.ts';
import type { Check } from './check.ts';
import { validateGuestNid, validateHostNodes, validateLayoutRanges } from './validate-vm.ts';
import { tickOf } from './world-config.ts';

type UseOf<What extends CommandUse['what']> = Extract<CommandUse, { readonly what: What }>;

export function validateCommands(check: Check): void {
  const { commands, tickMs } = check.draft;
  const timed = commands
    .map((command, i) => ({ command, i, at: command === null ? 0 : tickOf(command, tickMs) }))
    .sort((a, b) => a.at - b.at);
  const mayBeOn = new Map<string, Set<string>>();
  for (const { command, i } of timed) {
    if (command === null || !check.named('vm', command.vm, ['commands', i, 'vm'])) continue;
    const vm = check.vms.get(command.vm)!;
    const hosts = mayBeOn.get(vm.name) ?? new Set([vm.host]);
    mayBeOn.set(vm.name, hosts);
    for (const use of usesOf(command)) validateUse(check, use, vm, hosts, ['commands', i]);
  }
}

/** @param mayBeOn hosts that the VM may be on by then; a migration adds its own. */
function validateUse(check: Check, use: CommandUse, vm: ScenarioVm, mayBeOn: Set<string>, command: Path): void {
  const path = [...command, ...use.keys];
  switch (use.what) {
    case 'hostNodes':
      validateTargetNodes(check, use.nodes, vm, knownHosts(check, mayBeOn), path);
      break;
    case 'destination':
      validateDestination(check, use, vm, mayBeOn, command);
      mayBeOn.add(use.host);
      break;
    case 'layout':
      validateLayoutRanges(check, vm, use.ranges, path);
      break;
    case 'stripe':
      validateStripe(check, use, vm, path);
      break;
    case 'block':
      validateBlock(check, use, vm, path);
      break;
    case 'dimm':
      if (use.dimm < vm.dimms.length) break;
      check.error('dimm-unknown', path, `VM "${vm.name}" has no DIMM ${use.dimm}`, {
        found: `${use.dimm}`,
        expected: `below ${vm.dimms.length}, the number of its "dimms"`,
      });
      break;
  }
}

/** Empty when one of the hosts is not known: then nothing can be said. */
function knownHosts(check: Check, names: ReadonlySet<string>): ScenarioHost[] {
  const hosts = [...names].map((name) => check.hosts.get(name));
  return hosts.every((host) => host !== undefined) ? hosts : [];
}

/** The nodes exist on one of the hosts that the VM may be on; a warning where it cannot be gathered on them. */
function validateTargetNodes(
  check: Check,
  nodes: readonly number[],
  vm: ScenarioVm,
  hosts: readonly ScenarioHost[],
  path: Path,
): void {
  const first = hosts[0];
  if (first === undefined) return;
  const host = hosts.find((h) => nodes.every((nid) => h.nodes.some((node) => node.nid === nid)));
  validateHostNodes(check, host ?? first, nodes, path);
  if (host !== undefined) warnOfSize(check, vm, host, nodes, path);
}

/** The simulated world refuses or stalls what is too large; a person may want to see that, so it is no error. */
function warnOfSize(check: Check, vm: ScenarioVm, host: ScenarioHost, nodes: readonly number[], path: Path): void {
  const room = host.nodes
    .filter((node) => nodes.includes(node.nid))
    .reduce((sum, node) => sum + pagesOf(node) - pagesFromMib(node.reservedMiB), 0);
  if (room >= pagesOf(vm)) return;
  check.add({
    severity: 'warning',
    slug: 'target-too-small',
    path,
    message: `VM "${vm.name}" does not fit on node ${formatIdList(nodes)} of host "${host.name}"`,
    found: textFromPages(pagesOf(vm)),
    expected: `at most ${textFromPages(room)}`,
  });
}

function validateDestination(
  check: Check,
  { host, keys, nodes, nodeKeys }: UseOf<'destination'>,
  vm: ScenarioVm,
  mayBeOn: ReadonlySet<string>,
  path: Path,
): void {
  const at = [...path, ...keys];
  if (!check.named('host', host, at)) return;
  const target = check.hosts.get(host)!;
  if (nodes !== null) validateTargetNodes(check, nodes, vm, [target], [...path, ...nodeKeys]);
  else
    warnOfSize(
      check,
      vm,
      target,
      target.nodes.map((node) => node.nid),
      at,
    );
  const from = [...mayBeOn].filter((each) => each !== host);
  if (from.length === 0) {
    check.error('migrate-to-itself', at, `VM "${vm.name}" is on host "${host}" already`);
    return;
  }
  // A link that did not pass the schema may be the one; its own problem is reported.
  const linked = check.draft.links.some(
    (l) => l === null || (l.hosts.includes(host) && from.some((each) => l.hosts.includes(each))),
  );
  if (!linked)
    check.error('no-link', at, `no link joins host "${from.join('" or "')}" and host "${host}"`, {
      hint: 'Add one to "links".',
    });
}

function validateStripe(check: Check, { nodes, pages }: UseOf<'stripe'>, vm: ScenarioVm, path: Path): void {
  nodes.forEach((nid, i) => validateGuestNid(check, vm, nid, [...path, 'nodes', i]));
  const ranges = Math.ceil(nrPagesOf(vm) / pages);
  if (ranges > MAX_RANGES)
    check.error('too-many-ranges', [...path, 'pages'], `stripes of ${pages} pages make too many ranges`, {
      found: `${ranges}`,
      expected: `at most ${MAX_RANGES}`,
    });
}

function validateBlock(check: Check, { pfn, order }: UseOf<'block'>, vm: ScenarioVm, path: Path): void {
  const pages = 2 ** order;
  if (pfn % pages !== 0)
    check.error('block-unaligned', path, `a block of order ${order} starts at a multiple of ${pages} pages`, {
      found: `${pfn}`,
    });
  if (pfn + pages > nrPagesOf(vm))
    check.error('range-outside', path, `the block goes beyond VM "${vm.name}"`, {
      found: `[${pfn}, ${pfn + pages})`,
      expected: `end at most ${nrPagesOf(vm)}`,
    });
}
