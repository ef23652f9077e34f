import { describe, expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../shared/protocol/index.ts';
import { createDoor } from './door.ts';
import type { SentEvent } from './door.ts';

const PAGE = 'app://pageshift/';
/** As Electron's: every look at it throws. */
const disposed: SentEvent['senderFrame'] = {
  parent: null,
  get url(): string {
    throw new Error('Render frame was disposed before WebFrameMain could be accessed');
  },
};

function opened(): {
  sent(event: Partial<SentEvent>, ...args: unknown[]): void;
  received: Uint8Array[];
  log: string[];
} {
  const received: Uint8Array[] = [];
  const log: string[] = [];
  const ours = {};
  const door = createDoor({
    windowOf: (sender) => (sender === ours ? { receive: (bytes) => void received.push(bytes) } : null),
    log: (line) => log.push(line),
  });
  const event: SentEvent = { sender: ours, senderFrame: { url: PAGE, parent: null } };
  return { sent: (changes, ...args) => door({ ...event, ...changes }, ...args), received, log };
}

test("bytes of our page's main frame come through as they are", () => {
  const { sent, received, log } = opened();
  const bytes = Uint8Array.of(1, 2, 3);
  sent({}, bytes);
  sent({ senderFrame: { url: `${PAGE}#here`, parent: null } }, new Uint8Array(0));
  expect(received[0]).toBe(bytes);
  expect(received).toHaveLength(2);
  expect(log).toEqual([]);
});

describe('refused and logged is', () => {
  test.each<[string, Partial<SentEvent>, unknown[]]>([
    ['who is no window of ours', { sender: {} }, [new Uint8Array(1)]],
    ['a frame that is gone', { senderFrame: null }, [new Uint8Array(1)]],
    ['a frame that goes while it is looked at', { senderFrame: disposed }, [new Uint8Array(1)]],
    ['a frame inside the page', { senderFrame: { url: PAGE, parent: {} } }, [new Uint8Array(1)]],
    ['a preview', { senderFrame: { url: `${PAGE}preview/a`, parent: null } }, [new Uint8Array(1)]],
    ['another page', { senderFrame: { url: 'https://example.com/', parent: null } }, [new Uint8Array(1)]],
    [
      'a page with a name like ours',
      { senderFrame: { url: 'app://pageshift.evil/', parent: null } },
      [new Uint8Array(1)],
    ],
    ['no page', { senderFrame: { url: '', parent: null } }, [new Uint8Array(1)]],
    ['text', {}, ['{"id":1}']],
    ['an object', {}, [{ length: 3 }]],
    ['an array', {}, [[1, 2, 3]]],
    ['a buffer that is no bytes', {}, [new ArrayBuffer(3)]],
    ['floats', {}, [new Float64Array(3)]],
    ['nothing', {}, []],
    ['null', {}, [null]],
    ['two arguments', {}, [new Uint8Array(1), new Uint8Array(1)]],
    ['too much', {}, [new Uint8Array(MAX_MESSAGE_BYTES + 1)]],
  ])('%s', (_what, event, args) => {
    const { sent, received, log } = opened();
    sent(event, ...args);
    expect(received).toEqual([]);
    expect(log).toEqual([expect.stringMatching(/^refused a message from a window: .{10}/)]);
  });

  test('what is logged of a sender is one line, and short', () => {
    const { sent, log } = opened();
    sent({ senderFrame: { url: `https://evil/\n${'a'.repeat(1000)}`, parent: null } }, new Uint8Array(1));
    expect(log[0]).not.toContain('\n');
    expect(log[0]!.length).toBeLessThan(400);
  });
});
