import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

/** The page alone, so far: `main` and `preload` come with src-main/app. */
export default defineConfig({
  renderer: {
    root: 'src-renderer',
    plugins: [svelte({ configFile: false })],
    build: { minify: true, outDir: 'out/renderer', rolldownOptions: { input: 'src-renderer/index.html' } },
  },
});
