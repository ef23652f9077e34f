/**
 * What is wrong with these hosts and VMs, worst first.
 *
 * (a) One cause is one finding: a hit may silence other checks of the same VM (Hit.silences).
 * (b) A VM that is to migrate is asked about on its destination too, as if it were to start there; what the migration's own
 *     checks say of the destination, and what is found where it is already, is not said again.
 * (c) A check is untested when none of its subjects states the facts that it needs.
 */
import type { Finding, FindingReport, UntestedCheck } from '../../shared/model/finding.ts';
import type { Check, Hit } from './check.ts';
import { SAID_OF_DESTINATION } from './checks/migration.ts';
import { cannotMoveLive, MEMORY_CANNOT_MOVE_LIVE, MISPLACED } from './checks/tier.ts';
import type { PlacementFacts } from './facts.ts';
import { CHECKS } from './table.ts';
import type { VmView } from './view.ts';
import { FactsView } from './view.ts';

type About = Pick<Check, 'id' | 'rank' | 'source'>;

interface Found {
  readonly check: About;
  readonly host: string;
  readonly hit: Hit;
}

const SEVERITY_ORDER = ['error', 'warning', 'note'];

export function findAll(facts: PlacementFacts): Pick<FindingReport, 'findings' | 'untested'> {
  const view = new FactsView(facts);
  const found: Found[] = [];
  const untested = new Map<string, UntestedCheck>();
  for (const check of CHECKS) {
    const { hits, needs } = ask(check, view);
    found.push(...hits);
    if (needs !== null) untested.set(check.id, { id: check.id, title: check.title, needs });
  }
  found.push(...immovable(found));
  const findings = [...unsilenced(found), ...onDestination(view, found)];
  findings.sort(
    (a, b) =>
      SEVERITY_ORDER.indexOf(a.hit.severity) - SEVERITY_ORDER.indexOf(b.hit.severity) || a.check.rank - b.check.rank,
  );
  return { findings: findings.map(published), untested: [...untested.values()] };
}

function ask(check: Check, view: FactsView): { readonly hits: readonly Found[]; readonly needs: string | null } {
  if (check.about === 'migration') {
    const { migration } = view;
    if (migration === null) return { hits: [], needs: null };
    const hits = check.find(migration).map((hit) => ({ check, host: migration.to.name, hit }));
    return { hits, needs: check.needs?.(migration) ?? null };
  }
  if (check.about === 'host') {
    const asked = view.hosts.map((host) => ({
      hits: check.find(host).map((hit) => ({ check, host: host.name, hit })),
      needs: check.needs?.(host) ?? null,
    }));
    return merged(asked);
  }
  const vms = view.hosts.flatMap((host) => host.vms.map((vm) => ({ host, vm })));
  return merged(
    vms.map(({ host, vm }) => ({
      hits: check.find(vm).map((hit) => ({ check, host: host.name, hit })),
      needs: check.needs?.(vm) ?? null,
    })),
  );
}

function merged(asked: readonly { readonly hits: readonly Found[]; readonly needs: string | null }[]) {
  const hits = asked.flatMap((one) => one.hits);
  const isTested = asked.some((one) => one.needs === null);
  return { hits, needs: isTested ? null : (asked[0]?.needs ?? null) };
}

/** Of the VMs whose memory was found misplaced, those that cannot be helped while they run. */
function immovable(found: readonly Found[]): Found[] {
  const misplaced = new Map<VmView, string>();
  for (const { check, host, hit } of found) {
    if (hit.vm !== undefined && MISPLACED.includes(check.id)) misplaced.set(hit.vm, host);
  }
  return [...misplaced].flatMap(([vm, host]) => {
    const hit = cannotMoveLive(vm);
    return hit === null ? [] : [{ check: MEMORY_CANNOT_MOVE_LIVE, host, hit }];
  });
}

function unsilenced(found: readonly Found[]): Found[] {
  const silenced = new Map<VmView, Set<string>>();
  for (const { hit } of found) {
    if (hit.vm === undefined || hit.silences === undefined) continue;
    const ids = silenced.get(hit.vm) ?? new Set();
    for (const id of hit.silences) ids.add(id);
    silenced.set(hit.vm, ids);
  }
  return found.filter(({ check, hit }) => hit.vm === undefined || silenced.get(hit.vm)?.has(check.id) !== true);
}

function onDestination(view: FactsView, found: readonly Found[]): Found[] {
  const { migration } = view;
  if (migration === null) return [];
  const { arriving, to } = migration;
  const said = new Set(
    found.flatMap(({ check, hit }) =>
      hit.vm?.name === arriving.name ? [check.id, ...(SAID_OF_DESTINATION[check.id] ?? [])] : [],
    ),
  );
  const there = CHECKS.flatMap((check) =>
    check.about === 'vm' ? check.find(arriving).map((hit) => ({ check, host: to.name, hit })) : [],
  );
  return unsilenced(there).filter(({ check }) => !said.has(check.id));
}

const published = ({ check, host, hit }: Found): Finding => ({
  id: check.id,
  severity: hit.severity,
  host,
  vm: hit.vm?.name ?? null,
  cell: hit.cell ?? null,
  node: hit.node ?? null,
  text: hit.text,
  source: check.source,
  remedy: hit.remedy,
});
