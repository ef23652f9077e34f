import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BeyondConfig } from '../model/config.ts';
import { beyondConfig, beyondFromConfig } from './convert.ts';
import { beyondSchema } from './part.ts';

const beyond: fc.Arbitrary<BeyondConfig> = fc.record({
  topology: fc.boolean(),
  activePass: fc.option(
    fc.record({
      pagesPerTick: fc.integer({ min: 1, max: 2 ** 20 }),
      order: fc.constantFrom('oldest', 'youngest', 'address'),
    }),
  ),
  consultTarget: fc.boolean(),
  commitStepTicks: fc.nat(1000),
  notify: fc.boolean(),
  shrinkSlabs: fc.boolean(),
  lookup: fc.constantFrom('tree', 'runs', 'radix', 'table'),
});

test('what a guest does beyond the RFC comes back as it was, by way of what a person writes', () => {
  fc.assert(
    fc.property(beyond, fc.integer({ min: 1, max: 3_600_000 }), (config, tickMs) => {
      const written = beyondSchema.parse(beyondFromConfig(config, tickMs));
      expect(beyondConfig(written, tickMs)).toEqual(config);
    }),
  );
});
