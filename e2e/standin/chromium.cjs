// The one browser behind all windows. Started without a window; it ends with the application, and takes its profile along.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');
const { Cdp } = require('./cdp.cjs');

/** Of this application's tests, who remove it even when the process was killed; or the system's. */
const home = process.env.STANDIN_DATA ?? os.tmpdir();
if (isMainThread) fs.mkdirSync(home, { recursive: true });
const profile = isMainThread ? fs.mkdtempSync(path.join(home, 'standin-')) : home;
let browser = null;
const state = { cdp: null };

const FLAGS = [
  '--no-sandbox',
  '--no-startup-window',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-renderer-backgrounding',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
  '--password-store=basic',
];

async function start() {
  const mode = process.env.STANDIN_HEADED ? [] : ['--headless=new'];
  const args = [...mode, ...FLAGS, `--user-data-dir=${path.join(profile, 'chromium')}`];
  browser = spawn(process.env.STANDIN_CHROMIUM ?? 'chromium', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    browser.on('error', reject);
    browser.on('exit', (code) => reject(new Error(`the browser ended with code ${code}: ${said.slice(-500)}`)));
    browser.stderr.on('data', (text) => {
      said += text;
      const found = /DevTools listening on (ws:\/\/\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
  });
  state.cdp = new Cdp(url);
  await state.cdp.open;
  await state.cdp.send('Target.setDiscoverTargets', { discover: true });
  process.stderr.write(`DevTools listening on ${url}\n`); // Playwright reads this line
}

// Whatever ends the process, the browser does not stay.
process.on('exit', () => browser?.kill('SIGKILL'));

async function end() {
  if (browser === null) return remove();
  browser.removeAllListeners('exit');
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  if (browser.exitCode === null && browser.signalCode === null) {
    browser.kill();
    await gone;
  }
  remove();
}

function remove() {
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

module.exports = { home, profile, start, end, state };
