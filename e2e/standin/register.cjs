// Makes `require('electron')` and `import ... from 'electron'` one and the same module, and the process look like Electron's.
'use strict';
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { isMainThread } = require('node:worker_threads');

const urlOf = (name) => pathToFileURL(path.join(__dirname, name)).href;
const isElectron = (specifier) => specifier === 'electron' || specifier.startsWith('electron/');

Module.registerHooks({
  resolve(specifier, context, next) {
    if (!isElectron(specifier)) return next(specifier, context);
    const isImport = context.conditions.includes('import');
    return isImport
      ? { url: urlOf('electron.mjs'), format: 'module', shortCircuit: true }
      : { url: urlOf('electron.cjs'), format: 'commonjs', shortCircuit: true };
  },
});

process.versions.electron = '0.0.0-standin';
process.resourcesPath = path.join(__dirname, 'resources');
if (isMainThread && process.env.STANDIN_ARGV !== undefined) process.argv = JSON.parse(process.env.STANDIN_ARGV);
