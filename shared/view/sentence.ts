/**
 * The engine's sentences as a person reads them: whole numbers of five digits and more get thin spaces. Names stay as
 * they are, also those that are numbers (virsh calls a VM by its id), and so do hex, decimals and pfns.
 */
import type { SnapshotHeader } from '../snapshot/index.ts';
import { count } from './number-format.ts';

const NUMBER = '(?<!pfn )(?<![\\p{L}\\p{N}_.-])\\d{5,15}(?![\\p{L}\\p{N}_]|[.-][\\p{L}\\p{N}_])';

/** @param header names the hosts and VMs that the sentences are about. */
export function sentenceFormat({ hosts, guests }: Pick<SnapshotHeader, 'hosts' | 'guests'>): (text: string) => string {
  const names = [...hosts, ...guests].map(({ name }) => name).filter((name) => /\d{5}/.test(name));
  const kept = names
    .sort((a, b) => b.length - a.length)
    .map((name) => `(?<![\\p{L}\\p{N}_])${escaped(name)}(?![\\p{L}\\p{N}_])`);
  const pattern = new RegExp([...kept, `(${NUMBER})`].join('|'), 'gu');
  return (text) =>
    text.replace(pattern, (found, number?: string) => (number === undefined ? found : count(Number(found))));
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
