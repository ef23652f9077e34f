/** The window's own origin: a private scheme, so that the page can reach nothing of the file system or the network. */
export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://pageshift`;
export const PAGE_URL = `${ORIGIN}/`;
/** The one channel between a window and main. */
export const CHANNEL = 'port';

/** The page itself: not one of its previews, and nothing that only begins like it. */
export function isPage(url: string): boolean {
  return url === PAGE_URL || url.startsWith(`${PAGE_URL}#`);
}

export const isOurs = (url: string): boolean => url.startsWith(PAGE_URL);

/** The path as it was written, without the query; null: not of this origin. */
export function pathOf(url: string): string | null {
  if (!isOurs(url)) return null;
  const rest = url.slice(ORIGIN.length);
  const end = rest.search(/[?#]/);
  return end < 0 ? rest : rest.slice(0, end);
}
