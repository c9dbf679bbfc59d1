// Copies Swagger UI, which shows the API's page with request forms, from its package to dist/api-viewer/, with its
// licence. Only that page loads it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../node_modules/swagger-ui-dist/', import.meta.url));
const to = fileURLToPath(new URL('../dist/api-viewer/', import.meta.url));

mkdirSync(to, { recursive: true });
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE']) copyFileSync(from + file, to + file);
