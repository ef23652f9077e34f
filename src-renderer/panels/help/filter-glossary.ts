/** What of the glossary has every word that is looked for, in whatever part of it. */
export function filterGlossary<Entry extends object>(entries: readonly Entry[], wanted: string): readonly Entry[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  return entries.filter((entry) => {
    const text = Object.values(entry).flat().join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
