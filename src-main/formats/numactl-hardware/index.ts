export { printNumactlHardware } from './print.ts';
export type { NumactlFacts } from './print.ts';
export { readNumactlHardware } from './read.ts';
