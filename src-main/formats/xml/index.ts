export { MAX_DEPTH, MAX_ELEMENTS, parseXml } from './document.ts';
export type { XmlElement } from './document.ts';
export { editXml } from './edit.ts';
export { childOf, childrenOf, parseWhole, placeOf, reportMissing, requiredWhole, wholeAttribute } from './field.ts';
