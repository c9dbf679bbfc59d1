// Who draws the map. The second renderer is there only when this page was built with it (`web/maplibre-rs`).
import { signal } from '@preact/signals';

export type MapRenderer = 'gl' | 'rust';

/** What its files offer, when they are there; nothing is fetched before it is chosen. */
export const rustParts = Object.values(import.meta.glob('../../maplibre-rs/dist/*.js'));

export const renderer = signal<MapRenderer>('gl');
/** Set when the second renderer gave up; the page then says so. */
export const rendererBroken = signal(false);
/** The second renderer's map, while it is shown. */
export const rustMap = signal<{ zoomBy(by: number): void } | null>(null);
