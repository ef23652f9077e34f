/** Columns of text for a terminal: as wide as their widest cell, two blanks between, none at the end of a line. */

/** A last column narrower than this is left to the terminal to break. */
const LEAST_FOLD = 24;

/**
 * `<` left, `>` right, one mark a column. Rows may be shorter than `marks`.
 * @param width of the terminal; texts of the last column are folded below themselves to fit. Infinity: never.
 */
export function textTable(
  marks: string,
  rows: readonly (readonly string[])[],
  width = Infinity,
  indent = '  ',
): string {
  const widths = [...marks].map((_, i) => Math.max(0, ...rows.map((row) => (row[i] ?? '').length)));
  const last = marks.length - 1;
  const before = indent.length + widths.slice(0, last).reduce((sum, w) => sum + w + 2, 0);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (marks[i] === '>' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const folded = (row: readonly string[]): readonly (readonly string[])[] => {
    if (row[last] === undefined || width - before < LEAST_FOLD) return [row];
    const [first, ...more] = fold(row[last], width - before);
    return [[...row.slice(0, last), first!], ...more.map((text) => [...row.slice(0, last).map(() => ''), text])];
  };
  return rows
    .flatMap(folded)
    .map((row) => `${indent}${line(row)}\n`)
    .join('');
}

/** The lines of a text, broken at blanks to `width` where it has any. */
export function fold(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
