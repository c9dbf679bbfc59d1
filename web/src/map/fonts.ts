// Noto Sans for the map's labels: the font files of the page, by Unicode range. The map draws glyphs from them itself,
// so there is no glyph server.
import greek from '@fontsource/noto-sans/files/noto-sans-greek-400-normal.woff2?url';
import greekBold from '@fontsource/noto-sans/files/noto-sans-greek-600-normal.woff2?url';
import latin from '@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff2?url';
import latinBold from '@fontsource/noto-sans/files/noto-sans-latin-600-normal.woff2?url';
import latinExt from '@fontsource/noto-sans/files/noto-sans-latin-ext-400-normal.woff2?url';
import european from '../fonts/noto-sans-european-400.woff2?url';
import europeanBold from '../fonts/noto-sans-european-600.woff2?url';
import latinExtBold from '@fontsource/noto-sans/files/noto-sans-latin-ext-600-normal.woff2?url';

export const REGULAR = ['Noto Sans'];
export const BOLD = ['Noto Sans SemiBold'];

const LATIN = ['U+0000-00FF', 'U+0131', 'U+0152-0153', 'U+02BB-02BC', 'U+02C6', 'U+02DA', 'U+02DC', 'U+2000-206F', 'U+20AC', 'U+2122'];
const EUROPEAN = ['U+0100-017F', 'U+0218-021B']; // subset by scripts/fonts.mjs
const LATIN_EXT = ['U+0180-0217', 'U+021C-02BA', 'U+02BD-02C5', 'U+02C7-02CC', 'U+1E00-1E9F', 'U+1EF2-1EFF', 'U+20A0-20C0', 'U+2C60-2C7F'];
const GREEK = ['U+0370-03FF'];

const fontFace = (url: string, ranges: string[]) => ({ url: new URL(url, document.baseURI).href, 'unicode-range': ranges });

export const fontFaces = {
  [REGULAR[0]!]: [fontFace(latin, LATIN), fontFace(european, EUROPEAN), fontFace(latinExt, LATIN_EXT), fontFace(greek, GREEK)],
  [BOLD[0]!]: [fontFace(latinBold, LATIN), fontFace(europeanBold, EUROPEAN), fontFace(latinExtBold, LATIN_EXT), fontFace(greekBold, GREEK)],
};
