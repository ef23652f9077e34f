/**
 * The validation suite: the one table of published figures, sources' rules and exact maths that the models are held
 * against. A test runs it; the README shows it.
 */
import { simtest } from '../simtest.ts';
import { exact, type ValidationCase } from './case.ts';
import { CONVERGENCE_CASES } from './convergence.ts';
import { MIGRATION_CASES } from './migration.ts';
import { NUMA_CASES } from './numa.ts';

/** Random worlds in which a law was broken: free, allocated and per-CPU pages of each node sum to what is present. */
function brokenWorlds(): number {
  const steps = simtest({ seeds: 1, first: 1 });
  for (let step = steps.next(); ; step = steps.next())
    if (step.done === true) return step.value.failure === null ? 0 : 1;
}

const INVARIANT: ValidationCase = {
  id: 'A1',
  what: 'Random worlds in which free, allocated and per-CPU pages do not sum to those present, on a node or in all',
  unit: 'worlds',
  expected: 0,
  within: exact,
  from: 'invariant',
  source: 'mm/check.ts',
  got: brokenWorlds,
};

export const VALIDATION_CASES: readonly ValidationCase[] = [
  ...MIGRATION_CASES,
  ...NUMA_CASES,
  ...CONVERGENCE_CASES,
  INVARIANT,
];

interface ValidationRow {
  readonly of: ValidationCase;
  readonly got: number;
}

/** The table as the README has it: figures of one case in one line. */
export function validationTable(rows: readonly ValidationRow[]): string {
  const lines = ['| id | case | expected | got | class, source |', '|---|---|---|---|---|'];
  const cases = new Map<string, ValidationRow[]>();
  for (const row of rows) {
    const key = `${row.of.id} ${caseOf(row.of)}`;
    cases.set(key, [...(cases.get(key) ?? []), row]);
  }
  for (const figures of cases.values()) {
    const { of } = figures[0]!;
    const names = figures.map((row) => figureOf(row.of)).filter((name) => name !== '');
    const what = names.length === 0 ? caseOf(of) : `${caseOf(of)}: ${names.join(', ')}`;
    const expected = figures.map((row) => `${tidy(row.of.expected)} ${row.of.unit}`.trimEnd()).join('; ');
    const got = figures.map((row) => tidy(row.got)).join('; ');
    lines.push(`| ${of.id} | ${what} | ${expected} | ${got} | ${of.from}: ${of.source} |`);
  }
  return lines.join('\n');
}

const caseOf = ({ what }: ValidationCase): string => what.split(': ')[0]!;
const figureOf = ({ what }: ValidationCase): string => what.split(': ').slice(1).join(': ');

/** Six digits. */
const tidy = (value: number): string => String(Number(value.toPrecision(6)));
