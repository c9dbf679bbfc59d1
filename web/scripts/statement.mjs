// Writes the accessibility statement, one page per language: dist/accessibility/CODE.html. Text comes from
// src/statement, colours from the stylesheet, the version from Cargo.toml.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [, version] = readFileSync(here('../../Cargo.toml'), 'utf8').match(/^version = "([^"]+)"/m);
const languages = readdirSync(here('../src/statement/'))
  .map((file) => file.replace('.json', ''))
  .sort();
const sheet = readFileSync(here('../src/tokens.css'), 'utf8');
const token = (name) => sheet.match(new RegExp(`--${name}: (light-dark\\([^)]+\\))`))[1];
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

mkdirSync(here('../dist/accessibility/'), { recursive: true });
for (const language of languages) {
  const words = JSON.parse(readFileSync(here(`../src/statement/${language}.json`), 'utf8'));
  writeFileSync(
    here(`../dist/accessibility/${language}.html`),
    page(language, (key) => escaped(words[key].replace('{{version}}', version))),
  );
}
console.log(`dist/accessibility/{${languages.join()}}.html`);

function page(language, t) {
  const list = (...keys) => `<ul>${keys.map((key) => `<li>${t(key)}</li>`).join('')}</ul>`;
  const nameOf = (code) => new Intl.DisplayNames(code, { type: 'language' }).of(code);
  const others = languages.filter((code) => code !== language).map((code) => `<a href="${code}.html" lang="${code}" hreflang="${code}">${nameOf(code)}</a>`);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${t('title')} · cityheart</title>
<link rel="icon" href="../icon.svg" type="image/svg+xml">
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 42rem; background: ${token('panel')}; color: ${token('ink')}; font: 17px/1.55 'Noto Sans', system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-block: 1.8em 0.4em; }
a { color: ${token('accent')}; display: inline-block; padding-block: 0.3em; } a:focus-visible { outline: 3px solid ${token('accent')}; outline-offset: 2px; }
nav { display: flex; flex-wrap: wrap; gap: 0.2em 1.2em; } li { margin-block: 0.4em; }
</style>
</head>
<body>
<header><a href="../?lang=${language}">${t('back')}</a></header>
<main>
<h1>${t('title')}</h1>
<p>${t('intro')}</p>
<p>${t('law')}</p>
<h2>${t('status')}</h2>
<p>${t('statusText')}</p>
<h2>${t('how')}</h2>
${list('howAxe', 'howKeys', 'howSmall', 'howMap')}
<h2>${t('limits')}</h2>
${list('limitMap', 'limitText', 'limitSource')}
<h2>${t('contact')}</h2>
<p>${t('contactText')} <a href="../api">/api</a></p>
<h2>${t('enforce')}</h2>
<p>${t('enforceText')}</p>
<p>${t('made')}</p>
</main>
<footer><nav>${others.join(' ')}</nav></footer>
</body>
</html>
`;
}
