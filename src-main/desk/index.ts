/** The application below the shells: documents and their runs, and the one validated door to them. */
export { Desk } from './desk.ts';
export type { OpenDocument } from './desk.ts';
export type { Asset, Connection, Shell, WindowPort } from './shell.ts';
