/** What a person takes out of a document: the report of its run as a page, as PDF or as tables, or the scenario. */
import type { RunRecord } from '../../shared/view/index.ts';
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
  const base = fileBase(document.name);
  switch (asked.kind) {
    case 'scenario':
      return { name: `${base}.pageshift.json`, mime: 'application/json', content: bytes(await document.text()) };
    case 'pdf':
      if (pdf === null) throw new RequestDenied('PDF is not made here: print the preview to a PDF instead.');
      return { name: `${base}.pdf`, mime: 'application/pdf', content: await pdf(await reportHtml(document)) };
    case 'html':
      return { name: `${base}.html`, mime: 'text/html', content: bytes(await reportHtml(document)) };
    case 'json':
      return {
        name: `${base}.json`,
        mime: 'application/json',
        content: bytes((await reportOf(document)).json),
      };
    case 'figure': {
      const figure = await runJob('figure', { record: await document.record(), figure: asked.figure, vm: asked.vm });
      if (figure.svg === null) throw new RequestDenied(figure.why);
      const name = [base, asked.figure, ...(asked.figure === 'map' ? [fileBase(asked.vm)] : [])].join('-');
      return { name: `${name}.svg`, mime: 'image/svg+xml', content: bytes(figure.svg) };
    }
    case 'csv': {
      const { csv } = await reportOf(document);
      const table = Object.hasOwn(csv, asked.table) ? csv[asked.table] : undefined;
      if (table === undefined)
        throw new RequestDenied(`There is no such table. There are: ${Object.keys(csv).join(', ')}.`);
      return { name: `${base}-${asked.table}`, mime: 'text/csv', content: bytes(table) };
    }
  }
}

export const reportHtml = async (document: Exportable): Promise<string> => (await reportOf(document)).html;

const reportOf = async (document: Exportable): Promise<Report> => runJob('report', { record: await document.record() });

/** A document's name as a file can be called on any system. */
export function fileBase(name: string): string {
  const clean = name
    .replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '-')
    .slice(0, 80)
    .replace(/^[.\s-]+|[.\s-]+$/g, '');
  return clean === '' ? 'pageshift' : clean;
}
