/**
 * Which commands a person means by a few letters. Every word typed must begin a word of the title or of its group, or be
 * found somewhere in the title; titles that begin as typed come first, the order of the table decides the rest.
 */
export interface Findable {
  readonly title: string;
  readonly group: string;
}

export function find<T extends Findable>(commands: readonly T[], typed: string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...commands];
  const phrase = words.join(' ');
  return commands
    .map((command) => ({ command, rank: rank(command, words, phrase) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command }) => command);
}

/** 0 begins as typed, 1 words begin so, 2 letters are found somewhere. */
function rank({ title, group }: Findable, words: readonly string[], phrase: string): number {
  const text = title.toLowerCase();
  if (text.startsWith(phrase)) return 0;
  const parts = `${text} ${group.toLowerCase()}`.split(/[^\p{L}\p{N}]+/u);
  if (words.every((word) => parts.some((part) => part.startsWith(word)))) return 1;
  return words.every((word) => text.includes(word)) ? 2 : Infinity;
}
