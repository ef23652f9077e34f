/** Scenario documents: text ↔ scenario, checks, scenario → world, foreign facts → scenario. Pure. */
export { assumptionsOf, assumptionText } from './assumption.ts';
export { bootShares } from './boot-share.ts';
export { statedDocument } from './stated.ts';
export { editScenario } from './edit.ts';
export { canonicalText } from './canonical.ts';
export { withCommandTexts } from './command-text.ts';
export type { CommandTexts } from './command-text.ts';
export {
  enterCommand,
  parsedCommand,
  rehearsalFrom,
  submittedIndexes,
  withScheduleChange,
  withSubmitted,
  wrongCommand,
} from './submitted-command.ts';
export type { ScheduleChange } from './submitted-command.ts';
export type { ScenarioCommand } from '../../shared/schema/command.ts';
export { assembleScenario, sortParts } from './import.ts';
export type { ImportPart } from './import-host.ts';
export { factsJsonSchema, factsSchema } from './published-facts.ts';
export { wholeFacts } from './whole-facts.ts';
export { explainManaged, guestFromLinuxFiles } from './linux-guest/index.ts';
export { withFigures } from './figures.ts';
export type { FigureTexts } from './figures.ts';
export { idsOf } from './id-list.ts';
export { vmToPrint } from './vm-to-print.ts';
export { pagesOf } from './quantity.ts';
export { withoutUnplaceable } from './not-placed.ts';
export { placementDiagnostics } from './placement-problem.ts';
export { readForm } from './read-form.ts';
export { readScenario } from './read.ts';
export { SCENARIO_VERSION, scenarioJsonSchema, scenarioSchema } from './schema.ts';
export type { Scenario, ScenarioHost, ScenarioInput, ScenarioVm } from './schema.ts';
export { workEstimate } from './work-estimate.ts';
export type { WorkEstimate } from './work-estimate.ts';
export { commandPlace, tickOf, toWorldConfig } from './world-config.ts';
