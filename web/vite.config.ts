import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

// Every address is relative to the page, so that the map works behind a path prefix.
// `CITYHEART_URL` names the server that `npm run dev` asks for data and tiles.
const server = process.env.CITYHEART_URL ?? 'http://127.0.0.1:8080';

/**
 * The map library ships two files with much the same code. Built from its sources, page and worker share the common
 * part.
 */
function sharedMapLibrary(): Plugin {
  const source = (path: string) => fileURLToPath(new URL(`./node_modules/maplibre-gl/src/${path}`, import.meta.url));
  const workerUrl = '\0map-worker-url';
  let worker = '';
  return {
    name: 'shared-map-library',
    apply: 'build',
    enforce: 'pre',
    buildStart() {
      worker = this.emitFile({ type: 'chunk', id: source('source/worker.ts'), name: 'map-worker' });
    },
    resolveId(id) {
      if (id === 'maplibre-gl') return source('index.ts');
      return id === 'maplibre-gl/dist/maplibre-gl-worker.mjs?url' ? workerUrl : null;
    },
    load(id) {
      return id === workerUrl ? `export default import.meta.ROLLUP_FILE_URL_${worker};` : null;
    },
  };
}

/** The service worker lies beside the page under a stable name, and contains the list of the build's files. */
function serviceWorker(): Plugin {
  const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
  const fileName = 'service-worker.js';
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      this.emitFile({ type: 'chunk', id: source('worker/worker.ts'), fileName });
    },
    generateBundle(_, bundle) {
      const worker = bundle[fileName];
      if (worker?.type !== 'chunk' || worker.imports.length) throw new Error('The service worker must be one file.');
      const files = Object.keys(bundle).filter((path) => path.startsWith('assets/'));
      const ofLanguage = (path: string) => bundle[path]?.type === 'chunk' && bundle[path].facadeModuleId?.startsWith(source('locales/'));
      const program = files.filter((path) => /\.(js|css)$/.test(path) && !ofLanguage(path));
      worker.code = worker.code.replace('THIS_BUILD', JSON.stringify({ files: ['icon.svg', ...files], program }));
    },
  };
}

// Looking up names of languages is slow in the browser, so the build does it.
const languages = readdirSync(fileURLToPath(new URL('./src/locales', import.meta.url)));
const names = Object.fromEntries(languages.map((code) => [code, new Intl.DisplayNames(code, { type: 'language' }).of(code)]));

export default defineConfig({
  define: { LANGUAGE_NAMES: JSON.stringify(names) },
  base: './',
  // The map library's classes expect declared but unset fields to keep the value of the parent class.
  oxc: { assumptions: { setPublicClassFields: true }, typescript: { removeClassFieldsWithoutInitializer: true } },
  plugins: [sharedMapLibrary(), serviceWorker()],
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark()
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300, // the map library alone is 1.1 MB; it loads after the list
  },
  server: { proxy: { '/api': server, '/tiles': server } },
});
