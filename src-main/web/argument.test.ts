import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { noDisplay, openCommand } from './browser.ts';
import { readWebArguments } from './argument.ts';

test('nothing said: the usual port, the usual folder, and a browser', () => {
  expect(readWebArguments([])).toEqual({ file: null, port: null, dataFolder: null, open: true });
});

test('all of it', () => {
  expect(readWebArguments(['a.pageshift.json', '--port', '0', '--data', 'd', '--no-open'])).toEqual({
    file: resolve('a.pageshift.json'),
    port: 0,
    dataFolder: resolve('d'),
    open: false,
  });
});

test.each([
  ['--port', '65536'],
  ['--port', '-1'],
  ['--port', 'x'],
  ['--port='],
  ['--port', '1.5'],
  ['--nothing'],
  ['a', 'b'],
])('wrong: %s %s', (...args) => {
  expect(readWebArguments(args.filter((arg) => arg !== undefined))).toEqual({ wrong: expect.any(String) });
});

test('a browser is opened by the system, without a shell that would read the path', () => {
  const page = '/run/user/1000/pageshift-open-a&b/open.html';
  expect(openCommand('linux', page)).toEqual(['xdg-open', page]);
  expect(openCommand('darwin', page)).toEqual(['open', page]);
  expect(openCommand('win32', page)).toEqual(['rundll32', 'url.dll,FileProtocolHandler', page]);
});

test('there is a display, or it is said why not', () => {
  expect(noDisplay({ platform: 'linux', environment: {} })).toMatch(/DISPLAY/);
  expect(noDisplay({ platform: 'linux', environment: { WAYLAND_DISPLAY: 'wayland-0' } })).toBeNull();
  expect(noDisplay({ platform: 'darwin', environment: {} })).toBeNull();
});
