export { compareInParts } from './compare.ts';
export type { CompareOptions, CompareProgress } from './compare.ts';
