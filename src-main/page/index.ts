/** The page as every window shell serves it: its files, its headers, and where things lie. */
export { checkout, dataFolder, documentsFolder } from './place.ts';
export { headersOf, NOTHING_POLICY, PAGE_POLICY } from './policy.ts';
export { PREVIEW_PATH, refusal, Site } from './site.ts';
export type { Answer, Preview } from './site.ts';
