/** The jobs that turn the record of a run into files. Stopped, they have no output. */
import type { RunRecord } from '../../shared/view/index.ts';
import { figureFile, renderReport } from '../report/index.ts';
import type { FigureName, Report } from '../report/index.ts';
import type { JobSteps } from './job.ts';

export interface ReportInput {
  readonly record: RunRecord;
}

/** The page, the tables and the document. */
export function* report({ record }: ReportInput): JobSteps<null, Report> {
  yield nothing;
  return renderReport(record);
}

export interface FigureInput extends ReportInput {
  readonly figure: FigureName;
  readonly vm: string;
}

/** One figure as SVG, or why there is none. */
export function* figure({ record, figure: name, vm }: FigureInput): JobSteps<null, ReturnType<typeof figureFile>> {
  yield nothing;
  return figureFile(record, name, vm);
}

const nothing = (): null => null;
