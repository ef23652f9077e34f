export { readBootLog } from './read.ts';
