export { assumptionsOf } from './assumption.ts';
export {
  changeLabel,
  clashText,
  COMMAND_NAMES,
  commandLabel,
  moveLabel,
  parametersText,
  REHEARSAL_LABEL,
  removalLabel,
  scheduledRejectionText,
} from './command.ts';
export { commitStepText } from './commit-step.ts';
export { comparisonDocument, differenceText, variantText, variantTitle } from './comparison.ts';
export { editLabel, removedText, startsAnewText } from './edit.ts';
export { eventFacts, eventText, eventTitle } from './event.ts';
export {
  assumptionParts,
  FINDINGS_MOMENT,
  findingAnswer,
  findingParts,
  findingReportText,
  findingText,
  namesText,
  placeName,
  SEVERITY_NAMES,
  testedText,
  untestedText,
} from './finding.ts';
export { forecastText } from './forecast.ts';
export { DIRTY_UNKNOWN, verdictText } from './migration.ts';
export { fullness, standoutText } from './overview.ts';
export { pendingText } from './pending-work.ts';
export { COUNTED_BY, GLOSSARY, GLOSSARY_GROUPS, GLOSSARY_SIGNS, termOf, termText } from './glossary.ts';
export type { GlossarySign, TermId } from './glossary.ts';
export { placementText } from './placement.ts';
export { REGENERATION_OFF } from './regeneration.ts';
export { differenceSentence } from './run-difference.ts';
export {
  backingText,
  bindingText,
  forecastMarks,
  mibOf,
  pageSizeText,
  pinsText,
  placementMark,
  poolPages,
  poolsText,
  poolText,
} from './stated.ts';
export { runSummary } from './run-summary.ts';
export { rejectionText } from './rejection.ts';
export { edgeText, sweepCountText } from './sweep.ts';
export type { EdgeWords, SweepCounts } from './sweep.ts';
