/** A name in one line: cut in the middle, where names that are made by rule differ least. Its whole belongs into a tip. */
export function cutMiddle(name: string, most: number): string {
  const signs = [...name];
  if (signs.length <= most) return name;
  const kept = Math.max(2, most - 1);
  const first = Math.ceil(kept / 2);
  return `${signs.slice(0, first).join('')}…${signs.slice(signs.length - (kept - first)).join('')}`;
}
