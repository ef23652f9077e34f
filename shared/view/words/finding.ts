/** Findings, assumptions and tests that could not be made, as a person reads them. */
import type { Assumption, Finding, FindingReport, FindingSeverity, UntestedCheck } from '../../model/finding.ts';
import { plural } from '../number-format.ts';

export const SEVERITY_NAMES: Readonly<Record<FindingSeverity, readonly [one: string, many: string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  note: ['note', 'notes'],
};

/**
 * The first sentence of a text, and the rest.
 * @param name what the text begins with, where a full stop in it ends no sentence
 */
function firstSentence(text: string, name: string): readonly [string, string] {
  const from = text.startsWith(name) ? name.length : 0;
  const end = text.slice(from).search(/[.!?]["”)]?\s+(?=[\p{Lu}"])/u);
  if (end < 0) return [text, ''];
  const cut = from + end + 1;
  return [text.slice(0, cut), text.slice(cut).trim()];
}

/** What is so, and what follows from it. */
export function findingParts({ vm, text }: Pick<Finding, 'vm' | 'text'>): {
  readonly said: string;
  readonly follows: string;
} {
  const [said, follows] = firstSentence(text, vm ?? '');
  return { said, follows };
}

/** Which value it is, and what it was taken as. */
export function assumptionParts({ text }: Pick<Assumption, 'text'>): {
  readonly value: string;
  readonly taken: string;
} {
  const colon = text.search(/:\s/);
  if (colon < 0) return { value: text, taken: '' };
  return { value: text.slice(0, colon), taken: text.slice(colon + 1).trim() };
}

/** Where a finding is, from the host down: the words of its links. */
export const placeName = {
  host: (name: string): string => name,
  node: (nid: number): string => `node ${nid}`,
  cell: (cell: number): string => `cell ${cell}`,
};

/** A few names, and how many more there are. */
export function namesText(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${plural(names.length - most, 'other', 'others')}` : shown;
}

export const untestedText = ({ of, needs }: Pick<UntestedCheck, 'of' | 'needs'>): string =>
  `${namesText(of)}: needs ${needs}`;

/** What was looked at, for a list that may be empty. */
export function testedText({ tested, notTested }: Pick<FindingReport, 'tested' | 'notTested'>): string {
  const all = `${plural(tested.length, 'check')} made of all that they concern`;
  return notTested.length === 0
    ? `${all}; nothing was left out for want of a value.`
    : `${all}; ${plural(notTested.length, 'check')} could not be made of some hosts or VMs, as values are missing.`;
}

/** The moment that findings are about. */
export const FINDINGS_MOMENT =
  'Findings are of hosts and VMs as the document states them, at 0 s; what the run has moved since is not in them.';

/** All of a finding as text to copy. */
export function findingText({ severity, host, vm, node, cell, text, source, remedy }: Finding): string {
  const where = [vm, cell === null ? null : placeName.cell(cell), node === null ? null : placeName.node(node), host];
  const lines = remedy.map((each) => (each.kind === 'plan' ? `Plan: ${each.text}.` : `By hand: ${each.text}`));
  const title = `${severity} (${where.filter((part) => part !== null).join(', ')})`;
  return `${[title, text, ...lines, `Source: ${source}`].join('\n')}\n`;
}

/** The list and what is below it as text to copy. */
export function findingReportText({ findings, assumed, notTested, tested }: FindingReport): string {
  return [
    ...findings.map(findingText),
    ...(findings.length === 0 ? ['Nothing wrong found.\n'] : []),
    ...(assumed.length === 0 ? [] : ['Assumed, as no source states it:\n']),
    ...assumed.map(
      ({ vm, host, text, measure }) =>
        `${vm ?? host ?? ''}: ${text}${measure === null ? '' : ` Measure it with: ${measure}`}\n`,
    ),
    ...(notTested.length === 0 ? [] : ['Not tested:\n']),
    ...notTested.map(
      (check) =>
        `${check.title} (${check.id}): ${untestedText(check)}${check.measure === null ? '' : ` Measure it with: ${check.measure}`}\n`,
    ),
    `Tested: ${tested.map(({ title }) => title).join('; ')}.\n`,
  ].join('\n');
}

/** The answer to "What is wrong here?", its first words apart. */
export function findingAnswer(report: FindingReport): { readonly lead: string; readonly rest: string } {
  const { findings } = report;
  const [worst] = findings;
  if (worst === undefined) return { lead: 'Nothing wrong found.', rest: testedText(report) };
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const n = findings.filter((each) => each.severity === severity).length;
    return n === 0 ? [] : [plural(n, ...SEVERITY_NAMES[severity])];
  });
  return { lead: `${counts.join(', ')}.`, rest: `Worst first: ${findingParts(worst).said}` };
}
