/** A version of QEMU, for what differs between them. */
import type { Problems } from './problem.ts';

export interface Version {
  /** 7.2 → 702, 10.0 → 1000. */
  readonly number: number;
  readonly text: string;
}

/** The newest whose rules were read. */
const NEWEST = '10.2';
const OLDEST = 200;
const LATEST = 1199;

/** `7.2`, `7.2.22`, `10.0.13 (Debian …)`. */
export function readVersion(text: string | null, problems: Problems): Version {
  const match = /^v?(\d{1,2})\.(\d{1,2})(?:\.\d+)*(?:[\s(+~-].*)?$/.exec((text ?? NEWEST).trim());
  const number = match === null ? NaN : Number(match[1]) * 100 + Number(match[2]);
  if (number >= OLDEST && number <= LATEST) return { number, text: `${match![1]}.${match![2]}` };
  problems.add('predict-version', '--qemu-version is none that is known.', {
    found: (text ?? '').slice(0, 60),
    expected: 'a version such as 7.2, 8.2 or 10.0',
  });
  return { number: 1002, text: NEWEST };
}
