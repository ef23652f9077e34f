import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../.ci/golden.ts';
import { scenarioJsonSchema } from './schema.ts';

describe('the published JSON Schema', () => {
  it('is up to date', () => {
    expectGolden(scenarioJsonSchema(), new URL('./pageshift.schema.json', import.meta.url));
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
