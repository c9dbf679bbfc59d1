// Takes the README's pictures from a running server: CITYHEART_URL=… node web/scripts/screenshots.mjs
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const MOST_BYTES = 400_000;
const base = (process.env.CITYHEART_URL ?? 'http://127.0.0.1:8080/').replace(/\/?$/, '/');
const directory = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const PICTURES = [
  { name: 'desktop', path: '?city=celje&tab=ask&area=celje-staro-mestno-jedro&lang=en', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'dark', path: '?city=granada&as=time&lang=en', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'phone', path: '?city=celje&lang=sl', width: 390, height: 844, colorScheme: 'light' },
];

mkdirSync(directory, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking'],
});
try {
  for (const { name, path, width, height, colorScheme } of PICTURES) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce', locale: 'en-GB' });
    await page.goto(base + path, { timeout: 120_000 });
    await settled(page);
    const file = `${directory}${name}.png`;
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    console.log(`docs/images/${name}.png  ${Math.round(size / 1000)} kB`);
    if (size > MOST_BYTES) throw new Error(`${name}.png is larger than ${MOST_BYTES / 1000} kB`);
    await page.close();
  }
} finally {
  await browser.close();
}

async function settled(page) {
  await page.waitForFunction(() => window.cityheart);
  await page.evaluate(() => Promise.all([window.cityheart.idle(), document.fonts.ready]));
}
