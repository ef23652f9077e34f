export { readBuddyinfo } from './read.ts';
