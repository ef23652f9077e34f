import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarioJsonSchema } from './schema.ts';

const FILE = new URL('./pageshift.schema.json', import.meta.url);
const ACCEPT = 'SNAP_UPDATE=1 npx vitest run src-main/scenario/schema.test.ts';

describe('the published JSON Schema', () => {
  it('is up to date', () => {
    if (process.env['SNAP_UPDATE'] === '1') writeFileSync(FILE, scenarioJsonSchema());
    expect(
      readFileSync(FILE, 'utf8') === scenarioJsonSchema(),
      `pageshift.schema.json is out of date; accept with: ${ACCEPT}`,
    ).toBe(true);
  });

  it('says what a person needs to write a document: required keys, defaults, no other keys', () => {
    const schema = JSON.parse(scenarioJsonSchema());
    expect(schema.required).toEqual(['pageshift', 'name', 'hosts']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.tickMs.default).toBe(100);
    expect(schema.properties.hosts.items.properties.nodes.items.oneOf).toEqual([
      { required: ['memoryMiB'] },
      { required: ['memoryKiB'] },
      { required: ['memoryPages'] },
    ]);
  });
});
