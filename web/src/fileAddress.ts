// The address of a file that the server writes, and what it says of it.

const EPSG = 'http://www.opengis.net/def/crs/EPSG/0/';

/** The address of a file: of one city or of all, with headings in the person's language. */
export function fileAddress(id: string, city: string, code: string, lang: string): string {
  const query = new URLSearchParams({ f: id });
  if (city) query.set('city', city);
  if (code) query.set('crs', EPSG + code.replace('EPSG:', ''));
  if (id === 'xlsx' || id === 'ods') query.set('workbook-language', lang);
  return `api/collections/interventions/download?${query}`;
}

/** The sentences of the header on what a file does not hold. */
export function readSentences(header: string | null): string[] {
  try {
    const list: unknown = JSON.parse(header ?? '[]');
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
