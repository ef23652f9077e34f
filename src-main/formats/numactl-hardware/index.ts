export { printNumactlHardware } from './print.ts';
export type { NumactlView } from './print.ts';
export { readNumactlHardware } from './read.ts';
