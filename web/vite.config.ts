import { defineConfig } from 'vite';

// Every address is relative to the page, so that the map works behind a path prefix.
// `CITYHEART_URL` names the server that `npm run dev` asks for data and tiles.
const server = process.env.CITYHEART_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark()
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300, // the map library alone is 1.1 MB; it loads after the list
  },
  server: { proxy: { '/api': server, '/tiles': server } },
});
