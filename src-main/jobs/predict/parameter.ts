/** `--set PARAMETER=VALUE`: parameters of migrations by QEMU's names and units, and those of other hypervisors. */
import type { Algorithm } from '../../engine/transfer/algorithm/index.ts';
import { type NumberBounds, type Problems, cut } from './problem.ts';
import type { Version } from './version.ts';

export interface Parameters {
  readonly downtimeMs: number | null;
  readonly maxBandwidthMibPerSec: number | null;
  readonly switchoverMibPerSec: number | null;
  readonly postcopyMibPerSec: number | null;
  readonly channels: number | null;
  readonly xbzrleCacheMib: number | null;
  readonly zeroPages: 'none' | 'legacy' | 'multifd' | null;
  readonly throttle: {
    readonly trigger: number | null;
    readonly initial: number | null;
    readonly increment: number | null;
    readonly max: number | null;
    readonly tailslow: boolean | null;
    readonly vcpuDirtyLimitMib: number | null;
  };
  readonly timeoutSeconds: number | null;
  readonly atTimeout: 'cancel' | 'ignore' | null;
  /** Known, but without any effect on the model. */
  readonly ignored: readonly string[];
}

type Kind = 'bytes' | 'number' | 'flag' | 'zero-pages' | 'timeout-strategy' | 'ignored';

interface Parameter {
  readonly kind: Kind;
  readonly since: number;
  readonly bounds: NumberBounds;
  readonly of: 'qemu' | 'others' | 'all';
}

const bounded = (least: number, most: number): NumberBounds => ({ least, most });
const qemu = (kind: Kind, bounds: NumberBounds = bounded(0, 2 ** 53), since = 0): Parameter => ({
  kind,
  since,
  bounds,
  of: 'qemu',
});
const ignored = qemu('ignored');
const percent = bounded(1, 99);

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  'downtime-limit': { ...qemu('number', bounded(0, 2_000_000)), of: 'all' },
  'max-bandwidth': { ...qemu('bytes'), of: 'all' },
  'avail-switchover-bandwidth': qemu('bytes', undefined, 802),
  'max-postcopy-bandwidth': qemu('bytes'),
  'multifd-channels': qemu('number', bounded(1, 255)),
  'xbzrle-cache-size': qemu('bytes'),
  'zero-page-detection': qemu('zero-pages', undefined, 900),
  'throttle-trigger-threshold': qemu('number', bounded(1, 100)),
  'cpu-throttle-initial': qemu('number', percent),
  'cpu-throttle-increment': qemu('number', percent),
  'max-cpu-throttle': qemu('number', percent),
  'cpu-throttle-tailslow': qemu('flag'),
  'vcpu-dirty-limit': qemu('number', bounded(1, 2 ** 30), 801),
  'x-vcpu-dirty-limit-period': ignored,
  'announce-initial': ignored,
  'announce-max': ignored,
  'announce-rounds': ignored,
  'announce-step': ignored,
  'block-incremental': ignored,
  'compress-level': ignored,
  'compress-threads': ignored,
  'compress-wait-thread': ignored,
  'decompress-threads': ignored,
  'multifd-compression': ignored,
  'multifd-zlib-level': ignored,
  'multifd-zstd-level': ignored,
  'multifd-qatzip-level': ignored,
  'tls-creds': ignored,
  'tls-hostname': ignored,
  'tls-authz': ignored,
  'x-checkpoint-delay': ignored,
  mode: ignored,
  'direct-io': ignored,
  connections: { ...qemu('number', bounded(1, 128)), of: 'others' },
  timeout: { ...qemu('number', bounded(0, 2 ** 31)), of: 'others' },
  'timeout-strategy': { ...qemu('timeout-strategy'), of: 'others' },
};

/** Bytes, or with a suffix as QEMU's monitor takes it. */
const SIZE = /^(\d+(?:\.\d+)?)\s*([KMGTkmgt])?(?:i?B)?$/;
const SUFFIXES: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

export function readParameters(
  given: readonly string[],
  version: Version,
  algorithm: Algorithm,
  problems: Problems,
): Parameters {
  const values = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name]! : null;
    if (at < 0)
      problems.add('predict-parameter-value', `--set ${cut(name)} has no value.`, { expected: 'PARAMETER=VALUE' });
    else if (parameter === null)
      problems.add('predict-parameter-unknown', '--set does not know it.', {
        found: cut(name),
        expected: Object.keys(PARAMETERS).join(', '),
      });
    else if (!isOf(parameter, algorithm))
      problems.add('predict-parameter-algorithm', `${name} is no parameter of ${algorithm}.`, { found: cut(text) });
    else if (parameter.of === 'qemu' && version.number < parameter.since)
      problems.add('predict-parameter-new', `QEMU ${version.text} has no ${name}.`, { found: cut(text) });
    else values.set(name, text.slice(at + 1));
  }
  const number = (name: string): number | null =>
    problems.number(`--set ${name}`, values.get(name) ?? null, PARAMETERS[name]!.bounds);
  const mib = (name: string): number | null => bytesOf(name, values.get(name), problems);
  /** 0 is no limit. */
  const limit = (name: string): number | null => {
    const value = mib(name);
    return value === 0 ? Infinity : value;
  };
  const switchover = mib('avail-switchover-bandwidth');
  return {
    downtimeMs: number('downtime-limit'),
    maxBandwidthMibPerSec: limit('max-bandwidth'),
    switchoverMibPerSec: switchover === 0 ? null : switchover,
    postcopyMibPerSec: limit('max-postcopy-bandwidth'),
    channels: number('multifd-channels') ?? number('connections'),
    xbzrleCacheMib: mib('xbzrle-cache-size'),
    zeroPages: problems.choice('--set zero-page-detection', values.get('zero-page-detection') ?? null, [
      'none',
      'legacy',
      'multifd',
    ]),
    throttle: {
      trigger: number('throttle-trigger-threshold'),
      initial: number('cpu-throttle-initial'),
      increment: number('cpu-throttle-increment'),
      max: number('max-cpu-throttle'),
      tailslow: flagOf('cpu-throttle-tailslow', values.get('cpu-throttle-tailslow'), problems),
      vcpuDirtyLimitMib: number('vcpu-dirty-limit'),
    },
    timeoutSeconds: number('timeout'),
    atTimeout: problems.choice('--set timeout-strategy', values.get('timeout-strategy') ?? null, ['cancel', 'ignore']),
    ignored: [...values.keys()].filter((name) => PARAMETERS[name]!.kind === 'ignored'),
  };
}

const isOf = ({ of }: Parameter, algorithm: Algorithm): boolean =>
  of === 'all' || (of === 'qemu') === (algorithm === 'qemu' || algorithm === 'offline');

function bytesOf(name: string, text: string | undefined, problems: Problems): number | null {
  if (text === undefined) return null;
  const match = SIZE.exec(text.trim());
  if (match !== null) return (Number(match[1]) * (SUFFIXES[match[2]?.toLowerCase() ?? ''] ?? 1)) / 2 ** 20;
  problems.add('predict-number', `--set ${name} cannot be so.`, {
    found: cut(text),
    expected: 'bytes, or a number with K, M, G or T',
  });
  return null;
}

function flagOf(name: string, text: string | undefined, problems: Problems): boolean | null {
  if (text === undefined) return null;
  if (text === 'on' || text === 'true') return true;
  if (text === 'off' || text === 'false') return false;
  problems.add('predict-flag', `--set ${name} cannot be so.`, { found: cut(text), expected: 'on or off' });
  return null;
}
