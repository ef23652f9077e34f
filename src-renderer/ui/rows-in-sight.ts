/** Which rows of a long list exist: those in sight and a few beyond, so that a quick scroll finds them drawn. */
const BEYOND = 8;

/** Half-open [first, end) of rows of `rowHeight`, scrolled down by `top` in a box of `height`. */
export function rowsInSight(
  rows: number,
  rowHeight: number,
  top: number,
  height: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight)) - BEYOND);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + BEYOND);
  return { first, end: Math.max(first, end) };
}
