/** Phrases that several sentences share. */
import { idList } from '../id-list.ts';
import { count, decimal, exactPages, size } from '../number-format.ts';

/** node 3; nodes 0-3,5. Ascending, since the order in which nodes are filled is no one's question. */
export const nodesText = (nids: readonly number[]): string =>
  `${nids.length === 1 ? 'node' : 'nodes'} ${idList([...nids].sort((a, b) => a - b))}`;

/** 61 204 pages (239.08 MiB) */
export const pagesAndSize = (pages: number): string => `${exactPages(pages)} (${size(pages)})`;

/** 12.5 ms */
export const msText = (ms: number): string => `${decimal(ms)} ms`;

/** 1.5 s */
export const secondsText = (ms: number): string => `${decimal(ms / 1000)} s`;

/** a; a and b; a, b and c. */
export const enumerated = (parts: readonly string[]): string =>
  parts.length <= 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;

/** no page; 1 page; 12 pages. */
export const some = (n: number, one: string, many = `${one}s`): string =>
  n === 0 ? `no ${one}` : `${count(n)} ${n === 1 ? one : many}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The members of a union whose `Key` may be `Value`; Extract would miss those that have several values. */
export type MemberOf<Union, Key extends keyof Union, Value> =
  Union extends Readonly<Record<Key, infer Values>> ? (Value extends Values ? Union : never) : never;
