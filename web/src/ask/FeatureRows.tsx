// Result features as a list with the plan's symbols. A row selects, so that the map outlines it; the selected row
// opens.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatPeriod } from '../format';
import { t } from '../i18n';
import { cityName, filter, hovered, plan, selectIntervention, selected, tab, clearSelection } from '../state';
import { codeLabel } from '../ui/labels';
import { RowMoney, hoverHandlers, RowTitle } from '../ui/Row';
import { StatusSymbol } from '../ui/Symbol';
import type { ResultFeature } from './processResult';
import { resultFeatureName } from './answerText';

const PAGE_SIZE = 100;

interface FeatureRowsProps {
  features: ResultFeature[];
  title: string;
  /** The result for a feature, before everything else. */
  note?: (one: ResultFeature) => string;
  /** Content below a row. */
  under?: (one: ResultFeature) => ComponentChildren;
}

export function FeatureRows({ features, title, note, under }: FeatureRowsProps) {
  const [limit, setLimit] = useState(PAGE_SIZE);
  if (!features.length) return null;
  const left = features.length - limit;
  return (
    <section class="list answer-list" aria-label={title}>
      <ul class="rows">
        {features.slice(0, limit).map((one) => (
          <li key={one.id}>
            <AnswerRow one={one} note={note?.(one) ?? ''} />
            {under?.(one)}
          </li>
        ))}
      </ul>
      {left > 0 && (
        <button type="button" class="button wide" onClick={() => setLimit(limit + PAGE_SIZE)}>
          {t('list.more', { count: Math.min(left, PAGE_SIZE) })}
        </button>
      )}
    </section>
  );
}

function AnswerRow({ one: found, note }: { one: ResultFeature; note: string }) {
  const one = plan.value?.byId.get(String(found.id));
  const name = resultFeatureName(found);
  const row = useRef<HTMLButtonElement>(null);
  const isSelected = selected.value === found.id;
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  if (!one) {
    return (
      <div class="row plain">
        <span class="what">
          <span class="title">{name.text}</span>
          <span class="sub">
            {[note, found.properties.class ? codeLabel('facility_class', String(found.properties.class)) : ''].filter(Boolean).join(' · ')}
          </span>
        </span>
      </div>
    );
  }
  const city = one.city === filter.value.city ? '' : cityName(plan.value?.cities.get(one.city));
  const functions = one.functions.map((id) => codeLabel('function', id)).join(', ');
  return (
    <>
      <button
        type="button"
        ref={row}
        class={`row ${hovered.value === one.id ? 'pointed' : ''}`}
        data-id={one.id}
        aria-pressed={isSelected}
        onClick={() => (isSelected ? clearSelection() : selectIntervention(one.id, false))}
        {...hoverHandlers(one.id)}
      >
        <StatusSymbol group={one.group} />
        <RowTitle name={name} sub={[note, city, codeLabel('status', one.status), formatPeriod(one), functions].filter(Boolean).join(' · ')} />
        <RowMoney one={one} />
      </button>
      {isSelected && (
        <button type="button" class="link open" onClick={() => (tab.value = 'plan')}>
          {t('ask.open')}
        </button>
      )}
    </>
  );
}
