/** QEMU's migration capabilities: since when, until when, what excludes what, and what the model does with each. */
import type { Problems } from './problem.ts';
import { cut } from './problem.ts';
import type { Version } from './version.ts';

interface Capability {
  readonly name: string;
  readonly since: number;
  /** The first version without it. */
  readonly until: number | null;
  /** Whether it changes what the model answers, or does not matter to it. */
  readonly isModelled: boolean | 'no-matter';
}

const capability = (
  name: string,
  isModelled: Capability['isModelled'],
  since = 0,
  until: number | null = null,
): Capability => ({
  name,
  since,
  until,
  isModelled,
});

const CAPABILITIES: readonly Capability[] = [
  capability('auto-converge', true),
  capability('xbzrle', true),
  capability('multifd', true, 400),
  capability('postcopy-ram', true),
  capability('dirty-limit', true, 801),
  capability('pause-before-switchover', 'no-matter', 212),
  capability('events', 'no-matter'),
  capability('return-path', 'no-matter', 800),
  capability('late-block-activate', 'no-matter'),
  capability('validate-uuid', 'no-matter', 402),
  capability('postcopy-blocktime', 'no-matter'),
  capability('postcopy-preempt', 'no-matter', 701),
  capability('release-ram', 'no-matter'),
  capability('switchover-ack', 'no-matter', 801),
  capability('zero-copy-send', 'no-matter', 701),
  capability('compress', false, 0, 901),
  capability('block', false, 0, 901),
  capability('zero-blocks', 'no-matter', 0, 901),
  capability('dirty-bitmaps', false),
  capability('mapped-ram', false, 900),
  capability('background-snapshot', false, 600),
  capability('x-ignore-shared', false),
  capability('x-colo', false),
  capability('rdma-pin-all', 'no-matter'),
];

const CONFLICTS: readonly (readonly [one: string, other: string, since: number])[] = [
  ['mapped-ram', 'postcopy-ram', 0],
  ['mapped-ram', 'xbzrle', 0],
  ['x-ignore-shared', 'postcopy-ram', 0],
  ['background-snapshot', 'postcopy-ram', 0],
  ['multifd', 'xbzrle', 0],
  ['multifd', 'compress', 0],
  ['auto-converge', 'dirty-limit', 0],
];

const byName = (name: string): Capability | undefined => CAPABILITIES.find((one) => one.name === name);

export function knownCapability(name: string, problems: Problems): Capability | null {
  const known = byName(name);
  if (known !== undefined) return known;
  problems.add('predict-capability-unknown', 'QEMU has no such capability.', {
    found: cut(name),
    expected: CAPABILITIES.map((one) => one.name).join(', '),
  });
  return null;
}

export function capabilityProblems(names: ReadonlySet<string>, version: Version, problems: Problems): void {
  for (const name of names) {
    const known = byName(name);
    if (known === undefined) continue;
    if (version.number < known.since)
      problems.add('predict-capability-new', `QEMU has ${name} since ${text(known.since)}.`, { found: version.text });
    if (known.until !== null && version.number >= known.until)
      problems.add('predict-capability-gone', `QEMU has had no ${name} since ${text(known.until)}.`, {
        found: version.text,
      });
  }
  for (const [one, other, since] of CONFLICTS)
    if (names.has(one) && names.has(other) && version.number >= since)
      problems.add('predict-capability-conflict', `QEMU refuses ${one} together with ${other}.`, {
        found: `${one}, ${other}`,
      });
}

const text = (version: number): string => `${Math.floor(version / 100)}.${version % 100}`;
