export { readPagetypeinfo } from './read.ts';
