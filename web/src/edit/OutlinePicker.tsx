// Copies an existing outline into the geometry: chosen from a list, tapped on the map, or taken at the map's centre by
// Enter.
import { useEffect, useState } from 'preact/hooks';
import type { Geometry } from 'geojson';
import { loadItems } from '../api';
import { tapHandler } from '../draw/drawing';
import { outlineAt } from '../draw/nearest';
import { boundingBox } from '../geometry';
import { language, t } from '../i18n';
import { announcement, plan, sheetFull, mainMap, titleOf } from '../state';
import { Icon } from '../ui/Icon';

export interface NamedOutline {
  name: string;
  group: string;
  geometry: Geometry;
}

/** Reach of a tap in pixels. */
const REACH_PX = 14;

interface OutlinePickerProps {
  city: string;
  id: string;
  /** True while nothing is being drawn, so that a tap can pick. */
  free: boolean;
  take: (outline: NamedOutline) => void;
}

/** Existing outlines: centre areas, other interventions, streets and facilities of the city. */
export function OutlinePicker({ city, id, free, take }: OutlinePickerProps) {
  const [outlines, setOutlines] = useState<NamedOutline[] | null>(null);
  useEffect(() => {
    let here = true;
    void loadOutlines(city, id).then((found) => here && setOutlines(found));
    return () => {
      here = false;
    };
  }, [city, id]);
  useEffect(() => {
    if (!free || !outlines) return;
    sheetFull.value = false;
    const tapped = (at: number[]) => {
      const map = mainMap.peek();
      const one = map && outlineAt(outlines, at, (place) => map.project([place[0]!, place[1]!]), REACH_PX);
      if (one) take(one);
      else announcement.value = t('place.pickNone');
    };
    tapHandler.value = tapped;
    return () => {
      if (tapHandler.peek() === tapped) tapHandler.value = null;
    };
  }, [free, outlines]);
  const groups = [...new Set((outlines ?? []).map(({ group }) => group))];
  return (
    <div class="field">
      <label for="outline">{t('place.pickWhich')}</label>
      <p class="help" id="outline-help">
        {city ? mainMap.value && t('place.pickHow') : t('place.pickCity')}
      </p>
      <span class="select full">
        <select
          id="outline"
          disabled={!outlines?.length}
          value=""
          aria-describedby="outline-help"
          onChange={(event) => {
            const one = outlines?.[Number(event.currentTarget.value)];
            if (one) take(one);
          }}
        >
          <option value="">{t('edit.choose')}</option>
          {groups.map((group) => (
            <optgroup key={group} label={group}>
              {(outlines ?? []).map((one, i) =>
                one.group === group ? (
                  <option key={i} value={String(i)}>
                    {one.name}
                  </option>
                ) : null,
              )}
            </optgroup>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

async function loadOutlines(city: string, id: string): Promise<NamedOutline[]> {
  const all = plan.value;
  if (!all || !city) return [];
  const areas = all.areas.filter((one) => one.city === city).flatMap(({ geometry, name }) => (geometry ? [{ name, geometry, group: t('legend.area') }] : []));
  const others = all.interventions
    .filter((one) => one.city === city && one.id !== id)
    .flatMap((one) => (one.geometry ? [{ name: titleOf(one).text, geometry: one.geometry, group: t('list.label') }] : []));
  const near = (geometry: Geometry | null) => {
    const [box, at] = [all.cities.get(city)?.box, boundingBox(geometry)];
    return box && at && at[0] <= box[2] && at[2] >= box[0] && at[1] <= box[3] && at[3] >= box[1];
  };
  const ground = async (collection: string, member: string, group: string) =>
    (await loadItems(collection).catch(() => [])).flatMap(({ geometry, properties }) =>
      geometry && (properties.city === city || near(geometry)) ? [{ name: String(properties[member] ?? ''), geometry, group }] : [],
    );
  const [streets, facilities] = await Promise.all([ground('segments', 'street', t('legend.street')), ground('facilities', 'name', t('legend.facility'))]);
  const collator = new Intl.Collator(language.value);
  const named = (list: NamedOutline[]) => list.filter(({ name }) => name).sort((a, b) => collator.compare(a.name, b.name));
  return [...named(areas), ...named(streets), ...named(facilities), ...named(others)];
}
