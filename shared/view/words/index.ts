export { COMMAND_NAMES } from './command.ts';
export { eventFacts, eventText, eventTitle } from './event.ts';
export { verdictText } from './migration.ts';
export { rejectionText } from './rejection.ts';
