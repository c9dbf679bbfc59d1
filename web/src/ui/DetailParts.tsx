// The lists within an intervention: funding, steps, indicators, risks, sources. The schema names the columns.
import { language, t } from '../i18n';
import { formatNumber } from '../format';
import { fieldTitle, inLanguage, type FieldSchema } from '../model';
import { plan } from '../state';
import { fieldSchema, fieldName } from './labels';
import { isEmpty, ValueLink, PropertyValue } from './Value';

type PartRow = Record<string, unknown>;

const listOf = (value: unknown): PartRow[] => (Array.isArray(value) ? (value as PartRow[]) : []);
const partText = (name: string, member: string): FieldSchema | undefined => fieldSchema(name)?.items?.properties?.[member];

const isNumber = (name: string, member: string) => partText(name, member)?.type === 'number' || partText(name, member)?.format === 'decimal';

/** A table with the members that any row has. */
function PartsTable({ name, value, heading }: { name: string; value: unknown; heading: boolean }) {
  const list = listOf(value);
  if (!list.length) return null;
  const members = Object.keys(fieldSchema(name)?.items?.properties ?? {}).filter((member) => list.some((row) => !isEmpty(row[member])));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={fieldName(name)}>
      <table class="parts">
        {!heading && <caption>{fieldName(name)}</caption>}
        <thead>
          <tr>
            {members.map((member) => (
              <th key={member} scope="col" class={isNumber(name, member) ? 'number' : ''}>
                {fieldTitle(partText(name, member), member, language.value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((row, i) => (
            <tr key={i}>
              {members.map((member) => (
                <td key={member} class={isNumber(name, member) ? 'number' : ''}>
                  {isEmpty(row[member]) ? '–' : <PropertyValue schema={partText(name, member)} value={row[member]} />}
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
  return <PartsTable name="funding" value={value} heading={false} />;
}

function DetailSection({ name, value }: { name: string; value: unknown }) {
  if (!listOf(value).length) return null;
  return (
    <section class="block">
      <h2>{fieldName(name)}</h2>
      <PartsTable name={name} value={value} heading />
    </section>
  );
}

export const StepsList = ({ value }: { value: unknown }) => <DetailSection name="steps" value={value} />;
export const RisksList = ({ value }: { value: unknown }) => <DetailSection name="risks" value={value} />;

/** Each indicator with its progress from baseline to target. */
export function IndicatorsTable({ value }: { value: unknown }) {
  const list = listOf(value);
  if (!list.length) return null;
  return (
    <section class="block">
      <h2>{fieldName('indicators')}</h2>
      <ul class="plain indicators">
        {list.map((row, i) => (
          <li key={i}>
            <span>{indicatorName(String(row.definition ?? ''))}</span>
            <span class="measure">
              <AmountText name="baseline" row={row} />
              <AmountText name="latest" row={row} />
              <AmountText name="target" row={row} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The name of a known indicator, else the text as entered. */
function indicatorName(definition: string): string {
  return inLanguage(plan.value?.indicators.get(definition), language.value) ?? definition;
}

function AmountText({ name, row }: { name: string; row: PartRow }) {
  const value = row[name];
  return (
    <span>
      <span class="muted">{fieldTitle(partText('indicators', name), name, language.value)} </span>
      <b>{typeof value === 'number' ? `${formatNumber(value)} ${String(row.unit ?? '')}` : t('value.unknown')}</b>
    </span>
  );
}

export function SourcesList({ value, date }: { value: unknown; date: unknown }) {
  const list = Array.isArray(value) ? value.map(String) : [];
  return (
    <section class="block">
      <h2>{fieldName('sources')}</h2>
      {list.length ? (
        <ul class="plain sources">
          {list.map((address) => (
            <li key={address}>
              <ValueLink address={address} />
            </li>
          ))}
        </ul>
      ) : (
        <p class="none">{t('sources.none')}</p>
      )}
      {!isEmpty(date) && (
        <p class="note">
          {fieldName('source_date')}: <PropertyValue schema={fieldSchema('source_date')} value={date} />
        </p>
      )}
    </section>
  );
}
