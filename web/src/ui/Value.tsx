// Shows the value of any field by its schema.
import { t } from '../i18n';
import { formatDay, formatExactEuros, languageName, formatNumber } from '../format';
import { eachLanguage, type FieldSchema } from '../model';
import { toCents } from '../money';
import { plan, selectIntervention, titleOf } from '../state';
import { Icon } from './Icon';
import { valueLabel } from './labels';

export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
}

export function PropertyValue({ schema, value }: { schema: FieldSchema | undefined; value: unknown }) {
  if (Array.isArray(value)) {
    return (
      <ul class="plain">
        {value.map((item, i) => (
          <li key={i}>
            <PropertyValue schema={schema?.items} value={item} />
          </li>
        ))}
      </ul>
    );
  }
  if (typeof value === 'boolean') return <>{value ? t('value.yes') : t('value.no')}</>;
  if (schema?.format === 'uri') return <ValueLink address={String(value)} />;
  if (schema?.format === 'date' || schema?.format === 'date-time') return <>{formatDay(String(value))}</>;
  if (schema?.format === 'decimal') return <>{formatExactEuros(toCents(value as number) ?? 0)}</>;
  if (typeof value === 'number') return <>{formatNumber(value)}</>;
  if (eachLanguage(schema)) {
    return (
      <ul class="plain">
        {Object.entries(value as Record<string, string>).map(([code, text]) => (
          <li key={code}>
            <span class="muted">{languageName(code)}</span> <span lang={code}>{text}</span>
          </li>
        ))}
      </ul>
    );
  }
  if (typeof value === 'object' && value) return <>{Object.values(value).map(String).join(' · ')}</>;
  const other = plan.value?.byId.get(String(value));
  if (other) {
    return (
      <button type="button" class="link" onClick={() => selectIntervention(other.id, true)}>
        {titleOf(other).text}
      </button>
    );
  }
  return <>{valueLabel(schema, String(value))}</>;
}

/** A source shows its host, with the whole address as its title. Only web addresses become links. */
export function ValueLink({ address }: { address: string }) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return <>{address}</>;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href}>
      {url.hostname.replace(/^www\./, '').replace(/\.$/, '')}
      <Icon name="out" />
      <span class="unseen">{t('link.outside')}</span>
    </a>
  );
}
