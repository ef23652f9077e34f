/** What a person takes out of a document: the report of its run as a page, as PDF or as tables, or the scenario. */
import type { RunRecord } from '../../shared/view/index.ts';
import {
  dataFile,
  figureFileName,
  fileStem,
  reportFile,
  scenarioFile,
  tableFile,
  tablesFile,
} from '../../shared/view/export-name.ts';
import { zip } from '../report/index.ts';
import type { Report } from '../report/index.ts';
import { runJob } from '../runtime/index.ts';
import type { CheckedInput } from '../../shared/protocol/index.ts';
import { RequestDenied } from '../runtime/index.ts';

export interface Exported {
  /** Suggested. */
  readonly name: string;
  readonly mime: string;
  readonly content: Uint8Array;
}

/** What of a document an export is made of. */
export interface Exportable {
  readonly name: string;
  record(): Promise<RunRecord>;
  text(): Promise<string>;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** @param pdf of the shell; null where it has none. */
export async function makeExport(
  asked: CheckedInput<'export.make'>,
  document: Exportable,
  pdf: ((html: string) => Promise<Uint8Array>) | null,
): Promise<Exported> {
  const stem = fileStem(document.name);
  switch (asked.kind) {
    case 'scenario':
      return { name: scenarioFile(stem), mime: 'application/json', content: bytes(await document.text()) };
    case 'pdf':
      if (pdf === null) throw new RequestDenied('PDF is not made here: print the preview to a PDF instead.');
      return { name: reportFile(stem, 'pdf'), mime: 'application/pdf', content: await pdf(await reportHtml(document)) };
    case 'html':
      return { name: reportFile(stem, 'html'), mime: 'text/html', content: bytes(await reportHtml(document)) };
    case 'json':
      return {
        name: dataFile(stem),
        mime: 'application/json',
        content: bytes((await reportOf(document)).json),
      };
    case 'figure': {
      const figure = await runJob('figure', { record: await document.record(), figure: asked.figure, vm: asked.vm });
      if (figure.svg === null) throw new RequestDenied(figure.why);
      const parts = [asked.figure, ...(asked.figure === 'map' ? [asked.vm] : [])];
      return { name: figureFileName(stem, parts, 'svg'), mime: 'image/svg+xml', content: bytes(figure.svg) };
    }
    case 'tables': {
      const { csv } = await reportOf(document);
      const files = Object.entries(csv).map(([table, text]) => ({
        name: bytes(tableFile(stem, table)),
        content: bytes(text),
      }));
      return { name: tablesFile(stem), mime: 'application/zip', content: zip(files) };
    }
    case 'csv': {
      const { csv } = await reportOf(document);
      const table = Object.hasOwn(csv, asked.table) ? csv[asked.table] : undefined;
      if (table === undefined)
        throw new RequestDenied(`There is no such table. There are: ${Object.keys(csv).join(', ')}.`);
      return { name: tableFile(stem, asked.table), mime: 'text/csv', content: bytes(table) };
    }
  }
}

export const reportHtml = async (document: Exportable): Promise<string> => (await reportOf(document)).html;

const reportOf = async (document: Exportable): Promise<Report> => runJob('report', { record: await document.record() });
