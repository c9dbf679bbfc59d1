// Labels of codes in the person's language, from the server's vocabularies.
import { language } from '../i18n';
import { conceptLabel, fieldTitle, vocabularyOf, type FieldSchema } from '../model';
import { statusesOf, type StatusGroup } from '../symbology';
import { model } from '../state';

export function fieldSchema(name: string): FieldSchema | undefined {
  return model.value?.schema.properties?.[name];
}

/** The title of a field of interventions. */
export function fieldName(name: string): string {
  return fieldTitle(fieldSchema(name), name, language.value);
}

export function codeLabel(vocabulary: string, id: string): string {
  return conceptLabel(model.value?.vocabularies[vocabulary], id, language.value);
}

/** The label of a field's value; the code itself where the field has no vocabulary. */
export function valueLabel(schema: FieldSchema | undefined, id: string): string {
  return model.value ? conceptLabel(vocabularyOf(model.value, schema), id, language.value) : id;
}

export function conceptIds(vocabulary: string): string[] {
  return model.value?.vocabularies[vocabulary]?.concepts.map((one) => one.id) ?? [];
}

/** The short name of a status group. */
export function groupName(group: StatusGroup): string {
  return codeLabel('status_group', group);
}

/** The group's statuses that the plan knows: "Approved, funded, tendered". */
export function groupLabel(group: StatusGroup): string {
  const known = conceptIds('status');
  const labels = statusesOf(group)
    .filter((id) => known.includes(id))
    .map((id) => codeLabel('status', id));
  return labels.map((text, i) => (i ? text.toLocaleLowerCase(language.value) : text)).join(', ');
}
