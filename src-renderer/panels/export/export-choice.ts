/** What can be taken out of a document, as a person chooses it, and what main is asked for it. */
import type { RequestInput } from '../../../shared/protocol/request.ts';

export type MakeInput = RequestInput<'export.make'>;

export const FORMATS = ['html', 'pdf', 'print', 'tables', 'csv', 'json', 'scenario', 'svg', 'png'] as const;
export type Format = (typeof FORMATS)[number];

export interface FormatChoice {
  readonly id: Format;
  readonly label: string;
  readonly hint: string;
  /** The primary button. */
  readonly verb: string;
}

/** @param pdf whether main can make one; otherwise the page prints. */
export function formatChoices(pdf: boolean): readonly FormatChoice[] {
  return [
    { id: 'html', label: 'Report, HTML', hint: 'One file that needs nothing else', verb: 'Save HTML' },
    pdf
      ? { id: 'pdf', label: 'Report, PDF', hint: 'The same, on A4 pages', verb: 'Save PDF' }
      : { id: 'print', label: 'Report, print…', hint: 'To a printer, or to a PDF', verb: 'Print…' },
    { id: 'tables', label: 'All tables', hint: 'In one archive (ZIP), exact pages', verb: 'Save ZIP' },
    { id: 'csv', label: 'One table, CSV', hint: 'Exact pages', verb: 'Save CSV' },
    { id: 'json', label: 'Data, JSON', hint: 'What run --json prints', verb: 'Save JSON' },
    { id: 'scenario', label: 'Scenario', hint: 'The file alone reproduces the run', verb: 'Save scenario' },
    { id: 'svg', label: 'Figure, SVG', hint: 'As in the report', verb: 'Save SVG' },
    { id: 'png', label: 'Figure, PNG', hint: 'As in the report, or the view on screen', verb: 'Save PNG' },
  ];
}

/** A figure by a value that a list can hold. `view`: what the view's canvases show now. */
export type FigureId = 'view' | 'convergence' | `map ${string}`;

export interface FigureChoice {
  readonly value: FigureId;
  readonly label: string;
}

/** @param hasCanvas whether the view on screen is drawn on a canvas; only then is there a picture of it. */
export function figureChoices(format: Format, vms: readonly string[], hasCanvas: boolean): readonly FigureChoice[] {
  return [
    ...(format === 'png' && hasCanvas ? [{ value: 'view' as const, label: 'The view on screen' }] : []),
    { value: 'convergence', label: 'Owed pages over time, all VMs' },
    ...vms.map((vm): FigureChoice => ({ value: `map ${vm}`, label: `Maps of ${vm}, before and after` })),
  ];
}

/** What main is asked; null: it is made here. */
export function makeInput(format: Format, table: string, figure: FigureId): MakeInput | null {
  switch (format) {
    case 'csv':
      return { kind: 'csv', table };
    case 'svg':
    case 'png':
      if (figure === 'view') return null;
      return figure === 'convergence'
        ? { kind: 'figure', figure, vm: '' }
        : { kind: 'figure', figure: 'map', vm: figure.slice('map '.length) };
    case 'print':
      return { kind: 'html' };
    default:
      return { kind: format };
  }
}

/** Another ending for a file's name. */
export const withEnding = (name: string, ending: string): string => `${name.replace(/\.[a-z]+$/i, '')}.${ending}`;
