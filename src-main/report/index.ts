export { CSV_FILES } from './csv.ts';
export { figureFile } from './figure-file.ts';
export type { FigureName } from './figure-file.ts';
export { renderReport } from './report.ts';
export type { Report } from './report.ts';
export { zip } from './zip.ts';
export { checksText, verdict } from './verdict.ts';
