export { COMMAND_NAMES, commandLabel, parametersText } from './command.ts';
export { commitStepText } from './commit-step.ts';
export { comparisonDocument, differenceText, variantText, variantTitle } from './comparison.ts';
export { eventFacts, eventText, eventTitle } from './event.ts';
export { forecastText } from './forecast.ts';
export { verdictText } from './migration.ts';
export { pendingText } from './pending-work.ts';
export { placementText } from './placement.ts';
export { rejectionText } from './rejection.ts';
