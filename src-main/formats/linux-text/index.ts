export { counterOf, eachLine, numberOf, ZONE_LINE, ZoneLimits } from './line.ts';
