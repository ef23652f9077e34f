export { readIomem } from './read.ts';
