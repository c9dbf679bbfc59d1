// Point sources that the page itself gives to the map: counts per city, labels of areas, symbols and places of
// interventions.
import type { Feature, FeatureCollection, Point, Position } from 'geojson';
import { anchorPoint } from '../geometry';
import type { PlanArea, PlanCity, Intervention, PlanData } from '../plan';
import type { SymbolId } from '../symbology';

type PointFeatures = FeatureCollection<Point>;

const pointFeature = (coordinates: Position, properties: Record<string, unknown>): Feature<Point> => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates },
});

/** Counts of the shown interventions: one per partner at small scales, one per city nearer. */
export function countFeatures(plan: PlanData, shown: Intervention[], nameOf: (city: PlanCity) => string): PointFeatures {
  const perCity = new Map<string, number>();
  for (const one of shown) perCity.set(one.city, (perCity.get(one.city) ?? 0) + 1);
  const count = (cities: PlanCity[]) => cities.reduce((sum, city) => sum + (perCity.get(city.id) ?? 0), 0);
  const features: Feature<Point>[] = [];
  for (const { id, cities } of plan.partners) {
    const placed = cities.filter((city) => city.point);
    if (!placed.length) continue;
    const others = placed.length - 1;
    const label = nameOf(placed[0]!) + (others ? ` +${others}` : '');
    features.push(pointFeature(meanPoint(placed), { level: 'partner', partner: id, city: others ? '' : placed[0]!.id, label, count: count(cities) }));
    for (const city of placed) {
      features.push(pointFeature(city.point!, { level: 'city', partner: id, city: city.id, label: nameOf(city), count: count([city]) }));
    }
  }
  return { type: 'FeatureCollection', features };
}

function meanPoint(cities: PlanCity[]): Position {
  const mean = (at: 0 | 1) => cities.reduce((sum, city) => sum + city.point![at]!, 0) / cities.length;
  return [mean(0), mean(1)];
}

/**
 * A point on each shown intervention with a geometry; `spot` is true where the geometry is only a point. Several
 * interventions on one street or square label it once.
 */
export function symbolPoints(shown: Intervention[], markOf: (one: Intervention) => SymbolId): PointFeatures {
  const named = new Set<string>();
  const features = shown.flatMap((one) => {
    const at = anchorPoint(one.geometry);
    if (!at) return [];
    const spot = one.geometry?.type === 'Point' || one.geometry?.type === 'MultiPoint';
    const place = shortPlace(one);
    const key = `${one.city} ${place}`;
    const label = named.has(key) ? '' : place;
    named.add(key);
    return [pointFeature(at, { id: one.id, mark: markOf(one), spot, place, label })];
  });
  return { type: 'FeatureCollection', features };
}

/** A label for each area at the northernmost point of its outline. */
export function areaNamePoints(areas: PlanArea[], language: string): PointFeatures {
  const features = areas.flatMap(({ geometry, name, name_en }) => {
    const rings =
      geometry?.type === 'Polygon' ? [geometry.coordinates[0]!] : geometry?.type === 'MultiPolygon' ? geometry.coordinates.map(([ring]) => ring!) : [];
    const top = rings.flat().reduce<Position | null>((best, at) => (best && best[1]! >= at[1]! ? best : at), null);
    return top ? [pointFeature(top, { name: (language === 'en' && name_en) || name })] : [];
  });
  return { type: 'FeatureCollection', features };
}

/** The street or square; details after a comma or bracket are left out on the map. */
function shortPlace(one: Intervention): string {
  return String(one.properties.place ?? '').replace(/\s*[,;(].*$/s, '');
}
