// How the browser's part is built: to ui/dist, nothing inlined (the pages run under `default-src 'self'`), no source of a CDN; each text file once more
// beside itself, compressed as small as it goes, for the server to send.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const TEXTS = /\.(?:js|css|html|svg|json)$/;
/** Smaller files are one packet either way. */
const MIN_BYTES = 1024;

const precompress: Plugin = {
  name: 'winnow-precompress',
  apply: 'build',
  closeBundle() {
    for (const entry of readdirSync(`${import.meta.dirname}/dist`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !TEXTS.test(entry.name)) continue;
      const file = path.join(entry.parentPath, entry.name);
      const bytes = readFileSync(file);
      if (bytes.length < MIN_BYTES) continue;
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Addresses of files are relative to the page's base, which the server sets.
  base: './',
  plugins: [react(), precompress],
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
