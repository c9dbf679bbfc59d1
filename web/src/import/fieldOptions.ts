// The values that one field can have in all rows.
import { language } from '../i18n';
import { account } from '../state/session';
import { cityName, plan } from '../state';
import { valueLabel } from '../ui/labels';
import { editableCities } from '../edit/permissions';
import { schemaOf } from '../edit/schemas';

/** Values with their names; null where any text will do. */
export function optionsOf(name: string, into: string): [string, string][] | null {
  const schema = schemaOf(into)?.properties?.[name];
  if (schema?.['x-ogc-collectionId'] === 'cities') {
    const cities = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]);
    const named = cities.map((id): [string, string] => [id, cityName(plan.value?.cities.get(id)) || id]);
    return named.sort(([, a], [, b]) => a.localeCompare(b, language.value));
  }
  return schema?.enum?.map((code) => [code, valueLabel(schema, code)]) ?? null;
}
