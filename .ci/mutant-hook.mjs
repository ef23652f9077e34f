// Loaded into a test run (NODE_OPTIONS) that has a mutant: one module is read with a fault in it, and no file changes.
// PAGESHIFT_MUTANT names a JSON file: { path, source }.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const named = process.env.PAGESHIFT_MUTANT;
if (named !== undefined) {
  const { path, source } = JSON.parse(readFileSync(named, 'utf8'));
  const url = pathToFileURL(path).href;
  registerHooks({
    load(asked, context, next) {
      const loaded = next(asked, context);
      return asked.split('?')[0] === url ? { ...loaded, source } : loaded;
    },
  });
}
