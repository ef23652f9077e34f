/** The cases worked out by hand: exactly these findings, on a scenario that states the case. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalText, readScenario } from '../scenario/index.ts';
import { factsOf, findAll } from './index.ts';
import type { World } from './fixture.ts';
import { migrationOf, scenarioOf } from './fixture.ts';

const DATA = join(process.env['PAGESHIFT_DATA']!, 'findings');
const load = <T>(file: string): T => JSON.parse(readFileSync(join(DATA, file), 'utf8')) as T;

interface Case {
  readonly id: string;
  readonly severity: string;
  readonly positive: World;
  readonly negative: World;
  readonly also: readonly string[];
  readonly alsoNegative: readonly string[];
}

/** The scenario goes through its text, as the command reads it. */
function found(world: World): string[] {
  const { value, diagnostics } = readScenario(canonicalText(scenarioOf(world)), 'case');
  if (value === null) throw new Error(JSON.stringify(diagnostics));
  const { findings } = findAll(factsOf(value, migrationOf(world)));
  return findings.map(({ id, severity }) => `${id}:${severity}`).sort();
}

describe.each(load<Case[]>('cases.json'))('$id', ({ id, severity, positive, negative, also, alsoNegative }) => {
  test('fires', () => expect(found(positive)).toEqual([`${id}:${severity}`, ...also].sort()));
  test('is silent', () => expect(found(negative)).toEqual([...alsoNegative].sort()));
});

test.each(load<{ title: string; world: World; notes: string[] }[]>('healthy.json'))('$title', ({ world, notes }) => {
  expect(found(world)).toEqual(notes.map((id) => `${id}:note`).sort());
});
