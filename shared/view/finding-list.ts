/** Findings as a list that is filtered: by severity, host, VM and words. They come worst first and stay so. */
import type { Finding, FindingReport, FindingSeverity } from '../model/finding.ts';
import { byName } from './vm-list.ts';

export interface FindingFilter {
  /** null: all. */
  readonly severity: FindingSeverity | null;
  readonly host: string | null;
  readonly vm: string | null;
  readonly words: string;
}

export const NO_FINDING_FILTER: FindingFilter = { severity: null, host: null, vm: null, words: '' };

/** Of an index into the report's findings: a filtered list keeps it. */
export interface FindingRow {
  readonly index: number;
  readonly finding: Finding;
}

export function fittingFindings(findings: readonly Finding[], filter: FindingFilter): readonly FindingRow[] {
  const { severity, host, vm } = filter;
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  return findings
    .map((finding, index) => ({ index, finding }))
    .filter(
      ({ finding }) =>
        (severity === null || finding.severity === severity) &&
        (host === null || finding.host === host) &&
        (vm === null || finding.vm === vm) &&
        hasWords(finding, words),
    );
}

function hasWords({ id, host, vm, text, remedy }: Finding, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const all = [id, host, vm ?? '', text, ...remedy.map((each) => each.text)].join('\n').toLowerCase();
  return words.every((word) => all.includes(word));
}

/** How many findings of each severity there are. */
export function severityCounts(findings: readonly Finding[]): Readonly<Record<FindingSeverity, number>> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** Names that findings are about, each once, as they first come. */
export const hostsOf = (findings: readonly Finding[]): readonly string[] => [
  ...new Set(findings.map(({ host }) => host)),
];
export const vmsOf = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.flatMap(({ vm }) => (vm === null ? [] : [vm])))].sort(byName);

/** What is assumed of a VM, or of a host as a whole, by name. */
export interface AssumedOf {
  readonly vms: ReadonlyMap<string, readonly FindingReport['assumed'][number][]>;
  readonly hosts: ReadonlyMap<string, readonly FindingReport['assumed'][number][]>;
}

export function assumedOf(assumed: FindingReport['assumed']): AssumedOf {
  const vms = new Map<string, FindingReport['assumed'][number][]>();
  const hosts = new Map<string, FindingReport['assumed'][number][]>();
  for (const each of assumed) {
    const [map, name] = each.vm === null ? [hosts, each.host ?? ''] : [vms, each.vm];
    const list = map.get(name) ?? [];
    list.push(each);
    map.set(name, list);
  }
  return { vms, hosts };
}
