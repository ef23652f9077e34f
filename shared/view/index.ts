export { guestAccounting, nodeRows, owedPairs } from './accounting.ts';
export type { Equation, GuestAccounting, NodeRow, OwedPair, PageCounts, Term, ZoneRow } from './accounting.ts';
export { convergedGuests, getsLayouts } from './convergence.ts';
export { freeAreas, HUGE_ORDER } from './free-area.ts';
export { counterName } from './counter-name.ts';
export { placeAgain, walked, walkedCounters, walkTable } from './commit-walk.ts';
export type { WalkedCounter, WalkPlace } from './commit-walk.ts';
export { hostMatrix, hostNodeRows, memoryShares, vmShares } from './host.ts';
export type { HostMatrix, HostNodeRow, VmHostRow, VmPart } from './host.ts';
export { hasPageblocks, hugeOutlook, pageblockRows } from './huge-outlook.ts';
export type { HugeOutlook } from './huge-outlook.ts';
export { idList } from './id-list.ts';
export { guestLanes } from './lane.ts';
export type { Lanes } from './lane.ts';
export { diffLayouts, existingPages, memoryBlockLinks, readLayoutRanges } from './layout-diff.ts';
export type { LayoutChange, LayoutRun, MemoryBlockLinks } from './layout-diff.ts';
export { LaneIndex } from './lane-index.ts';
export {
  hostLetter,
  HUES_DARK,
  HUES_LIGHT,
  NodeColourTable,
  NR_HUES,
  PAGE_DARK,
  PAGE_LIGHT,
  PATTERNS,
  patternOf,
} from './node-colour.ts';
export type { NodeColour } from './node-colour.ts';
export { owedByAge, OWNER_NAMES } from './owed-age.ts';
export type { OwedAge } from './owed-age.ts';
export { runDocument } from './run-document.ts';
export type { RunDocument } from './run-document.ts';
export type {
  GuestInput,
  LawsChecked,
  LinkInput,
  RecordedCommand,
  RunEnding,
  RunInputs,
  RunRecord,
  WorkloadInput,
} from './run-record.ts';
export { EMPTY_SERIES, OTHER_PAIRS, SeriesRecorder, spliceSeries } from './series.ts';
export type { GuestSeries, Series, SeriesPart, SeriesState } from './series.ts';
