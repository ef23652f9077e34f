/**
 * Names and sentences of a document with what would steer a terminal or a page spelled out (shared/errors/visible.ts):
 * done where a document is read, so that whatever shows a name later shows one that is harmless. The same text becomes
 * the same, so that a name still names what it named.
 *
 * (a) Control characters of ASCII stay where only a name may be: the schema refuses them there.
 * (b) Not touched: what is no name but content, the text of a source and what a line of a guest's shell writes.
 */
import { steers, visible, visibleLines } from '../../shared/errors/index.ts';
import type { Path, Problem } from './problem.ts';

/** Keys whose values are content; in prose, as the `text` of an assumption, they are not. */
const CONTENT: ReadonlySet<string> = new Set(['text', 'line', 'writes']);
/** Keys whose values are sentences. */
const PROSE: ReadonlySet<string> = new Set(['description', 'assumed']);

export function madeVisible(value: unknown, path: Path, problems: Problem[], isProse = false): unknown {
  if (typeof value === 'string') {
    const text = isProse ? visibleLines(value) : value.replace(/[^\u0000-\u007f]/g, visible);
    if (text !== value) {
      const message = 'this text has characters that steer what shows it; they are spelled out';
      problems.push({ severity: 'warning', slug: 'text-steers', path, message, found: `"${visible(value)}"` });
    }
    return text;
  }
  if (Array.isArray(value)) return value.map((each, i) => madeVisible(each, [...path, i], problems, isProse));
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, each] of Object.entries(value))
    if ((isProse || !CONTENT.has(key)) && (typeof each === 'object' || (typeof each === 'string' && steers(each))))
      (value as Record<string, unknown>)[key] = madeVisible(each, [...path, key], problems, isProse || PROSE.has(key));
  return value;
}
