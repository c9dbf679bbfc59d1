// Schemas of collections other than interventions, loaded when one of their items is edited.
import { signal } from '@preact/signals';
import { address, readJson } from '../api';
import type { FieldSchema } from '../model';
import { model } from '../state';
import { INTERVENTIONS } from './featureRef';

const loadedSchemas = signal<Readonly<Record<string, FieldSchema>>>({});

export const schemaOf = (collection: string): FieldSchema | undefined => (collection === INTERVENTIONS ? model.value?.schema : loadedSchemas.value[collection]);

/** Undefined without a response. */
export async function loadSchema(collection: string): Promise<FieldSchema | undefined> {
  if (schemaOf(collection)) return schemaOf(collection);
  const answer = await fetch(address(`api/collections/${encodeURIComponent(collection)}/schema?f=json`)).catch(() => null);
  if (!answer?.ok) return undefined;
  const schema = await readJson<FieldSchema>(answer);
  if (!schema) return undefined;
  loadedSchemas.value = { ...loadedSchemas.value, [collection]: schema };
  return schemaOf(collection);
}
