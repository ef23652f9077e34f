export { readDomain } from './read.ts';
