/** Has an export made, and puts it where the person wants it: by the shell's dialog, or as a download. */
import type { Diagnostic } from '../../../shared/errors/index.ts';
import type { App } from '../../state/app.svelte.ts';
import { figureFileName, fileStem } from '../../../shared/view/export-name.ts';
import { download } from '../../ui/download.ts';
import { makeInput, withEnding } from './export-choice.ts';
import type { FigureId, Format } from './export-choice.ts';
import { pngOfSvg, pngOfView } from './picture.ts';

export interface Made {
  readonly name: string;
  readonly mime: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

export interface Chosen {
  readonly format: Format;
  readonly table: string;
  readonly figure: FigureId;
}

/** @throws RequestError, or Error where a picture cannot be drawn; the text is for a person. */
export async function make(app: App, { format, table, figure }: Chosen, view: Element | null): Promise<Made> {
  const input = makeInput(format, table, figure);
  if (input === null) {
    if (view === null) throw new Error('no view is on screen');
    const blob = await pngOfView(view);
    const name = figureFileName(fileStem(app.document?.name ?? ''), [app.view], 'png');
    return { name, mime: blob.type, content: new Uint8Array(await blob.arrayBuffer()) };
  }
  const { output, payload } = await app.connection.ask('export.make', input);
  // A payload is part of a message; a file is not.
  const content = payload.slice();
  if (format !== 'png') return { ...output, content };
  const blob = await pngOfSvg(content);
  return {
    name: withEnding(output.name, 'png'),
    mime: blob.type,
    content: new Uint8Array(await blob.arrayBuffer()),
  };
}

/** @returns whether it was saved, and what went wrong. */
export async function save(
  app: App,
  { name, mime, content }: Made,
): Promise<{ readonly saved: boolean; readonly diagnostics: readonly Diagnostic[] }> {
  if (app.hello?.dialogs) return app.connection.request('export.write', { name }, content);
  download(name, mime, content);
  return { saved: true, diagnostics: [] };
}
