export { parseXml } from './document.ts';
export type { XmlElement } from './document.ts';
export { childOf, childrenOf, parseWhole, placeOf, reportMissing, requiredWhole, wholeAttribute } from './field.ts';
export { MAX_DEPTH, MAX_ELEMENTS } from './guard.ts';
