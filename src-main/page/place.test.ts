import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder, documentsFolder } from './index.ts';

const home = (platform: NodeJS.Platform, environment: Record<string, string> = {}) => ({
  platform,
  environment,
  folder: '/home/a',
});

test('data lies where each system keeps it', () => {
  expect(dataFolder(home('linux'))).toBe(join('/home/a', '.config', 'Pageshift'));
  expect(dataFolder(home('linux', { XDG_CONFIG_HOME: '/x' }))).toBe(join('/x', 'Pageshift'));
  expect(dataFolder(home('darwin'))).toBe(join('/home/a', 'Library', 'Application Support', 'Pageshift'));
  expect(dataFolder(home('win32', { APPDATA: '/roaming' }))).toBe(join('/roaming', 'Pageshift'));
});

test('documents lie where a person looks for them', () => {
  expect(documentsFolder(home('linux'))).toBe(join('/home/a', 'Documents'));
  expect(documentsFolder(home('linux', { XDG_DOCUMENTS_DIR: '/d' }))).toBe('/d');
});
