// Zoom levels at which the map changes what it shows.

/** From here the base map shows waters and main roads, so that a city does not lie in empty land. */
export const REGION_ZOOM = 8;
/** From here a partner with several cities has a count for each of them. */
export const CITY_ZOOM = 7.5;
/** From here the map shows single interventions; before it, counts. */
export const DETAIL_ZOOM = 9.5;
