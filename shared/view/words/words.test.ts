/** Every event, rejection and command is worded, and no name of the code is in what a person reads. */
import { expect, test } from 'vitest';
import { COMMAND_TYPES } from '../../model/command.ts';
import type { Command } from '../../model/command.ts';
import type { WorldEvent } from '../../model/event.ts';
import type { Rejection } from '../../model/rejection.ts';
import { PLAIN_RFC } from '../../model/beyond.ts';
import { COMMAND_NAMES, eventFacts, eventText, eventTitle, parametersText, rejectionText } from './index.ts';
import type { MemberOf } from './part.ts';

const CAMEL_CASE = /\b[a-z]+[A-Z]|undefined|NaN|\[object|\bnull\b/;
const expectWords = (text: string): void => {
  expect(text).not.toBe('');
  expect(text).not.toMatch(CAMEL_CASE);
};

const host = { host: 'h', nodes: [1, 0] };
const end = { host: 'h', rounds: 3, sentBytes: 2 ** 30, downtimeLimitMs: 300 };
const range = { start: 0, end: 9, nid: 1 };

/** One of each: the compiler misses the type that is not here. */
const EVENTS: { readonly [T in WorldEvent['type']]: Extract<WorldEvent, { type: T }>['data'] } = {
  commandApplied: { command: 'cancelCompaction' },
  commandRejected: { command: 'migrate', vm: 'x', rejection: { slug: 'vm-unknown', vm: 'x' } },
  compactionStarted: { ...host, leftPages: 4096, framesPerTick: 2 },
  compactionCompleted: { ...host, movedPages: 4096, leftPages: 0 },
  compactionStalled: { ...host, movedPages: 1, leftPages: 4095 },
  compactionCancelled: { ...host, movedPages: 0, leftPages: 4096 },
  migrationStarted: { fromHost: 'h', toHost: 'k', nodes: [0], pages: 4096, extents: 3 },
  migrationRound: { round: 1, sentBytes: 2 ** 20, dirtyBytes: 4096 },
  migrationSwitchOver: { dirtyBytes: 4096, expectedMs: 1.5 },
  migrationCompleted: { ...end, downtimeMs: 12.5 },
  migrationCancelled: end,
  migrationFailed: { ...end, dirtyBytes: 4096, leastLimitMs: 400 },
  layoutDelivered: { ranges: 2, sharedHostNodes: [3], nrNodeIds: 2 },
  layoutCommitted: { seq: 2, deltaPages: 9, movedSweepPages: 5, movedDrainPages: 1, strandedPages: 3 },
  nodeOnline: { nid: 1 },
  zoneCreated: { nid: 1, zone: 'DMA32' },
  memoryPlugged: { start: 4096, pages: 512, nodes: [1] },
};

test.each(Object.entries(EVENTS))('event %s', (type, data) => {
  const event = { tick: 1, type, vm: 'db', data } as WorldEvent;
  expectWords(eventTitle(event.type));
  expectWords(eventText(event));
  expect(eventText(event)).toMatch(/\.$/);
  const facts = eventFacts(event);
  expect(facts).toHaveLength(Object.keys(data).length);
  for (const { name, text } of facts) {
    expectWords(name);
    expectWords(text);
  }
});

const vm = { vm: 'db' };
const REJECTIONS: { readonly [S in Rejection['slug']]: Omit<MemberOf<Rejection, 'slug', S>, 'slug'> } = {
  'command-invalid': { problem: 'unknown-vm', message: 'There is no VM "x".' },
  busy: {},
  'law-broken': {},
  'vm-unknown': vm,
  'vm-compacting': vm,
  'vm-migrating': vm,
  'compact-none': vm,
  'migrate-none': vm,
  'nodes-empty': {},
  'node-unknown': { host: 'h', nid: 7 },
  'bound-apart': vm,
  'bound-elsewhere': { ...vm, nodes: [1], bound: [0] },
  'bound-node-missing': { ...vm, toHost: 'k', nodes: [2, 3], has: [0, 1], fitsOn: [0] },
  'node-no-memory': { host: 'h', nid: 7 },
  'compact-frames-per-tick': { framesPerTick: 0 },
  'migrate-host-unknown': { toHost: 'k' },
  'migrate-same-host': { ...vm, host: 'h' },
  'migrate-no-link': { fromHost: 'h', toHost: 'k' },
  'migrate-no-room': { ...vm, toHost: 'k', nodes: null, shortPages: 512 },
  'migrate-downtime-limit': {},
  'migrate-bandwidth': {},
  'migrate-rounds': {},
  'plug-busy': vm,
  'plug-no-room': { ...vm, host: 'h', nodes: [0], wantedPages: 512, freePages: 3 },
  'plug-commit': { ...vm, seq: 2 },
  'dimm-unknown': { ...vm, dimm: 3, dimms: 2 },
  'dimm-plugged': { ...vm, dimm: 0 },
  'dimm-none': { pfn: 4096 },
  'layout-invalid': {
    problems: [
      { slug: 'layout-empty' },
      { slug: 'layout-range-empty', index: 0, range },
      { slug: 'layout-range-outside', index: 0, range, nrPages: 4 },
      { slug: 'layout-nid', index: 0, range, nrNodeIds: 1 },
      { slug: 'layout-overlap', index: 1, range, other: range },
    ],
  },
  'commit-under-way': { ...vm, seq: 2, step: 'mark', dueTick: 12_000 },
  'hold-not-free': { pfn: 8, order: 3 },
  'release-not-held': { pfn: 8, order: 0 },
  'write-too-many': { writes: 3, maxWrites: 2 },
};

test.each(Object.entries(REJECTIONS))('rejection %s', (slug, data) => {
  const text = rejectionText({ slug, ...data } as Rejection);
  expectWords(text);
  expect(text).toMatch(/^[A-Zd].*\.$/);
});

const COMMANDS: { readonly [T in Command['type']]: Omit<MemberOf<Command, 'type', T>, 'type' | 'vm'> } = {
  compact: { nodes: null, framesPerTick: 8 },
  cancelCompaction: {},
  migrate: { toHost: 'k', nodes: null, downtimeLimitMs: 300, maxBytesPerSec: 0, maxRounds: 30 },
  cancelMigration: {},
  commitLayout: { ranges: [range] },
  setWorkload: { workload: null },
  setRegeneration: { regeneration: { enabled: true, granularityPages: 512, delayTicks: 5 } },
  holdPages: { pfn: 8, order: 3 },
  releasePages: { pfn: 8, order: 0 },
  writeFiles: { line: 'echo 1 > commit', writes: [] },
  plugDimm: { dimm: 0 },
  setDirty: { dirty: { workingSetPages: 2048, pagesPerSec: 12_800 } },
  setBeyond: { beyond: { ...PLAIN_RFC, activePass: { pagesPerTick: 9, order: 'oldest' } } },
};

test.each(COMMAND_TYPES)('command %s', (type) => {
  expectWords(COMMAND_NAMES[type]);
  expect(parametersText({ type, ...COMMANDS[type] } as Command)).not.toMatch(CAMEL_CASE);
});
