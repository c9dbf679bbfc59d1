// Fields with several entries: lines of text, and rows of fields. Entries can be added and removed; the focus moves to
// where the work continues.
import { t } from '../i18n';
import { Icon } from '../ui/Icon';
import { isBlank } from './featureChange';
import { fieldId, InputGroup, titleOfField, type EntryProps } from './FieldFrame';

const focusSoon = (id: string) => setTimeout(() => document.getElementById(id)?.focus());

export function TextsInput({ Entry, ...props }: EntryProps) {
  const { field, at, value, change } = props;
  const list = Array.isArray(value) ? value.map(String) : [];
  const item = { ...field, kind: 'text' as const, schema: { ...field.schema.items, 'x-cityheart-title': field.schema['x-cityheart-title'] }, required: false };
  const remove = (i: number) => {
    change(list.toSpliced(i, 1));
    focusSoon(fieldId([...at, 'add']));
  };
  return (
    <InputGroup {...props}>
      {list.map((text, i) => (
        <div key={i} class="entry">
          <div class="grow unnamed">
            <Entry {...props} field={item} at={[...at, i]} value={text} change={(next) => change(list.with(i, String(next)))} />
          </div>
          <button type="button" class="square" aria-label={t('edit.removeEntry', { name: text || String(i + 1) })} onClick={() => remove(i)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      <AddButton
        at={at}
        add={() => {
          change([...list, '']);
          focusSoon(fieldId([...at, list.length]));
        }}
      />
    </InputGroup>
  );
}

type RowValue = Record<string, unknown>;

export function RowsInput({ Entry, ...props }: EntryProps) {
  const { field, at, value, change } = props;
  const rows = Array.isArray(value) ? (value as RowValue[]) : [];
  const set = (i: number, name: string, next: unknown) => {
    const { [name]: _before, ...rest } = rows[i] ?? {};
    change(rows.with(i, isBlank(next) ? rest : { ...rest, [name]: next }));
  };
  const first = field.parts[0]?.name ?? '';
  return (
    <InputGroup {...props}>
      {rows.map((row, i) => (
        <fieldset key={i} class="entry rows">
          <legend class="unseen">{t('edit.entry', { name: titleOfField(field), at: i + 1 })}</legend>
          <div class="grow parts-of">
            {field.parts.map((part) => (
              <Entry key={part.name} {...props} field={part} at={[...at, i, part.name]} value={row[part.name]} change={(next) => set(i, part.name, next)} />
            ))}
          </div>
          <button
            type="button"
            class="square"
            aria-label={t('edit.removeEntry', { name: String(row[first] ?? i + 1) })}
            onClick={() => {
              change(rows.toSpliced(i, 1));
              focusSoon(fieldId([...at, 'add']));
            }}
          >
            <Icon name="close" />
          </button>
        </fieldset>
      ))}
      <AddButton
        at={at}
        add={() => {
          change([...rows, {}]);
          focusSoon(fieldId([...at, rows.length, first]));
        }}
      />
    </InputGroup>
  );
}

function AddButton({ at, add }: { at: EntryProps['at']; add: () => void }) {
  return (
    <button type="button" class="link" id={fieldId([...at, 'add'])} onClick={add}>
      <Icon name="plus" />
      {t('edit.add')}
    </button>
  );
}
