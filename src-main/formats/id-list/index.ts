export { MAX_ID, newIdBudget, parseIdList, printIdList } from './id-list.ts';
export type { IdBudget, IdList, IdSeparator } from './id-list.ts';
