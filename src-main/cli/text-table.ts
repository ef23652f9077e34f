/** Columns of text for a terminal: as wide as their widest cell, two blanks between, none at the end of a line. */

/** `<` left, `>` right, one mark a column. Rows may be shorter than `marks`. */
export function textTable(marks: string, rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = [...marks].map((_, i) => Math.max(0, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (marks[i] === '>' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${indent}${line(row)}\n`).join('');
}
