import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

/** File names without hashes: nothing is cached (src-main/page/policy.ts), so a build in place is seen on the next load. */
const plainNames = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
};

/**
 * Of just-bash, commands that the guest's shell does not have (src-main/shell/shell.ts) bring packages along: half a
 * megabyte for HTML alone. They are left out of what is built.
 */
const withoutUnusedCommands = {
  name: 'without-unused-commands',
  enforce: 'pre' as const,
  resolveId: (id: string) => (['turndown', 'diff'].includes(id) ? `\0absent:${id}` : null),
  load: (id: string) => (id.startsWith('\0absent:') ? 'export default null;' : null),
};

export default defineConfig({
  main: {
    plugins: [withoutUnusedCommands],
    build: {
      outDir: 'out/main',
      rolldownOptions: {
        input: {
          main: 'src-main/app/main.ts',
          'session-worker': 'src-main/runtime/session-worker.ts',
          'job-worker': 'src-main/runtime/job-worker.ts',
        },
        // A thread reads its file and what that imports beside the archive, not in it (electron-builder.yml): there the
        // names say what they are, as no package.json does.
        output: {
          format: 'es',
          entryFileNames: ({ name }) => (name === 'main' ? 'main.js' : `${name}.mjs`),
          chunkFileNames: 'shared-[name].mjs',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload is a script, not a module.
      rolldownOptions: { input: 'src-main/app/preload.ts', output: { format: 'cjs', entryFileNames: 'preload.cjs' } },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [svelte({ configFile: false })],
    build: {
      minify: true,
      assetsInlineLimit: 0, // the page's policy takes fonts from files alone
      modulePreload: { polyfill: false },
      outDir: 'out/renderer',
      rolldownOptions: { input: 'src-renderer/index.html', output: plainNames },
    },
  },
});
