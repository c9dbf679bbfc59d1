// Exports of the results: CSV for spreadsheets, GeoJSON for other maps. Pure text, except for the download itself.
import type { FeatureCollection } from 'geojson';
import { anchorPoint } from './geometry';
import type { Intervention } from './plan';

export type CsvCell = string | number | null;

/**
 * CSV (RFC 4180) with a byte order mark, by which spreadsheets recognise UTF-8. Text that a spreadsheet would run as a
 * formula gets an apostrophe.
 */
export function toCsv(head: string[], lines: CsvCell[][]): string {
  return `\ufeff${[head, ...lines].map((line) => line.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function csvCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Longitude and latitude of a point on the geometry, for a spreadsheet. */
export function lonlatCells(one: Intervention): [CsvCell, CsvCell] {
  const [lon, lat] = anchorPoint(one.geometry) ?? [];
  const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6;
  return lon === undefined || lat === undefined ? [null, null] : [round(lon), round(lat)];
}

export function toGeojson(list: Intervention[]): string {
  const all: FeatureCollection<Intervention['geometry']> = {
    type: 'FeatureCollection',
    features: list.map(({ id, geometry, properties }) => ({ type: 'Feature', id, geometry, properties })),
  };
  return JSON.stringify(all);
}

/** Downloads a file. */
export function downloadFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
