// A field with one text per language: a line for each language in use, and a way to add another.
import { languageName, languagesOfEurope } from '../format';
import { language, t } from '../i18n';
import { eachLanguage } from '../model';
import { Icon } from '../ui/Icon';
import type { FormField } from './form';
import { AddOption, fieldId, InputGroup, type EntryProps } from './FieldFrame';

const focusSoon = (id: string) => setTimeout(() => document.getElementById(id)?.focus());

export function NamesInput({ Entry, ...props }: EntryProps) {
  const { field, at, value, change } = props;
  const texts = (value ?? {}) as Record<string, string>;
  const collator = new Intl.Collator(language.value);
  const byName = (codes: string[]) => codes.map((code): [string, string] => [code, languageName(code)]).sort((a, b) => collator.compare(a[1], b[1]));
  const set = (code: string, text: string | null) => {
    const { [code]: _before, ...rest } = texts;
    const next = text === null ? rest : { ...rest, [code]: text };
    change(Object.keys(next).length ? next : null);
  };
  const line = (name: string): FormField => ({ ...field, kind: 'text', required: false, schema: { ...eachLanguage(field.schema), title: name } });
  return (
    <InputGroup {...props}>
      {byName(Object.keys(texts)).map(([code, name]) => (
        <div key={code} class="entry end">
          <div class="grow">
            <Entry {...props} field={line(name)} at={[...at, code]} value={texts[code]} change={(text) => set(code, String(text))} />
          </div>
          <button
            type="button"
            class="square"
            aria-label={t('edit.removeEntry', { name })}
            onClick={() => {
              set(code, null);
              focusSoon(fieldId(at));
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <AddOption
        {...props}
        options={byName(languagesOfEurope.filter((code) => !(code in texts)))}
        add={(code) => {
          set(code, '');
          focusSoon(fieldId([...at, code]));
        }}
      />
    </InputGroup>
  );
}
