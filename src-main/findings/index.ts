export { findAll } from './find.ts';
export type * from './facts.ts';
