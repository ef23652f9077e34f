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

test('a browser is opened by the system, without a shell that would read the address', () => {
  const url = 'http://127.0.0.1:1/?token=a&b';
  expect(openCommand('linux', url)).toEqual(['xdg-open', url]);
  expect(openCommand('darwin', url)).toEqual(['open', url]);
  expect(openCommand('win32', url)).toEqual(['rundll32', 'url.dll,FileProtocolHandler', url]);
});

test('there is a display, or it is said why not', () => {
  expect(noDisplay({ platform: 'linux', environment: {} })).toMatch(/DISPLAY/);
  expect(noDisplay({ platform: 'linux', environment: { WAYLAND_DISPLAY: 'wayland-0' } })).toBeNull();
  expect(noDisplay({ platform: 'darwin', environment: {} })).toBeNull();
});
