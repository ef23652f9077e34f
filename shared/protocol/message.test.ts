import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage, writeMessage } from './message.ts';
import { isRequestName, requests } from './request.ts';
import { createTiles, readTiles } from '../columns/tile.ts';

const SEED = 20261124;

describe('messages', () => {
  test(`come back as they were written, with their payload, seed ${SEED}`, () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.uint8Array({ maxLength: 300 }),
        (id, text, payload) => {
          const message = { id, name: 'document.rename' as const, input: { name: text } };
          const read = readMessage(writeMessage(message, payload))!;
          expect(read.json).toEqual(message);
          expect([...read.payload]).toEqual([...payload]);
        },
      ),
      { seed: SEED },
    );
  });

  test(`any bytes are read or refused, never thrown at, seed ${SEED}`, () => {
    // Bytes drawn evenly say a length of gigabytes: a message is drawn, and then damaged.
    const drawn = fc.record({
      json: fc.oneof(fc.json({ maxDepth: 2 }), fc.string({ unit: 'binary-ascii', maxLength: 20 })),
      payload: fc.uint8Array({ maxLength: 16 }),
      longer: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -8, max: 300 })),
      cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 24 })),
    });
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(drawn, ({ json, payload, longer, cut }) => {
        const text = Buffer.from(json);
        const length = Math.max(0, text.length + longer);
        const head = Buffer.alloc(4);
        head.writeUInt32LE(length);
        const whole = Buffer.concat([head, text, payload]);
        const bytes = new Uint8Array(whole.subarray(0, whole.length - cut));
        const read = readMessage(bytes);
        outcomes[read === null ? 'refused' : 'read']++;
        if (read === null) return;
        expect([...read.payload]).toEqual([...bytes.subarray(4 + length)]);
        if (longer === 0 && /^[\x20-\x7e]*$/.test(json)) expect(read.json).toEqual(JSON.parse(json));
      }),
      { seed: SEED, numRuns: 1000 },
    );
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });

  test('a length beyond the end, a cut message and text that is not JSON are refused', () => {
    const bytes = writeMessage({ id: 1, name: 'hello', input: {} });
    expect(readMessage(bytes.subarray(0, bytes.length - 1))).toBeNull();
    expect(readMessage(bytes.subarray(0, 3))).toBeNull();
    const longer = bytes.slice();
    new DataView(longer.buffer).setUint32(0, 0xffff_ffff, true);
    expect(readMessage(longer)).toBeNull();
    const noJson = bytes.slice();
    noJson[4] = 0x7d;
    expect(readMessage(noJson)).toBeNull();
  });

  test('are read where they lie in a larger buffer', () => {
    const bytes = writeMessage({ id: 7, name: 'hello', input: {} }, Uint8Array.of(1, 2));
    const larger = new Uint8Array(bytes.length + 6);
    larger.set(bytes, 3);
    const read = readMessage(larger.subarray(3, 3 + bytes.length))!;
    expect(read.json).toEqual({ id: 7, name: 'hello', input: {} });
    expect([...read.payload]).toEqual([1, 2]);
  });
});

describe('the table of requests', () => {
  const accepts = (name: keyof typeof requests, input: unknown): boolean =>
    requests[name].input.safeParse(input).success;

  test('knows its own names and nothing that every object has', () => {
    expect(isRequestName('run.play')).toBe(true);
    for (const name of ['__proto__', 'constructor', 'toString', 'run.plays', ''])
      expect(isRequestName(name)).toBe(false);
  });

  test.each(['../a', 'a/b', 'a\\b', '..', '.', ' a', 'a ', 'a\0', 'C:a', 'a\nb', ''])(
    'refuses the file name %j',
    (name) => {
      expect(accepts('document.save', { as: true, name, overwrite: false })).toBe(false);
      expect(accepts('export.write', { name })).toBe(false);
    },
  );

  test.each(['a.pageshift.json', 'größer – 1.html', '.hidden', 'a b'])('takes the file name %j', (name) => {
    expect(accepts('export.write', { name })).toBe(true);
  });

  test('refuses what is not asked for', () => {
    expect(accepts('run.pause', { more: 1 })).toBe(false);
    expect(accepts('run.command', { command: { type: 'compact', vm: 'a', nodes: null, rateMiBps: 1, at: 5 } })).toBe(
      false,
    );
    expect(accepts('run.command', { command: { type: 'compact', vm: 'a', nodes: null, rateMiBps: Infinity } })).toBe(
      false,
    );
    expect(accepts('run.play', { ticksPerSec: NaN })).toBe(false);
    expect(accepts('view.tiles', { vm: 'a', fromPfn: 0, pages: 65_537 })).toBe(false);
    expect(accepts('run.play', { ticksPerSec: null })).toBe(true);
  });
});

describe('tiles', () => {
  test('are read from their bytes, wherever those lie', () => {
    const made = createTiles(512, 3);
    made.target.set([1, 2, 3]);
    made.actual.set([4, 5, 6]);
    made.state.set([1, 0, 2]);
    made.order.set([9, 0, 3]);
    made.host.set([258, 1, 70_000]);
    made.marked.set([0, 1, 0]);
    const odd = new Uint8Array(made.bytes.length + 1);
    odd.set(made.bytes, 1);
    const read = readTiles(odd.subarray(1), 512, 3);
    for (const column of ['target', 'actual', 'state', 'order', 'host', 'marked'] as const)
      expect([...read[column]]).toEqual([...made[column]]);
    expect(read.fromPfn).toBe(512);
  });

  test('of another length are refused with both numbers', () => {
    expect(() => readTiles(new Uint8Array(17), 0, 3)).toThrow('tiles of 3 pages take 27 bytes, not 17');
  });
});
