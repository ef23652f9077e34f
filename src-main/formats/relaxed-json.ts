/**
 * JSON as it is pasted from a database client: with what the client prints around it, and with commas before closing
 * brackets. The gutter before each line is gone already (paste/clean.ts).
 */
export function parseRelaxedJson(text: string): unknown {
  // A prompt may have brackets: `MariaDB [nova]>`.
  const start = text.trimStart().startsWith('[') ? text.indexOf('[') : text.indexOf('{');
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (start === -1 || end < start) return undefined;
  const body = text.slice(start, end + 1);
  for (const candidate of [body, withoutCommas(body)]) {
    try {
      return JSON.parse(candidate) as unknown;
    } catch {
      // The next form is tried.
    }
  }
  return undefined;
}

/** Outside of strings. The gutter ends lines with `|` too. */
const withoutCommas = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|\s\|[ \t]*$|,(?=\s*[}\]])/gm, (match) => (match.startsWith('"') ? match : ''));
