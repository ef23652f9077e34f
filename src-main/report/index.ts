export { CSV_FILES } from './csv.ts';
export { renderReport } from './report.ts';
export type { Report } from './report.ts';
export { checksText, verdict } from './verdict.ts';
export type { Verdict } from './verdict.ts';
