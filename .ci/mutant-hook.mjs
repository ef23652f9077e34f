// Loaded into a test run (NODE_OPTIONS): some modules are read with another text, and no file changes.
// PAGESHIFT_SOURCES names a JSON file: { PATH: SOURCE, ... }.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const named = process.env.PAGESHIFT_SOURCES;
if (named !== undefined) {
  const paths = Object.entries(JSON.parse(readFileSync(named, 'utf8')));
  const sources = new Map(paths.map(([path, source]) => [pathToFileURL(path).href, source]));
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const source = sources.get(url.split('?')[0]);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}

/** For a source whose blocks say that they run (marked in mutant-sites.ts). */
if (process.env.PAGESHIFT_COVERAGE !== undefined) globalThis.ranBlocks = new Uint8Array(1 << 16);
