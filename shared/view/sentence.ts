/**
 * The engine's sentences as a person reads them: whole numbers of five digits and more get thin spaces, sizes in MiB are
 * written as everywhere else, in MiB or GiB. Names stay as they are, also those that are numbers (virsh calls a VM by its
 * id), and so do hex, other decimals and pfns.
 */
import type { SnapshotRecords } from '../columns/index.ts';
import { PAGES_PER_MIB } from '../units/index.ts';
import { count, size } from './number-format.ts';

const NUMBER = '(?<!pfn )(?<![\\p{L}\\p{N}_.-])\\d{5,15}(?![\\p{L}\\p{N}_]|[.-][\\p{L}\\p{N}_])';
const SIZE = '(?<![\\p{L}\\p{N}_.-])\\d{1,12}(?:\\.\\d+)?(?= MiB(?![\\p{L}\\p{N}_/]))';

/** @param header names the hosts and VMs that the sentences are about. */
export function sentenceFormat({ hosts, guests }: Pick<SnapshotRecords, 'hosts' | 'guests'>): (text: string) => string {
  const names = [...hosts, ...guests].map(({ name }) => name).filter((name) => /\d{5}/.test(name));
  const kept = names
    .sort((a, b) => b.length - a.length)
    .map((name) => `(?<![\\p{L}\\p{N}_])${escaped(name)}(?![\\p{L}\\p{N}_])`);
  const pattern = new RegExp([...kept, `(${SIZE}) MiB`, `(${NUMBER})`].join('|'), 'gu');
  return (text) =>
    text.replace(pattern, (found, mib?: string, number?: string) => {
      if (mib !== undefined) return size(Number(mib) * PAGES_PER_MIB);
      return number === undefined ? found : count(Number(found));
    });
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
