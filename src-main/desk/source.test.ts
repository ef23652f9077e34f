/** What a person gives is read apart, under limits, and the thread of the desk goes on meanwhile. */
import { expect, test } from 'vitest';
import { importFiles } from './source.ts';

/** A domain that names many ids: some hundred milliseconds of work. */
const pins = Array.from({ length: 60 }, (_, i) => `<vcpupin vcpu='${i}' cpuset='0-65535'/>`).join('');
const text = `<domain type='kvm'><name>d</name><memory>1048576</memory><vcpu>64</vcpu><cputune>${pins}</cputune></domain>`;

test('reading that takes too long, or too much memory, is ended and told', async () => {
  for (const [limits, message] of [
    [{ ms: 1, memoryMib: 512 }, 'Reading this takes too long.'],
    [{ ms: 60_000, memoryMib: 8 }, 'Reading this takes too much memory.'],
  ] as const) {
    const { source, diagnostics } = await importFiles([{ name: 'd.xml', text }], undefined, limits);
    expect(source).toBeNull();
    expect(diagnostics).toMatchObject([{ slug: 'input-too-costly', message, where: { file: 'd.xml' } }]);
  }
}, 60_000);

test('others have their turn while a file is read', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const { diagnostics } = await importFiles([{ name: 'd.xml', text }]);
  clearInterval(timer);
  expect(diagnostics.map(({ slug }) => slug)).toContain('import-no-host');
  expect(turns).toBeGreaterThan(10);
}, 60_000);
