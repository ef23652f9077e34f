/** What `facts` prints, of each real file and of a folder of them, is of the published form. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDocument } from '../formats/index.ts';
import { factsSchema } from './index.ts';

const DATA = process.env['PAGESHIFT_DATA']!;
const files = readdirSync(DATA, { recursive: true, encoding: 'utf8' }).filter((name) =>
  statSync(join(DATA, name)).isFile(),
);

test('each file of the corpora', () => {
  let read = 0;
  const wrong: string[] = [];
  for (const name of files) {
    const { parts, ignored } = readDocument(readFileSync(join(DATA, name), 'utf8'), name);
    if (parts.length === 0) continue;
    read++;
    const rest = ignored.length === 0 ? {} : { ignored };
    const all = parts.map(({ facts, first, last, command }) => ({ ...facts, lines: { first, last }, command }));
    const printed = parts.length === 1 ? { ...parts[0]!.facts, ...rest } : { parts: all, ...rest };
    const parsed = factsSchema.safeParse(JSON.parse(JSON.stringify(printed)));
    if (!parsed.success)
      wrong.push(`${name} (${parts[0]!.facts.kind}): ${JSON.stringify(parsed.error.issues).slice(0, 2000)}`);
  }
  expect(wrong).toEqual([]);
  expect(read).toBeGreaterThan(300);
});
