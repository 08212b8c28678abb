// How the browser's part is built: to ui/dist, nothing inlined (the pages run under `default-src 'self'`), no source of a CDN.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Addresses of files are relative to the page's base, which the server sets.
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A data: URI would break the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2024',
    chunkSizeWarningLimit: 700,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': 'http://127.0.0.1:4320', '/prometheus': 'http://127.0.0.1:4320' } },
});
