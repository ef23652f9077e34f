/**
 * Names of the files that are taken out of a run, the same from the window and from the command line:
 *
 *     NAME.pageshift.json  the scenario
 *     NAME.json            the run as data, as `run --json` prints it
 *     NAME-report.html     the report; NAME-report.pdf
 *     NAME-TABLE.csv       a table; NAME-tables.zip has all of them
 *     NAME-FIGURE.svg      a figure
 */

/** A document's name as every system takes it for a file: letters and digits in lower case, the rest dashes. */
export function fileStem(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? 'scenario' : plain;
}

/** @param stem of the document's name, or as the person called the report */
export const scenarioFile = (stem: string): string => `${stem}.pageshift.json`;
export const dataFile = (stem: string): string => `${stem}.json`;
export const reportFile = (stem: string, ending: 'html' | 'pdf'): string => `${stem}-report.${ending}`;
/** @param table with its ending: accounting.csv */
export const tableFile = (stem: string, table: string): string => `${stem}-${table}`;
export const tablesFile = (stem: string): string => `${stem}-tables.zip`;
/** @param parts what it shows, and of what: "map", "db" */
export const figureFileName = (stem: string, parts: readonly string[], ending: 'svg' | 'png'): string =>
  `${[stem, ...parts.map(fileStem)].join('-')}.${ending}`;
