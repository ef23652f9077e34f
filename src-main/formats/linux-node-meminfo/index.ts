export { readNodeMeminfo } from './read.ts';
