// The map renderer. The second one exists only in builds that include it (`web/maplibre-rs`).
import { signal } from '@preact/signals';

export type MapRenderer = 'gl' | 'rust';

/** The second renderer's modules, where they exist; nothing loads before it is chosen. */
export const rustParts = Object.values(import.meta.glob('../../maplibre-rs/dist/*.js'));

export const renderer = signal<MapRenderer>('gl');
/** True when the second renderer failed; the page then says so. */
export const rendererBroken = signal(false);
/** The second renderer's map, while it is open. */
export const rustMap = signal<{ zoomBy(by: number): void } | null>(null);
