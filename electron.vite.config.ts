import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

/** File names without hashes: nothing is cached (src-main/page/policy.ts), so a build in place is seen on the next load. */
const plainNames = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
};

export default defineConfig({
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
