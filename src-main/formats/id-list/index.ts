export { MAX_ID, newIdBudget, parseIdList } from './id-list.ts';
export type { IdBudget, IdList, IdSeparator } from './id-list.ts';
