export { counterOf, eachLine, numberOf, ZONE_LINE, zoneKey, ZoneLimits } from './line.ts';
