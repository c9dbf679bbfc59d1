// Compresses the built files with brotli at its highest level: dist/**/*.br. Fonts and the world layer are left out.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(js|css|html|svg)$/.test(path) && statSync(dist + path).size > 1000);
let [before, after] = [0, 0];
for (const path of files) {
  const plain = readFileSync(dist + path);
  const packed = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
  writeFileSync(`${dist}${path}.br`, packed);
  before += plain.length;
  after += packed.length;
}
console.log(`dist: ${files.length} files packed, ${(before / 1e6).toFixed(2)} MB to ${(after / 1e6).toFixed(2)} MB`);
