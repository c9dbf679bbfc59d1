// The lists inside one intervention: funding, steps, indicators, risks, sources. Columns are named by the schema.
import { language, t } from '../i18n';
import { number } from '../format';
import { fieldTitle, inLanguage, type FieldSchema } from '../model';
import { plan } from '../state';
import { field, title } from './labels';
import { isEmpty, Link, Value } from './Value';

type PartRow = Record<string, unknown>;

const listOf = (value: unknown): PartRow[] => (Array.isArray(value) ? (value as PartRow[]) : []);
const part = (name: string, member: string): FieldSchema | undefined => field(name)?.items?.properties?.[member];

const isNumber = (name: string, member: string) => part(name, member)?.type === 'number' || part(name, member)?.format === 'decimal';

/** A table of the members that any of its rows has. */
function Parts({ name, value, heading }: { name: string; value: unknown; heading: boolean }) {
  const list = listOf(value);
  if (!list.length) return null;
  const members = Object.keys(field(name)?.items?.properties ?? {}).filter((member) => list.some((row) => !isEmpty(row[member])));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title(name)}>
      <table class="parts">
        {!heading && <caption>{title(name)}</caption>}
        <thead>
          <tr>
            {members.map((member) => (
              <th key={member} scope="col" class={isNumber(name, member) ? 'number' : ''}>
                {fieldTitle(part(name, member), member, language.value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((row, i) => (
            <tr key={i}>
              {members.map((member) => (
                <td key={member} class={isNumber(name, member) ? 'number' : ''}>
                  {isEmpty(row[member]) ? '–' : <Value schema={part(name, member)} value={row[member]} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function FundingTable({ value }: { value: unknown }) {
  return <Parts name="funding" value={value} heading={false} />;
}

function Section({ name, value }: { name: string; value: unknown }) {
  if (!listOf(value).length) return null;
  return (
    <section class="block">
      <h2>{title(name)}</h2>
      <Parts name={name} value={value} heading />
    </section>
  );
}

export const Steps = ({ value }: { value: unknown }) => <Section name="steps" value={value} />;
export const Risks = ({ value }: { value: unknown }) => <Section name="risks" value={value} />;

/** Each indicator with the way from its baseline to its target. */
export function Indicators({ value }: { value: unknown }) {
  const list = listOf(value);
  if (!list.length) return null;
  return (
    <section class="block">
      <h2>{title('indicators')}</h2>
      <ul class="plain indicators">
        {list.map((row, i) => (
          <li key={i}>
            <span>{indicatorName(String(row.definition ?? ''))}</span>
            <span class="measure">
              <Amount name="baseline" row={row} />
              <Amount name="latest" row={row} />
              <Amount name="target" row={row} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The name of a known indicator; else the wording as it was given. */
function indicatorName(definition: string): string {
  return inLanguage(plan.value?.indicators.get(definition), language.value) ?? definition;
}

function Amount({ name, row }: { name: string; row: PartRow }) {
  const value = row[name];
  return (
    <span>
      <span class="muted">{fieldTitle(part('indicators', name), name, language.value)} </span>
      <b>{typeof value === 'number' ? `${number(value)} ${String(row.unit ?? '')}` : t('value.unknown')}</b>
    </span>
  );
}

export function Sources({ value, date }: { value: unknown; date: unknown }) {
  const list = Array.isArray(value) ? value.map(String) : [];
  return (
    <section class="block">
      <h2>{title('sources')}</h2>
      {list.length ? (
        <ul class="plain sources">
          {list.map((address) => (
            <li key={address}>
              <Link address={address} />
            </li>
          ))}
        </ul>
      ) : (
        <p class="none">{t('sources.none')}</p>
      )}
      {!isEmpty(date) && (
        <p class="note">
          {title('source_date')}: <Value schema={field('source_date')} value={date} />
        </p>
      )}
    </section>
  );
}
