export { readZoneinfo } from './read.ts';
