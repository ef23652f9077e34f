export { readCapabilities } from './read.ts';
