/** The application below the shells: documents and their runs, and the one validated door to them. */
export { Desk } from './desk.ts';
export type { Connection, Shell, WindowPort } from './shell.ts';
